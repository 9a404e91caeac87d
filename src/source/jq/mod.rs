//! jq programs over JSON documents, each run in a thread of its own and within limits.
//!
//! A program comes from deps.toml, so from a pull request: it sees its document and nothing else,
//! and it ends.

mod compile;
mod convert;
mod meter;
mod words;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use compile::{Filter, Metered};
use meter::{Gauge, Stop};

/// How long a program may run.
const TIME: Duration = Duration::from_secs(10);
/// How many outputs one run may have.
const OUTPUTS: usize = 200_000;
/// How many bytes the outputs of one run may take.
const BYTES: u64 = 64 << 20;
/// Stack of the thread. jaq recurses natively, and so does dropping a deep value.
const STACK: usize = 64 << 20;
/// How deep a document may be nested.
const DEPTH: usize = 256;

/// A program that can't be used, or a run that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JqError {
    /// The program can't be read.
    #[error("{why}")]
    Program {
        /// What is wrong, and where.
        why: String,
        /// Where: byte offset in the program.
        offset: usize,
    },
    /// What it was to run over is not JSON.
    #[error("it is not JSON: {0}")]
    Document(String),
    /// The program ended with an error.
    #[error("jq failed: {0}")]
    Failed(String),
    /// The program took too much of something.
    #[error("jq was stopped: {0}")]
    Stopped(&'static str),
}

/// A program that was read, and can be run any number of times.
#[derive(Clone)]
pub struct Program {
    text: String,
    filter: Arc<Filter>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Program").field(&self.text).finish()
    }
}

/// Programs that were read, by their text: many sources have the same.
static KNOWN: Mutex<BTreeMap<String, Arc<Filter>>> = Mutex::new(BTreeMap::new());

impl Program {
    /// Reads a program, unless one with the same text was read before.
    ///
    /// # Errors
    /// [`JqError::Program`].
    pub fn new(text: &str) -> Result<Self, JqError> {
        let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(filter) = known().get(text) {
            return Ok(Self { text: text.to_owned(), filter: Arc::clone(filter) });
        }
        // Reading recurses as deep as the program goes, so it has the same stack as a run.
        let filter = std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("jq".to_owned()).stack_size(4 * STACK);
            let reading = thread.spawn_scoped(scope, || compile::compile(text));
            reading.ok().and_then(|thread| thread.join().ok())
        });
        let filter = Arc::new(filter.unwrap_or(Err(JqError::Stopped("no thread can be had")))?);
        known().insert(text.to_owned(), Arc::clone(&filter));
        Ok(Self { text: text.to_owned(), filter })
    }
}

/// Reads a program and runs it over a document; without `now`.
///
/// # Errors
/// [`JqError`].
pub async fn run(program: &str, document: Bytes) -> Result<Vec<Value>, JqError> {
    let programs = [Program::new(program)?];
    Ok(run_all(&programs, document, None).await?.into_iter().flatten().collect())
}

/// Runs programs over one document, which is read once. Each gives its outputs.
///
/// # Errors
/// [`JqError`], the first one.
pub async fn run_all(
    programs: &[Program],
    document: Bytes,
    now: Option<Timestamp>,
) -> Result<Vec<Vec<Value>>, JqError> {
    let programs = programs.to_vec();
    let (done, answer) = tokio::sync::oneshot::channel();
    let work = move || {
        // Nobody listens any more: the run was too slow, or the whole command was stopped.
        let _heard = done.send(evaluate(&programs, &document, now, TIME));
    };
    std::thread::Builder::new()
        .name("jq".to_owned())
        .stack_size(STACK)
        .spawn(work)
        .map_err(|_| JqError::Stopped("no thread can be had"))?;
    // The thread stops itself; a built-in that works for long without looking at the clock is not
    // waited for.
    match tokio::time::timeout(TIME + Duration::from_secs(1), answer).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(JqError::Stopped("it broke an inner rule")),
        Err(_) => Err(JqError::Stopped(Stop::Time.words())),
    }
}

fn evaluate(
    programs: &[Program],
    document: &[u8],
    now: Option<Timestamp>,
    time: Duration,
) -> Result<Vec<Vec<Value>>, JqError> {
    let gauge = Gauge::new(time, STACK / 4 * 3, now);
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let input = convert::read(document)?;
        programs.iter().map(|program| outputs(program, &input, &gauge)).collect()
    }));
    // The gauge ends a run by unwinding, which no jq program can catch.
    caught.unwrap_or_else(|stop| {
        Err(JqError::Stopped(match stop.downcast_ref::<Stop>() {
            Some(stop) => stop.words(),
            None => "it broke an inner rule",
        }))
    })
}

fn outputs(program: &Program, input: &jaq_json::Val, gauge: &Gauge) -> Result<Vec<Value>, JqError> {
    let meter = meter::Meter::new(&program.filter.lut, gauge);
    let context = jaq_core::Ctx::<Metered>::new(meter, jaq_core::Vars::new([]));
    let mut budget = BYTES;
    let mut values = Vec::new();
    for output in program.filter.id.run((context, input.clone())) {
        let value = output.map_err(|exception| match exception.get_err() {
            Ok(error) => JqError::Failed(convert::message(&error.to_string())),
            Err(_) => JqError::Failed("it left its own frame".to_owned()),
        })?;
        if values.len() == OUTPUTS {
            return Err(JqError::Stopped("it has more than 200,000 outputs"));
        }
        values.push(convert::to_json(&value, &mut budget)?);
    }
    Ok(values)
}

#[cfg(test)]
mod tests;

//! What a driver says: answers on stdout, talk on stderr.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    process::{ChildStderr, ChildStdout},
    sync::oneshot,
    time::{Instant, timeout},
};

use super::{Shared, lock};
use crate::external::{
    lines::{Line, Lines},
    pending::{Addressee, Outcome},
    protocol::{LONGEST_LINE, Reply},
    setup::Voice,
    words::plain,
};

/// Longest line of stderr that is passed on, in bytes.
const LONGEST_TALK: usize = 4 << 10;
/// Lines of stderr that one process may have passed on.
const MOST_TALK: usize = 2_000;
/// How often a driver that is silent is looked after: a child of its own may hold its stdout open.
const LOOK: Duration = Duration::from_millis(250);
/// How long the end of a process that has closed its stdout is waited for, and its last words.
const LAST: Duration = Duration::from_millis(500);

/// Reads answers until there are no more, then tells whoever waits why.
pub(super) async fn stdout(shared: Arc<Shared>, from: ChildStdout, silence: oneshot::Receiver<()>) {
    let why = match answers(&shared, from).await {
        Stopped::Ended => ended(&shared, silence).await,
        Stopped::Lied(why) => why,
    };
    shared.end(&why);
}

/// Why no more answers are read.
enum Stopped {
    /// There are no more.
    Ended,
    /// It wrote something that is no answer: what it writes next can't be trusted to be one.
    Lied(String),
}

async fn answers(shared: &Shared, from: ChildStdout) -> Stopped {
    let mut lines = Lines::new(from, LONGEST_LINE);
    let mut look = tokio::time::interval(LOOK);
    let mut gone = false;
    loop {
        let line = tokio::select! {
            biased;
            line = lines.next() => line,
            _ = look.tick() => {
                // Once more after it was found gone: what it wrote last may lie in the pipe.
                if std::mem::replace(&mut gone, shared.process.ended().is_some()) {
                    return Stopped::Ended;
                }
                continue;
            }
        };
        let line = match line {
            Ok(Line::Whole(line)) => line,
            Ok(Line::Cut(_)) => {
                return Stopped::Lied(format!(
                    "it wrote a line of more than {LONGEST_LINE} bytes to stdout and was ended"
                ));
            }
            Ok(Line::End) | Err(_) => return Stopped::Ended,
        };
        *lock(&shared.heard) = Instant::now();
        if let Err(why) = answer(shared, &line) {
            return Stopped::Lied(why);
        }
    }
}

/// Hands an answer on.
fn answer(shared: &Shared, line: &[u8]) -> Result<(), String> {
    let lied = |what: &str| {
        let start = String::from_utf8_lossy(&line[..line.len().min(200)]).into_owned();
        format!("it wrote to stdout {what}, and was ended: `{}`", plain(&start))
    };
    let reply: Reply = serde_json::from_slice(line).map_err(|_| lied("what is no answer"))?;
    if reply.jsonrpc != "2.0" {
        return Err(lied("an answer that is not of JSON-RPC 2.0"));
    }
    let outcome = match (reply.result, reply.error) {
        (Some(result), None) => Outcome::Result(result, line.len()),
        (None, Some(error)) => Outcome::Error(error),
        (Some(_), Some(_)) => return Err(lied("an answer with both a result and an error")),
        (None, None) => return Err(lied("an answer with neither a result nor an error")),
    };
    let Some(id) = reply.id else {
        let Outcome::Error(error) = outcome else { return Err(lied("an answer to no request")) };
        return Err(format!("it could not read a request: {}", plain(&error.message)));
    };
    match lock(&shared.pending).answer(id, outcome) {
        Addressee::Told | Addressee::Nobody(Outcome::Error(_) | Outcome::Lost(_)) => Ok(()),
        Addressee::Unknown => Err(lied("an answer to a request that was never made")),
        Addressee::Nobody(Outcome::Result(result, _)) => {
            // A stream that nobody will read.
            if let Some(stream) = result.pointer("/body/stream").and_then(Value::as_str) {
                shared.close(stream);
            }
            Ok(())
        }
    }
}

/// Says how a driver ended that has nothing more to say.
async fn ended(shared: &Shared, silence: oneshot::Receiver<()>) -> String {
    let until = Instant::now() + LAST;
    let status = loop {
        let status = shared.process.ended();
        if status.is_some() || Instant::now() >= until {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let mut why = match status {
        Some(status) => format!("it ended with {status}"),
        None => "it closed its stdout and was ended".to_owned(),
    };
    // What it still says may be in the pipe. (A child of its own may hold that open for ever.)
    let _all_or_late = timeout(LAST, silence).await;
    let last = lock(&shared.last_words).clone();
    if !last.is_empty() {
        why = format!("{why}; its last words: `{last}`");
    }
    why
}

/// Passes on what a driver writes to stderr, line by line.
pub(super) async fn stderr(
    shared: Arc<Shared>,
    from: ChildStderr,
    voice: Voice,
    said_all: oneshot::Sender<()>,
) {
    let mut lines = Lines::new(from, LONGEST_TALK);
    let mut said = 0;
    while let Ok(Line::Whole(line) | Line::Cut(line)) = lines.next().await {
        let line = plain(&String::from_utf8_lossy(&line));
        if line.is_empty() {
            continue;
        }
        match said {
            ..MOST_TALK => voice.say(&format!("{}: {line}", shared.program)),
            MOST_TALK => {
                voice.say(&format!("{}: (it says more, which is left out)", shared.program));
            }
            _ => {}
        }
        said += 1;
        *lock(&shared.last_words) = line;
    }
    let _nobody_waits = said_all.send(());
}

//! Reading jq programs: which words they know, and where a mistake stands.

use jaq_core::{
    Compiler, DataT, Error, Exn, Native,
    compile::Undefined,
    load::{self, Arena, File, Loader},
    native::{Fun, bome, v},
};
use jaq_json::Val;

use super::{JqError, meter::Meter, words};

/// The longest program: more than that is data.
const LENGTH: usize = 16 << 10;
/// How deep a program's brackets may be nested.
const BRACKETS: usize = 200;

/// Words of jq that reach out of the document, or depend on the machine.
pub(super) const TAKEN_AWAY: &[&str] = &[
    "env",
    "input",
    "inputs",
    "input_filename",
    "input_line_number",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "halt",
    "halt_error",
    "localtime",
    "strflocaltime",
    "now",
    "range/3",
];

/// A program that can be run.
pub(super) type Filter = jaq_core::Filter<Metered>;

/// What jaq programs work on here.
pub(super) struct Metered;

impl DataT for Metered {
    type V<'a> = Val;
    type Data<'a> = Meter<'a>;
}

pub(super) fn compile(text: &str) -> Result<Filter, JqError> {
    if text.len() > LENGTH {
        let why = format!("the program has more than {LENGTH} bytes");
        return Err(JqError::Program { why, offset: 0 });
    }
    // The parser recurses; brackets in strings count too, which nobody notices.
    let mut open = 0_usize;
    for (offset, b) in text.bytes().enumerate() {
        match b {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > BRACKETS {
            let why = format!("more than {BRACKETS} brackets are open at once");
            return Err(JqError::Program { why, offset });
        }
    }
    let arena = Arena::default();
    let modules = Loader::new(words::of(text))
        .load(&arena, File { code: text, path: () })
        .map_err(|errors| unreadable(text, errors))?;
    load::import(&modules, |_| Err("nothing can be imported".to_owned()))
        .map_err(|errors| unreadable(text, errors))?;
    Compiler::default()
        .with_funs(functions())
        .compile(modules)
        .map_err(|errors| unknown(text, errors))
}

fn functions() -> impl Iterator<Item = Fun<Metered>> {
    jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs())
        .filter(|(name, arguments, _)| {
            !TAKEN_AWAY.contains(name)
                && !TAKEN_AWAY.contains(&format!("{name}/{}", arguments.len()).as_str())
        })
        .chain([
            ("now", v(0), Native::<Metered>::new(now)),
            ("range", v(3), Native::<Metered>::new(range)),
        ])
}

type Cv<'a> = jaq_core::Cv<'a, Metered>;
type Outputs<'a> = jaq_core::ValXs<'a, Val>;

#[expect(clippy::needless_pass_by_value, reason = "the shape of a native jq function")]
/// The instant of planning, so that one plan reads every document at one time.
fn now(cv: Cv<'_>) -> Outputs<'_> {
    bome(match cv.0.data().gauge().now() {
        Some(now) => isize::try_from(now.as_second())
            .map(Val::from)
            .map_err(|e| Error::str(format_args!("`now` can't be told: {e}"))),
        None => Err(Error::str("there is no `now` here")),
    })
}

/// jaq's own `range` never asks for a step, so that a long one would not end.
fn range(mut cv: Cv<'_>) -> Outputs<'_> {
    let (by, to, from) = (cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var());
    let gauge = cv.0.data().gauge();
    let (up, down) = (by > Val::from(0_isize), by < Val::from(0_isize));
    let mut next = Some(from);
    Box::new(std::iter::from_fn(move || {
        gauge.tick();
        let value = next.take()?;
        let inside = if up {
            value < to
        } else if down {
            value > to
        } else {
            value != to
        };
        if !inside {
            return None;
        }
        match value.clone() + by.clone() {
            Ok(sum) => next = Some(sum),
            Err(error) => return Some(Err(Exn::from(error))),
        }
        Some(Ok(value))
    }))
}

fn unreadable(text: &str, errors: load::Errors<&str, ()>) -> JqError {
    let first = errors.into_iter().next().map(|(_, error)| error);
    let (wanted, at) = match &first {
        Some(load::Error::Lex(errors)) => match errors.first() {
            Some((wanted, at)) => (wanted.as_str(), *at),
            None => ("a program", ""),
        },
        Some(load::Error::Parse(errors)) => match errors.first() {
            Some((wanted, at)) => (wanted.as_str(), *at),
            None => ("a program", ""),
        },
        Some(load::Error::Io(errors)) => {
            let at = errors.first().map_or("", |(at, _)| *at);
            let why = format!("`{at}` can't be imported: a program stands alone");
            return JqError::Program { why, offset: offset(text, at) };
        }
        None => ("a program", ""),
    };
    let offset = offset(text, at);
    let why = if at.trim().is_empty() {
        format!("{wanted} expected at its end")
    } else {
        format!("{wanted} expected at `{}`", short(at))
    };
    JqError::Program { why, offset }
}

fn unknown(text: &str, errors: jaq_core::compile::Errors<&str, ()>) -> JqError {
    let first = errors.into_iter().flat_map(|(_, errors)| errors).next();
    let Some((name, kind)) = first else {
        return JqError::Program { why: "it can't be used".to_owned(), offset: 0 };
    };
    let offset = offset(text, name);
    let known = TAKEN_AWAY.contains(&name) || name == "$ENV";
    let why = if known {
        format!("`{name}` is not to be had: a program sees its document alone")
    } else if let Undefined::Filter(arity @ 1..) = kind {
        format!("there is no `{name}` with {arity} arguments")
    } else {
        format!("there is no `{name}`")
    };
    JqError::Program { why, offset }
}

/// Finds where a part of the program stands in it.
fn offset(text: &str, part: &str) -> usize {
    let start = part.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    if start <= text.len() { start } else { text.len() }
}

fn short(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    if line.chars().count() > 30 {
        return line.chars().take(30).chain(['…']).collect();
    }
    line.to_owned()
}

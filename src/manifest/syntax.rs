//! Says what is wrong with a text that is no TOML, and what was probably meant.

use std::ops::Range;

use super::{
    collect::{Extra as _, mistake},
    keys::shorten,
};
use crate::model::{Code, Mistake};

/// How many broken lines are told: what follows a broken line is often broken by it.
const MOST: usize = 10;
const CONFLICT: &str = "a merge conflict is left in deps.toml";

/// Turns the parser's errors into mistakes, one for a line. The flag tells whether the rest of the
/// file can be trusted to be what was meant.
pub(super) fn mistakes(text: &str, errors: &[toml::de::Error]) -> (Vec<Mistake>, bool) {
    let mut told: Vec<Mistake> = Vec::new();
    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut trusted = true;
    for error in errors {
        let duplicate = error.message().starts_with("duplicate key");
        trusted &= duplicate;
        let span = error.span().unwrap_or(0..0);
        let line = line_around(text, span.start);
        if told.last().is_some_and(|last| last.message == CONFLICT) {
            break;
        }
        if told.len() < MOST && !lines.contains(&line) {
            lines.push(line.clone());
            told.push(one(text, &line, span, error.message()));
        }
    }
    (told, trusted)
}

fn one(text: &str, line: &Range<usize>, span: Range<usize>, message: &str) -> Mistake {
    let written = text.get(line.clone()).unwrap_or_default();
    let marker = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
    if marker.iter().any(|m| written.starts_with(m)) {
        return mistake(Code::SYNTAX, line.clone(), CONFLICT)
            .label("this marker")
            .help("choose one side, and take the markers out");
    }
    if message.starts_with("duplicate key") {
        let key = text.get(span.clone()).unwrap_or_default();
        return mistake(Code::SYNTAX, span, format!("`{}` is here twice", shorten(key)))
            .label("the second one")
            .help(
                "a key or table stands once; a second line or override wants double brackets, \
                 `[[dependencies.ID.lines]]`",
            );
    }
    let (key, value) = written.split_once('=').map_or(("", ""), |(k, v)| (k.trim(), v.trim()));
    let name = key.rsplit('.').next().unwrap_or_default();
    let no_such_day = message.starts_with("invalid date") && message.contains(" between ");
    let help = match name {
        "select" | "next" | "pattern" | "extract" | "match" | "css" if value.starts_with('"') => {
            let example = match name {
                "select" | "next" => "'.[] | {version, \"the-date\"}'",
                "css" => "'table a[href]'",
                _ => r"'^v(?<version>\d+\.\d+)$'",
            };
            Some(format!(
                "quotes and backslashes stand as they are in single quotes: `{name} = {example}`"
            ))
        }
        _ if no_such_day => Some("there is no such day".to_owned()),
        _ if needs_quotes(value) => {
            let bare = value.split('#').next().unwrap_or_default().trim();
            Some(format!("strings want quotes: `{key} = \"{}\"`", shorten(bare)))
        }
        _ if key.is_empty() && written.contains(':') => {
            Some("TOML writes `key = value`, with `=`".to_owned())
        }
        _ if message.starts_with("cannot extend") => Some(format!(
            "put the key into the braces of `{}`, or give the table a header of its own",
            shorten(key.split('.').next().unwrap_or_default())
        )),
        _ if message.starts_with("unclosed") => {
            Some("close the bracket, and put a comma between two entries".to_owned())
        }
        _ if message.starts_with("missing escaped value") => {
            Some("in double quotes a backslash begins an escape: use single quotes".to_owned())
        }
        _ => None,
    };
    mistake(Code::SYNTAX, span, message.replace('\'', "`")).label("here").help_if(help)
}

/// Tells whether a value looks like a string without its quotes.
fn needs_quotes(value: &str) -> bool {
    let bare = value.split('#').next().unwrap_or_default().trim();
    !bare.is_empty() && !bare.starts_with(['"', '\'', '[', '{']) && !bare.contains(['"', '\''])
}

/// Returns the line that holds a byte, without its newline.
pub(super) fn line_around(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let bytes = text.as_bytes();
    let start = bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let end = bytes[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n);
    start..end
}

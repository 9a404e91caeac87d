//! What is asked of a file without running anything, and of what was said.

use std::collections::BTreeSet;

use super::heard::Heard;
use crate::{
    model::Glob,
    workshop::{archive::shown, error::WorkshopError},
};

/// How many members a message names.
const NAMED: usize = 5;
/// How many last lines it shows.
const LINES: usize = 20;

/// Each glob must fit a member; `*` goes over `/` too.
pub(super) fn files(
    globs: &[String],
    members: &BTreeSet<String>,
    file: &str,
) -> Result<(), WorkshopError> {
    for text in globs {
        let wanted = text.trim_start_matches("./").trim_end_matches('/');
        if members.contains(wanted) {
            continue;
        }
        let glob = Glob::new(wanted).map_err(|error| check(error.to_string()))?;
        if !members.iter().any(|member| glob.matches(member)) {
            return Err(check(format!("no member of `{file}` fits `{text}`: {}", named(members))));
        }
    }
    Ok(())
}

/// What was said must contain a text.
pub(super) fn stdout(
    wanted: Option<&str>,
    what: &str,
    said: &Heard<'_>,
) -> Result<(), WorkshopError> {
    let text = said.text();
    let Some(wanted) = wanted.filter(|wanted| !text.contains(*wanted)) else {
        return Ok(());
    };
    let found = text.trim();
    let found = if found.is_empty() {
        "it said nothing".to_owned()
    } else {
        format!("it said `{}`", shown(found.as_bytes()))
    };
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(LINES)..].iter();
    Err(WorkshopError::Check {
        check: format!("the output of {what} does not contain `{wanted}`: {found}"),
        tail: tail.map(|line| shown(line.as_bytes())).collect(),
    })
}

fn check(check: String) -> WorkshopError {
    WorkshopError::Check { check, tail: Vec::new() }
}

fn named(members: &BTreeSet<String>) -> String {
    if members.is_empty() {
        return "it is empty".to_owned();
    }
    let first: Vec<String> = members.iter().take(NAMED).map(|path| format!("`{path}`")).collect();
    let more = members.len().saturating_sub(NAMED);
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("it has {}{rest}", first.join(", "))
}

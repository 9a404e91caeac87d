//! What people write in place of a constraint, and what to write instead.

use super::ConstraintError;
use crate::model::Scheme;

const LANGUAGE: &str = "write `22.*`, `*`, `^1.2`, `~1.2`, or `=` `!=` `<` `<=` `>` `>=` and a \
                        version, joined by commas: `>=1.2, <3`";

fn mistake(message: impl Into<String>, help: impl Into<String>) -> ConstraintError {
    ConstraintError { message: message.into(), help: help.into() }
}

pub(super) fn empty() -> ConstraintError {
    mistake("the constraint is empty", "write `*` for every version, or `1.2.*` for a line of them")
}

pub(super) fn empty_part(text: &str) -> ConstraintError {
    mistake(
        format!("nothing stands on one side of a comma in `{}`", shown(text)),
        "take the comma away, or write a condition there",
    )
}

pub(super) fn unsatisfiable(text: &str) -> ConstraintError {
    mistake(
        format!("no version can satisfy `{}`", shown(text)),
        "conditions joined by a comma must all hold; for \"one or the other\" write two lines",
    )
}

/// A version without an operator.
pub(super) fn bare(version: &str) -> ConstraintError {
    let numbers = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let numbers = version[..numbers].trim_end_matches('.');
    let line = match numbers.matches('.').count() {
        0 | 1 => numbers,
        _ => numbers.rsplit_once('.').map_or(numbers, |(front, _)| front),
    };
    mistake(
        format!("`{}` does not say what it means", shown(version)),
        format!("write `={version}` for that version alone, or `{line}.*` for its line"),
    )
}

pub(super) fn unreadable(part: &str) -> ConstraintError {
    let help = match part.strip_suffix('*').map(|front| front.trim_end_matches(['.', '*'])) {
        Some(front)
            if !front.is_empty() && front.bytes().all(|b| b.is_ascii_digit() || b == b'.') =>
        {
            format!("write `{}.*`: one `*`, after a dot, at the end", shown(front))
        }
        Some(_) | None => LANGUAGE.to_owned(),
    };
    mistake(format!("`{}` is no constraint", shown(part)), help)
}

pub(super) fn prefixed(operator: &str, text: &str, version: &str) -> ConstraintError {
    mistake(
        format!("`{}` is an upstream name, not a version", shown(text)),
        format!("write `{operator}{version}`"),
    )
}

pub(super) fn no_version(operator: &str, text: &str, scheme: Scheme) -> ConstraintError {
    if text.is_empty() {
        return mistake(
            format!("no version stands after `{operator}`"),
            format!("write a version there: `{operator}1.2`"),
        );
    }
    if text.contains('*') {
        return mistake(
            format!("`*` can't stand after `{operator}`"),
            "write `22.*` without an operator, or bounds: `>=22, <23`",
        );
    }
    if let Some(joined) = unjoined(text) {
        return mistake(
            format!("two conditions without a comma: `{operator}{}`", shown(text)),
            format!("write `{operator}{}`", shown(&joined)),
        );
    }
    mistake(
        format!("`{}` is no version of the scheme `{}`", shown(text), scheme.name()),
        match scheme {
            Scheme::Semver => "write numbers with dots and at most a suffix: `1.2`, `1.2.0-rc.1`",
            Scheme::Dotted => "write one to five numbers with dots: `1.2`, `21.0.4.7.1`",
        },
    )
}

/// `1 <2` as `1, <2`.
fn unjoined(text: &str) -> Option<String> {
    let (first, second) = text.split_once(char::is_whitespace)?;
    second.trim_start().starts_with(['=', '!', '<', '>', '^', '~']).then(|| {
        let second = second.trim_start();
        format!("{first}, {second}")
    })
}

pub(super) fn operator(operator: &str, rest: &str) -> ConstraintError {
    let rest = shown(rest);
    let help = match operator {
        "==" | "===" => format!("write `={rest}`"),
        "=>" => format!("write `>={rest}`"),
        "=<" => format!("write `<={rest}`"),
        "<>" | "!" => format!("write `!={rest}`"),
        "~>" | "~=" if rest.starts_with(|c: char| c.is_ascii_digit()) => {
            let front = rest.rsplit_once('.').map_or(rest.as_str(), |(front, _)| front);
            format!("write `>={rest}, {front}.*`")
        }
        _ => LANGUAGE.to_owned(),
    };
    mistake(format!("`{}` is no operator of constraints", shown(operator)), help)
}

/// Marks of other tools' languages that cut across commas.
pub(super) fn foreign(text: &str) -> Option<ConstraintError> {
    let text = text.trim();
    if text.contains("||") || text.contains(" or ") {
        return Some(mistake(
            format!("a constraint can't say \"or\": `{}`", shown(text)),
            "write each side as a line (or an entry of `exclude`) of its own",
        ));
    }
    if text.starts_with(['[', '(']) {
        return Some(mistake(
            format!("an interval in brackets is no constraint: `{}`", shown(text)),
            "write its bounds: `>=1, <2`",
        ));
    }
    if let Some((low, high)) = text.split_once(" - ") {
        return Some(mistake(
            format!("a range with a dash is no constraint: `{}`", shown(text)),
            format!("write `>={}, <={}`", shown(low.trim()), shown(high.trim())),
        ));
    }
    let front = text.strip_suffix(['x', 'X']).and_then(|front| front.strip_suffix('.'))?;
    let front = front.trim_end_matches(".x").trim_end_matches(".X");
    (!front.is_empty() && front.bytes().all(|b| b.is_ascii_digit() || b == b'.')).then(|| {
        mistake(
            format!("`{}` is no constraint", shown(text)),
            format!("write `{}.*`", shown(front)),
        )
    })
}

/// A text from a manifest, short enough for one line of a message.
fn shown(text: &str) -> String {
    if text.chars().count() <= 60 {
        return text.to_owned();
    }
    text.chars().take(59).chain(['…']).collect()
}

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
fn bare(version: &str) -> ConstraintError {
    let numbers = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let numbers = version[..numbers].trim_end_matches('.');
    let line = match numbers.matches('.').count() {
        0 | 1 => numbers,
        _ => numbers.rsplit_once('.').map_or(numbers, |(front, _)| front),
    };
    unsaid(version, line)
}

fn unsaid(version: &str, line: &str) -> ConstraintError {
    mistake(
        format!("`{}` does not say what it means", shown(version)),
        format!("write `={version}` for that version alone, or `{line}.*` for its line"),
    )
}

/// A condition without an operator that is no `22.*`.
pub(super) fn no_condition(part: &str, scheme: &Scheme) -> ConstraintError {
    let Some(version) = scheme.read(part) else { return unreadable(part) };
    let numbered = match scheme {
        // Here the front of the text is no front of the numbers.
        Scheme::Date | Scheme::Regex(_) => scheme.reading(version.as_str()),
        Scheme::Semver | Scheme::Pep440 | Scheme::Gem | Scheme::Maven | Scheme::Dotted => None,
    };
    let Some(reading) = numbered else { return bare(version.as_str()) };
    let fixed = reading.count.saturating_sub(1).clamp(1, 2);
    let line: Vec<String> =
        reading.key.numbers.iter().take(fixed).map(ToString::to_string).collect();
    unsaid(version.as_str(), &line.join("."))
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

pub(super) fn no_version(operator: &str, text: &str, scheme: &Scheme) -> ConstraintError {
    if text.is_empty() && !operator.is_empty() {
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
    if *scheme == Scheme::Pep440 && text.contains('!') {
        return mistake(
            format!("`{}` has an epoch, and a version has no `!`", shown(text)),
            "leave the epoch out: no release of one is ever read",
        );
    }
    mistake(
        format!("`{}` is no version of the scheme `{}`", shown(text), scheme.name()),
        match scheme {
            Scheme::Semver => "write numbers with dots and at most a suffix: `1.2`, `1.2.0-rc.1`",
            Scheme::Dotted => "write one to five numbers with dots: `1.2`, `21.0.4.7.1`",
            Scheme::Pep440 => "write a version as Python does: `1.2`, `1.2rc1`, `1.2.post1`",
            Scheme::Gem => "write a version as RubyGems does: `1.2`, `1.2.0.rc1`",
            Scheme::Maven => "write a version as Maven does: `1.2`, `1.2-rc-1`",
            Scheme::Date => "write a day or a month: `2024-10-28`, `2024.10`",
            Scheme::Regex(_) => {
                "write the whole upstream name, as `extract` matches it, or a line of it: `22.*`"
            }
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

pub(super) fn operator(operator: &str, rest: &str, scheme: &Scheme) -> ConstraintError {
    let rest = shown(rest);
    let help = match operator {
        "==" if rest.ends_with(".*") => format!("write `{rest}`"),
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
    let message = match operator {
        "~>" => of_another(operator, scheme, "gem"),
        "~=" | "==" => of_another(operator, scheme, "pep440"),
        _ => format!("`{}` is no operator of constraints", shown(operator)),
    };
    mistake(message, help)
}

fn of_another(operator: &str, scheme: &Scheme, other: &str) -> String {
    format!("`{operator}` is no operator of the scheme `{}`, but of `{other}`", scheme.name())
}

pub(super) fn one_number(version: &str) -> ConstraintError {
    mistake(
        format!("`~={}` leaves no number to stay the same", shown(version)),
        format!("write `~={0}.0`, or `>={0}`", shown(version)),
    )
}

pub(super) fn too_many_numbers(part: &str) -> ConstraintError {
    mistake(
        format!("`{}` has more numbers than a line can hold fixed", shown(part)),
        "write bounds: `>=1.2, <3`",
    )
}

pub(super) fn interval(part: &str) -> ConstraintError {
    mistake(
        format!("`{}` is no interval", shown(part)),
        "write `[1,2)`, `(1,2]`, `[1,)`, `(,2)`, or `[1.2]` for that version alone",
    )
}

pub(super) fn intervals(text: &str) -> ConstraintError {
    mistake(
        format!("the intervals of `{}` overlap or do not ascend", shown(text)),
        "write them from the lowest to the highest: `(,1.0],[1.2,)`",
    )
}

/// Marks of other tools' languages that cut across commas.
pub(super) fn foreign(text: &str, scheme: &Scheme) -> Option<ConstraintError> {
    let text = text.trim();
    if text.contains("||") || text.contains(" or ") {
        return Some(mistake(
            format!("a constraint can't say \"or\": `{}`", shown(text)),
            "write each side as a line (or an entry of `exclude`) of its own",
        ));
    }
    if text.starts_with(['[', '(']) && *scheme != Scheme::Maven {
        let message = format!(
            "an interval in brackets is for the scheme `maven`, not for `{}`: `{}`",
            scheme.name(),
            shown(text)
        );
        return Some(mistake(message, "write its bounds: `>=1, <2`"));
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

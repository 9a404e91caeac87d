//! The text of a constraint, read into ranges.

use super::{
    ConstraintError, mistakes,
    range::{Cut, Range},
};
use crate::model::{
    Scheme,
    scheme::{Reading, Stage},
};

/// What one condition says.
enum Condition {
    Within(Range),
    Without(Range),
}

/// Reads a constraint: where versions must be, and where they must not.
pub(super) fn read(text: &str, scheme: Scheme) -> Result<(Range, Vec<Range>), ConstraintError> {
    if text.trim().is_empty() {
        return Err(mistakes::empty());
    }
    if let Some(mistake) = mistakes::foreign(text) {
        return Err(mistake);
    }
    let mut within = Range::all();
    let mut without = Vec::new();
    for part in text.split(',') {
        let part = part.trim();
        if part.is_empty() {
            return Err(mistakes::empty_part(text));
        }
        match condition(part, scheme)? {
            Condition::Within(range) => within = within.and(range),
            Condition::Without(range) => without.push(range),
        }
    }
    if within.is_empty() || without.iter().any(|hole: &Range| hole.covers(&within)) {
        return Err(mistakes::unsatisfiable(text));
    }
    Ok((within, without))
}

fn condition(part: &str, scheme: Scheme) -> Result<Condition, ConstraintError> {
    if part == "*" {
        return Ok(Condition::Within(Range::all()));
    }
    let end = part.find(|c: char| !"=!<>^~".contains(c)).unwrap_or(part.len());
    let (operator, rest) = part.split_at(end);
    let rest = rest.trim_start();
    if operator.is_empty() {
        return front(part, scheme).map(Condition::Within);
    }
    let bound = || bound(part, operator, rest, scheme);
    Ok(match operator {
        "=" => Condition::Within(Range::only(&bound()?.key)),
        "!=" => Condition::Without(Range::only(&bound()?.key)),
        "<" => Condition::Within(Range::to(Cut::before(&bound()?.key))),
        "<=" => Condition::Within(Range::to(Cut::after(&bound()?.key))),
        ">" => Condition::Within(Range::from(Cut::after(&bound()?.key))),
        ">=" => Condition::Within(Range::from(Cut::before(&bound()?.key))),
        "^" => Condition::Within(caret(&bound()?)),
        "~" => Condition::Within(tilde(&bound()?)),
        _ => return Err(mistakes::operator(operator, rest)),
    })
}

/// `^1.2.3`: at least that, and no number changes up to the first that is not 0.
fn caret(bound: &Reading) -> Range {
    let numbers = bound.key.numbers;
    let fixed = numbers.iter().take(bound.count).position(|n| *n != 0);
    let fixed = fixed.map_or(bound.count, |first| first + 1);
    Range::front(numbers, fixed).and(Range::from(Cut::before(&bound.key)))
}

/// `~1.2.3`: at least that, and the first two numbers stay (of `~1` the first).
fn tilde(bound: &Reading) -> Range {
    Range::front(bound.key.numbers, bound.count.min(2)).and(Range::from(Cut::before(&bound.key)))
}

/// `22.*`, `3.4.*`.
fn front(part: &str, scheme: Scheme) -> Result<Range, ConstraintError> {
    if let Some(reading) = part.strip_suffix(".*").and_then(|front| scheme.reading(front))
        && *reading.key.stage() == Stage::Release
        && part.bytes().all(|b| b.is_ascii_digit() || b".*".contains(&b))
        && reading.count < 5
    {
        return Ok(Range::front(reading.key.numbers, reading.count));
    }
    match scheme.read(part) {
        Some(version) => Err(mistakes::bare(version.as_str())),
        None => Err(mistakes::unreadable(part)),
    }
}

/// The version after an operator.
fn bound(
    part: &str,
    operator: &str,
    text: &str,
    scheme: Scheme,
) -> Result<Reading, ConstraintError> {
    match scheme.read(text) {
        Some(version) if version.as_str() == text => {
            scheme.reading(text).ok_or_else(|| mistakes::unreadable(part))
        }
        Some(version) => Err(mistakes::prefixed(operator, text, version.as_str())),
        None => Err(mistakes::no_version(operator, text, scheme)),
    }
}

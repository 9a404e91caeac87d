//! The text of a constraint, read into ranges.

use super::{
    ConstraintError, interval, mistakes,
    range::{Cut, Range},
};
use crate::model::{
    Scheme,
    scheme::{Reading, numbers},
};

/// What one condition says.
enum Condition {
    Within(Range),
    Without(Range),
}

/// Reads a constraint: where versions must be, and where they must not.
pub(super) fn read(text: &str, scheme: &Scheme) -> Result<(Range, Vec<Range>), ConstraintError> {
    if text.trim().is_empty() {
        return Err(mistakes::empty());
    }
    if let Some(mistake) = mistakes::foreign(text, scheme) {
        return Err(mistake);
    }
    let mut within = Range::all();
    let mut without = Vec::new();
    let mut intervals = Vec::new();
    for part in parts(text) {
        let part = part.trim();
        if part.is_empty() {
            return Err(mistakes::empty_part(text));
        }
        if part.starts_with(['[', '(']) {
            intervals.push(interval::read(part, scheme)?);
            continue;
        }
        match condition(part, scheme)? {
            Condition::Within(range) => within = within.and(range),
            Condition::Without(range) => without.push(range),
        }
    }
    if let Some((hull, gaps)) = interval::united(text, &intervals)? {
        within = within.and(hull);
        without.extend(gaps);
    }
    if within.is_empty() || without.iter().any(|hole: &Range| hole.covers(&within)) {
        return Err(mistakes::unsatisfiable(text));
    }
    Ok((within, without))
}

/// Splits at commas that stand in no interval.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.split(move |c: char| {
        inside = match c {
            '[' | '(' => true,
            ']' | ')' => false,
            _ => inside,
        };
        c == ',' && !inside
    })
}

fn condition(part: &str, scheme: &Scheme) -> Result<Condition, ConstraintError> {
    if part == "*" {
        return Ok(Condition::Within(Range::all()));
    }
    let end = part.find(|c: char| !"=!<>^~".contains(c)).unwrap_or(part.len());
    let (operator, rest) = part.split_at(end);
    let rest = rest.trim_start();
    if operator.is_empty() {
        return front(part)
            .map(Condition::Within)
            .ok_or_else(|| mistakes::no_condition(part, scheme));
    }
    let bound = || bound(part, operator, rest, scheme);
    Ok(match (operator, scheme) {
        ("==", Scheme::Pep440) if rest.contains('*') => Condition::Within(prefix(part, rest)?),
        ("!=", Scheme::Pep440) if rest.contains('*') => Condition::Without(prefix(part, rest)?),
        ("=", _) | ("==", Scheme::Pep440) => Condition::Within(Range::only(&bound()?.key)),
        ("!=", _) => Condition::Without(Range::only(&bound()?.key)),
        ("<", _) => Condition::Within(Range::to(Cut::before(&bound()?.key))),
        ("<=", _) => Condition::Within(Range::to(Cut::after(&bound()?.key))),
        (">", _) => Condition::Within(Range::from(Cut::after(&bound()?.key))),
        (">=", _) => Condition::Within(Range::from(Cut::before(&bound()?.key))),
        ("^", _) => Condition::Within(caret(&bound()?)),
        ("~", _) => Condition::Within(tilde(&bound()?)),
        ("~>", Scheme::Gem) => Condition::Within(rising(part, &bound()?)?),
        ("~=", Scheme::Pep440) => {
            let bound = bound()?;
            if bound.count < 2 {
                return Err(mistakes::one_number(rest));
            }
            Condition::Within(rising(part, &bound)?)
        }
        _ => return Err(mistakes::operator(operator, rest, scheme)),
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

/// `~> 1.2.3`, `~= 1.2.3`: at least that, and all numbers but the last stay (a lone one too).
fn rising(part: &str, bound: &Reading) -> Result<Range, ConstraintError> {
    let fixed = (bound.count - 1).max(1);
    if fixed > bound.key.numbers.len() {
        return Err(mistakes::too_many_numbers(part));
    }
    Ok(Range::front(bound.key.numbers, fixed).and(Range::from(Cut::before(&bound.key))))
}

/// `22.*`, `3.4.*`.
fn front(part: &str) -> Option<Range> {
    let (numbers, count, rest) = numbers(part.strip_suffix(".*")?)?;
    (rest.is_empty() && count < numbers.len()).then(|| Range::front(numbers, count))
}

/// What stands after `==` or `!=` and ends with `.*`.
fn prefix(part: &str, rest: &str) -> Result<Range, ConstraintError> {
    front(rest).ok_or_else(|| mistakes::unreadable(part))
}

/// The version after an operator.
pub(super) fn bound(
    part: &str,
    operator: &str,
    text: &str,
    scheme: &Scheme,
) -> Result<Reading, ConstraintError> {
    match scheme.read(text) {
        Some(version) if version.as_str() == text => {
            scheme.reading(text).ok_or_else(|| mistakes::unreadable(part))
        }
        Some(version) => Err(mistakes::prefixed(operator, text, version.as_str())),
        None => Err(mistakes::no_version(operator, text, scheme)),
    }
}

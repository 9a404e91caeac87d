//! Maven's intervals: `[1,2)`, `(,1.0]`, `[1.5,)`, `[1.0]`; several are one or the other.

use super::{
    ConstraintError, mistakes,
    range::{Cut, Range},
    read::bound,
};
use crate::model::Scheme;

/// Reads one interval.
pub(super) fn read(part: &str, scheme: &Scheme) -> Result<Range, ConstraintError> {
    let wrong = || mistakes::interval(part);
    let open = part.starts_with('(');
    let inner = &part[1..];
    let (inner, open_end) = match (inner.strip_suffix(']'), inner.strip_suffix(')')) {
        (Some(inner), _) => (inner, false),
        (None, Some(inner)) => (inner, true),
        (None, None) => return Err(wrong()),
    };
    let key = |text: &str| bound(part, "", text, scheme).map(|reading| reading.key);
    let Some((low, high)) = inner.split_once(',') else {
        if open || open_end || inner.trim().is_empty() {
            return Err(wrong());
        }
        return Ok(Range::only(&key(inner.trim())?));
    };
    if high.contains(',') {
        return Err(wrong());
    }
    let mut range = Range::all();
    if !low.trim().is_empty() {
        let key = key(low.trim())?;
        range = range.and(Range::from(if open { Cut::after(&key) } else { Cut::before(&key) }));
    }
    if !high.trim().is_empty() {
        let key = key(high.trim())?;
        range = range.and(Range::to(if open_end { Cut::before(&key) } else { Cut::after(&key) }));
    }
    if range.is_empty() { Err(mistakes::unsatisfiable(part)) } else { Ok(range) }
}

/// Returns the stretch from the first interval to the last, and the gaps in it; none of none.
///
/// # Errors
/// When they overlap or do not ascend.
pub(super) fn united(
    text: &str,
    intervals: &[Range],
) -> Result<Option<(Range, Vec<Range>)>, ConstraintError> {
    let [first, .., last] = intervals else {
        return Ok(intervals.first().map(|only| (only.clone(), Vec::new())));
    };
    let mut gaps = Vec::new();
    for pair in intervals.windows(2) {
        let [one, next] = pair else { continue };
        let gap = one.gap(next);
        if gap.is_backwards() {
            return Err(mistakes::intervals(text));
        }
        if !gap.is_empty() {
            gaps.push(gap);
        }
    }
    Ok(Some((first.up_to(last), gaps)))
}

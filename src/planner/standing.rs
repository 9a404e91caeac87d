//! The lines as they stand at a decision: what names stand for, and what is past its end.

use std::{borrow::Cow, cmp::Reverse};

use crate::model::{
    Constraint, Dependency, DependencyId, Ended, LockedLines, Manifest, Part, Scheme, Within,
};

/// Lays what was decided of lines over a manifest.
pub(super) fn lay<'m, 'l>(
    manifest: &'m Manifest,
    decided: impl Fn(&DependencyId) -> Option<&'l LockedLines>,
) -> Cow<'m, Manifest> {
    let none = LockedLines::default();
    let mut laid = Cow::Borrowed(manifest);
    for (id, dependency) in &manifest.dependencies {
        let lines = decided(id).unwrap_or(&none);
        let named = dependency.lines.iter().any(|line| line.name.is_some());
        if (named || !lines.is_empty())
            && let Some(dependency) = laid.to_mut().dependencies.get_mut(id)
        {
            stand(dependency, lines);
        }
    }
    laid
}

fn stand(dependency: &mut Dependency, decided: &LockedLines) {
    let scheme = dependency.scheme.clone();
    let mut parts: Vec<Part> = decided
        .rows
        .iter()
        .filter_map(|row| {
            let front = front(&row.line, &scheme)?;
            Some(Part { front, line: row.line.clone(), end: row.end, ended: row.ended })
        })
        .collect();
    parts.sort_by_cached_key(|part| Reverse(numbers(&part.line).len()));
    for line in &mut dependency.lines {
        line.standing.within = line.name.as_ref().map(|name| {
            let row = decided.named(&name.value);
            let front = row.and_then(|row| front(&row.line, &scheme));
            front.map_or(Within::Nothing, |it| Within::Front(Box::new(it)))
        });
        if line.eol.is_some() {
            let dropped = decided.ended.contains(&line.mark());
            let ended = Ended { line: line.label().to_owned(), day: line.eol };
            line.standing.ended = dropped.then_some(ended);
        } else {
            line.standing.parts.clone_from(&parts);
        }
    }
}

/// Returns the constraint on versions that have a front; none where the scheme can't say it.
pub(super) fn front(line: &str, scheme: &Scheme) -> Option<Constraint> {
    Constraint::new(&format!("{line}.*"), scheme).ok()
}

/// Returns what scheduled lines are ordered by: their numbers, from left to right.
pub(super) fn numbers(line: &str) -> Vec<u64> {
    let parts = line.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    // What has more digits than a number holds is the greatest there is.
    parts.map(|part| part.parse().unwrap_or(u64::MAX)).collect()
}

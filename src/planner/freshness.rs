//! How far behind what was decided is.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Options, ask,
    past::{self, Past},
    releases::{self, Release},
    rules,
};
use crate::model::{
    Dependency, DependencyId, Listing, Lock, Manifest, OrderKey, Snapshot, Version, VersionLine,
};

/// How one line of a dependency stands beside what its source lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// The dependency.
    pub id: DependencyId,
    /// The line's label.
    pub line: String,
    /// The newest version that was decided for the line.
    pub decided: Option<Version>,
    /// The newest version that the line takes and the source lists.
    pub newest: Option<Version>,
    /// How many listed versions of the line are newer than the decided one.
    pub behind: usize,
    /// Since when there is a newer one, where the source gives dates.
    pub since: Option<Timestamp>,
    /// How long a newer one may wait, if deps.toml limits it.
    pub limit: Option<Duration>,
    /// Whether it has waited longer.
    pub stale: bool,
}

/// See [`super::freshness`].
pub(super) fn freshness(
    manifest: &Manifest,
    lock: &Lock,
    published: Option<&Snapshot>,
    id: &DependencyId,
    listing: &Listing,
    options: &Options,
) -> (Vec<Freshness>, Option<Version>) {
    let Some(first) = manifest.dependencies.get(id) else { return (Vec::new(), None) };
    let by = first.by_source(listing.fallback);
    let dependency = &*by;
    let records = past::records(ask::own(manifest, published));
    let past = Past::new(lock.dependencies.get(id), records.get(id));
    let listed: Vec<Release<'_>> = releases::read(dependency, listing)
        .into_iter()
        .filter(|it| !it.yanked && it.wrong.is_none())
        .filter(|it| it.released.is_none_or(|day| day <= options.as_of))
        .collect();
    let lines = dependency
        .lines
        .iter()
        .map(|line| one(dependency, line, &past, &listed, options.as_of))
        .collect();
    (lines, beyond(dependency, &listed))
}

fn one(
    dependency: &Dependency,
    line: &VersionLine,
    past: &Past<'_>,
    listed: &[Release<'_>],
    as_of: Timestamp,
) -> Freshness {
    let wanted = |order: &OrderKey| !rules::wanting(dependency, order).is_empty();
    let decided = past
        .kept
        .iter()
        .map(|(version, before)| (dependency.scheme.order(version), *version, before.upstream))
        .filter(|(order, _, upstream)| {
            rules::fits(line, order, upstream, order.is_prerelease()) && wanted(order)
        })
        .max_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut newer: Vec<&Release<'_>> = listed
        .iter()
        .filter(|it| rules::fits(line, &it.order, it.upstream, it.prerelease) && wanted(&it.order))
        .filter(|it| decided.as_ref().is_none_or(|(order, ..)| it.order > *order))
        .collect();
    newer.sort_by(|a, b| a.order.cmp(&b.order));
    let since = newer.iter().filter_map(|it| it.released).min();
    let limit = dependency.max_staleness;
    let stale = limit.is_some_and(|limit| {
        since.is_some_and(|since| as_of.duration_since(since).unsigned_abs() > limit)
    });
    let decided = decided.map(|(_, version, _)| version.clone());
    Freshness {
        id: dependency.id.clone(),
        line: line.label().to_owned(),
        newest: newer.last().map(|it| it.version.clone()).or_else(|| decided.clone()),
        decided,
        behind: newer.len(),
        since,
        limit,
        stale,
    }
}

/// Returns the newest release if it is newer than what any line takes.
fn beyond(dependency: &Dependency, listed: &[Release<'_>]) -> Option<Version> {
    let newest = listed.iter().filter(|it| !it.prerelease).max_by(|a, b| a.order.cmp(&b.order))?;
    let taken = |line: &VersionLine| rules::fits(line, &newest.order, newest.upstream, false);
    (!dependency.lines.iter().any(taken)).then(|| newest.version.clone())
}

//! What was decided before: the lock's word, and the records that stand in where it has none.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::DecidedBy;
use crate::model::{
    DependencyId, LockedArtifact, LockedDependency, LockedRelease, Record, Snapshot, TargetName,
    Version,
};

/// A version that was decided before.
#[derive(Debug, Clone)]
pub(super) struct Before<'a> {
    pub(super) upstream: &'a str,
    pub(super) released: Option<Timestamp>,
    pub(super) files: BTreeMap<TargetName, (LockedArtifact, DecidedBy)>,
}

/// All that was decided before for one dependency.
#[derive(Debug, Default)]
pub(super) struct Past<'a> {
    /// Versions that are kept for as long as they fit.
    pub(super) kept: BTreeMap<Version, Before<'a>>,
    /// Versions that are published only: nobody decided to keep them, but their files are known.
    pub(super) published: BTreeMap<Version, Before<'a>>,
}

/// Live records by dependency.
pub(super) type Records<'a> = BTreeMap<&'a DependencyId, Vec<&'a Record>>;

/// Sorts the live records by dependency.
pub(super) fn records(published: Option<&Snapshot>) -> Records<'_> {
    let mut all: Records<'_> = BTreeMap::new();
    for record in published.iter().flat_map(|snapshot| snapshot.live.values()) {
        all.entry(&record.address.dependency).or_default().push(record);
    }
    all
}

/// What a record says that the lock would say.
pub(super) fn recorded(record: &Record) -> LockedArtifact {
    LockedArtifact {
        url: record.source.url.clone(),
        size: Some(record.source.size),
        sha256: record.source.sha256,
        upstream_digest: record.source.upstream_digest.clone(),
        evidence: record.evidence,
        signer: record.signer.clone(),
    }
}

impl<'a> Past<'a> {
    /// Lays lock and records side by side.
    ///
    /// A settled lock is the word on which versions are kept, so that reverting deps.lock goes back;
    /// a record then only stands in for a file that the lock lacks. Without a settled word the
    /// records count as locked.
    pub(super) fn new(
        lock: Option<&'a LockedDependency>,
        records: Option<&Vec<&'a Record>>,
    ) -> Self {
        let mut past = Self::default();
        for release in lock.iter().flat_map(|lock| &lock.releases) {
            past.kept.insert(release.version.clone(), locked(release));
        }
        let settled = lock.is_some_and(|lock| lock.asked.is_some());
        for record in records.into_iter().flatten() {
            let aside = settled && !past.kept.contains_key(&record.version);
            let versions = if aside { &mut past.published } else { &mut past.kept };
            let side = versions.entry(record.version.clone()).or_insert_with(|| Before {
                upstream: &record.upstream,
                released: record.released,
                files: BTreeMap::new(),
            });
            side.files
                .entry(record.target.clone())
                .or_insert_with(|| (recorded(record), DecidedBy::Record));
        }
        past
    }

    /// Tells whether nothing was ever decided or published.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.published.is_empty()
    }
}

fn locked(release: &LockedRelease) -> Before<'_> {
    let by = |artifact: &LockedArtifact| (artifact.clone(), DecidedBy::Lock);
    Before {
        upstream: &release.upstream,
        released: release.released,
        files: release.artifacts.iter().map(|(name, it)| (name.clone(), by(it))).collect(),
    }
}

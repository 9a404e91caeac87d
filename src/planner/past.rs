//! What was decided before: the lock's word, and the records that stand in where it has none.

use std::{borrow::Cow, collections::BTreeMap};

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
    pub(super) files: BTreeMap<&'a TargetName, (Cow<'a, LockedArtifact>, DecidedBy)>,
}

/// All that was decided before for one dependency.
#[derive(Debug, Default)]
pub(super) struct Past<'a> {
    /// Versions that are kept for as long as they fit.
    pub(super) kept: BTreeMap<&'a Version, Before<'a>>,
    /// Versions that are published only: nobody decided to keep them, but their files are known.
    pub(super) published: BTreeMap<&'a Version, Before<'a>>,
}

/// Live records by dependency and version.
pub(super) type Records<'a> = BTreeMap<&'a DependencyId, BTreeMap<&'a Version, Vec<&'a Record>>>;

/// Sorts the live records, in one walk over them.
pub(super) fn records(published: Option<&Snapshot>) -> Records<'_> {
    let live: Vec<&Record> = published.iter().flat_map(|it| it.live.values()).collect();
    let mut all = Records::new();
    for one in live.chunk_by(|a, b| a.address.dependency == b.address.dependency) {
        let versions = one.chunk_by(|a, b| a.address.version == b.address.version);
        let versions = versions.filter_map(|of| Some((&of.first()?.address.version, of.to_vec())));
        if let Some(first) = one.first() {
            all.insert(&first.address.dependency, versions.collect());
        }
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
        records: Option<&BTreeMap<&'a Version, Vec<&'a Record>>>,
    ) -> Self {
        let mut past = Self::default();
        for release in lock.iter().flat_map(|lock| &lock.releases) {
            past.kept.insert(&release.version, locked(release));
        }
        let settled = lock.is_some_and(|lock| lock.asked.is_some());
        for (version, records) in records.into_iter().flatten() {
            let Some(first) = records.first() else { continue };
            let aside = settled && !past.kept.contains_key(*version);
            let versions = if aside { &mut past.published } else { &mut past.kept };
            let side = versions.entry(*version).or_insert_with(|| Before {
                upstream: &first.upstream,
                released: first.released,
                files: BTreeMap::new(),
            });
            for record in records {
                side.files
                    .entry(&record.address.target)
                    .or_insert_with(|| (Cow::Owned(recorded(record)), DecidedBy::Record));
            }
        }
        past
    }

    /// Tells whether nothing was ever decided or published.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.published.is_empty()
    }
}

fn locked(release: &LockedRelease) -> Before<'_> {
    Before {
        upstream: &release.upstream,
        released: release.released,
        files: release
            .artifacts
            .iter()
            .map(|(name, it)| (name, (Cow::Borrowed(it), DecidedBy::Lock)))
            .collect(),
    }
}

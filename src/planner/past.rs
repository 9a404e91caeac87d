//! What was decided before: the lock's word, and the records that stand in where it has none.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use jiff::Timestamp;

use super::{DecidedBy, rules};
use crate::model::{
    Address, Condemned, Dependency, DependencyId, Keep, LockedArtifact, LockedDependency,
    LockedRelease, Record, Snapshot, TargetName, Version,
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
    /// What was published once and can be named again, where nothing else is known of the address.
    pub(super) retired: BTreeMap<&'a Version, Before<'a>>,
}

/// Retired records whose objects are not being deleted, the last retired of each address.
pub(super) type Retired<'a> = BTreeMap<&'a DependencyId, BTreeMap<&'a Address, &'a Condemned>>;

/// Sorts the retired records.
pub(super) fn retired(published: Option<&Snapshot>) -> Retired<'_> {
    let mut all = Retired::new();
    if let Some(snapshot) = published {
        for condemned in snapshot.condemned.values() {
            let address = &condemned.record.address;
            if snapshot.doomed.contains(&condemned.record.key) {
                continue;
            }
            let last =
                all.entry(&address.dependency).or_default().entry(address).or_insert(condemned);
            let when = |it: &Condemned| (it.retired, it.record.key.clone());
            if when(last) < when(condemned) {
                *last = condemned;
            }
        }
    }
    all
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
        extra: record.source.extra.clone(),
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

    /// Adds what the retired records know.
    pub(super) fn remember(&mut self, retired: Option<&BTreeMap<&'a Address, &'a Condemned>>) {
        for condemned in retired.into_iter().flat_map(BTreeMap::values) {
            let record = &condemned.record;
            let before = self.retired.entry(&record.address.version).or_insert_with(|| Before {
                upstream: &record.upstream,
                released: record.released,
                files: BTreeMap::new(),
            });
            let file = (Cow::Owned(recorded(record)), DecidedBy::Record);
            before.files.insert(&record.address.target, file);
        }
    }

    /// Lets the newest published versions fill the places of a line that the lock has lost: it
    /// answers today's question, yet holds fewer than the line keeps. Tells whether any did.
    pub(super) fn recall(&mut self, dependency: &Dependency) -> bool {
        let mut lost: BTreeSet<&'a Version> = BTreeSet::new();
        if self.published.is_empty() {
            return false;
        }
        for line in &dependency.lines {
            let takes = |version: &Version, before: &Before<'_>| {
                let order = dependency.scheme.order(version);
                let wanting = rules::wanting(dependency, &order);
                let wanted = before.files.keys().any(|target| wanting.contains(target));
                let prerelease = order.is_prerelease();
                (wanted && rules::fits(line, &order, before.upstream, prerelease)).then_some(order)
            };
            let kept = self.kept.iter().filter(|(version, it)| takes(version, it).is_some());
            let room = match line.keep {
                Keep::Newest(keep) => (keep as usize).saturating_sub(kept.count()),
                Keep::All => usize::MAX,
            };
            if room == 0 {
                continue;
            }
            let mut there: Vec<_> = self
                .published
                .iter()
                .filter_map(|(version, before)| Some((takes(version, before)?, *version)))
                .collect();
            there.sort_by(|a, b| b.cmp(a));
            lost.extend(there.into_iter().take(room).map(|(_, version)| version));
        }
        for version in &lost {
            if let Some(before) = self.published.remove(*version) {
                self.kept.insert(version, before);
            }
        }
        !lost.is_empty()
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

//! The lock that follows from a selection.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Chosen, ChosenFile, ChosenRelease, DecidedBy, LocatedFile, Options, Selection, extra,
    settle::{self, Settled},
};
use crate::model::{
    Address, DependencyId, Lock, LockedArtifact, LockedDependency, LockedLines, LockedRelease,
    Scheme, TargetName, Version,
};

/// See [`super::next_lock`].
pub(super) fn next_lock(
    lock: &Lock,
    selection: &Selection,
    located: &BTreeMap<Address, LocatedFile>,
    options: &Options,
) -> Lock {
    let ids: BTreeSet<&DependencyId> =
        selection.dependencies.keys().chain(lock.dependencies.keys()).collect();
    let mut next = Lock::default();
    for id in ids {
        let old = lock.dependencies.get(id);
        let releases = old.into_iter().flat_map(|old| &old.releases);
        let one = Next {
            id,
            old,
            releases: releases.map(|release| (&release.version, release)).collect(),
            located,
            options,
            all: options.filters.is_empty() && options.exclude.is_empty(),
        };
        let dependency = match selection.dependencies.get(id) {
            Some(chosen) => one.answer(chosen),
            None => one.gone(),
        };
        if let Some(dependency) = dependency {
            next.dependencies.insert(id.clone(), dependency);
        }
    }
    next
}

struct Next<'a> {
    id: &'a DependencyId,
    old: Option<&'a LockedDependency>,
    /// The releases of `old`.
    releases: BTreeMap<&'a Version, &'a LockedRelease>,
    located: &'a BTreeMap<Address, LocatedFile>,
    options: &'a Options,
    /// Whether no filter leaves anything out.
    all: bool,
}

type Releases = BTreeMap<Version, LockedRelease>;

impl Next<'_> {
    fn address(&self, version: &Version, target: &TargetName) -> Address {
        Address { dependency: self.id.clone(), version: version.clone(), target: target.clone() }
    }

    fn takes(&self, version: &Version, target: &TargetName) -> bool {
        self.all || self.options.takes(&self.address(version, target))
    }

    /// deps.toml has no such dependency any more: only what the filters leave out stays.
    fn gone(&self) -> Option<LockedDependency> {
        let mut releases = Releases::new();
        let out = self.left_out(&mut releases);
        let scheme = Scheme::default();
        out.then(|| LockedDependency {
            asked: self.old.and_then(|old| old.asked),
            fallback: self.old.map_or(0, |old| old.fallback),
            lines: self.old.map(|old| old.lines.clone()).unwrap_or_default(),
            releases: sorted(releases, &scheme),
        })
    }

    /// Keeps the locked files that the filters leave out; tells whether there were any.
    fn left_out(&self, into: &mut Releases) -> bool {
        let mut any = false;
        if self.all {
            return false;
        }
        for release in self.releases.values() {
            for (target, artifact) in &release.artifacts {
                if !self.takes(&release.version, target) {
                    any = true;
                    entry(into, release).artifacts.insert(target.clone(), artifact.clone());
                }
            }
        }
        any
    }

    fn answer(&self, chosen: &Chosen) -> Option<LockedDependency> {
        let old_asked = self.old.and_then(|old| old.asked);
        if chosen.hold.is_some() {
            return self.held(chosen);
        }
        let mut releases = Releases::new();
        let mut filtered = self.left_out(&mut releases);
        let (mut unknown, mut unchecked) = (false, false);
        for release in &chosen.releases {
            let old = self.releases.get(&release.version);
            let mut next = LockedRelease {
                version: release.version.clone(),
                upstream: release.upstream.clone(),
                released: release.released,
                artifacts: BTreeMap::new(),
            };
            let cut = release.files.keys().any(|target| !self.takes(&release.version, target));
            filtered |= cut;
            let mut whole = true;
            for (target, file) in &release.files {
                // A version that is new is locked whole, like it is published.
                let new = old.is_none() && matches!(file, ChosenFile::Candidate(_));
                if !self.takes(&release.version, target) || (cut && new) {
                    continue;
                }
                match self.file(release, target) {
                    File::Known(artifact, settled) => {
                        unchecked |= !settled;
                        next.artifacts.insert(target.clone(), artifact);
                    }
                    File::Unknown => {
                        unknown = true;
                        whole = false;
                    }
                }
            }
            if whole {
                if let Some(left) = releases.remove(&release.version) {
                    next.artifacts.extend(left.artifacts);
                }
                if !next.artifacts.is_empty() {
                    releases.insert(release.version.clone(), next);
                }
            } else if let Some(old) = old {
                releases.insert(old.version.clone(), (*old).clone());
            }
        }
        if unknown || filtered {
            self.put_back(chosen, unknown, &mut releases);
        }
        let asked =
            if filtered || unknown || unchecked { old_asked } else { chosen.asked.or(old_asked) };
        let nothing = releases.is_empty() && asked.is_none();
        // Where nobody was asked, whoever answered before did.
        let before = || self.old.map_or(0, |old| old.fallback);
        let fallback = chosen.fallback.unwrap_or_else(before);
        let lines = self.lines(chosen);
        let releases = sorted(releases, &chosen.scheme);
        (!nothing).then_some(LockedDependency { asked, fallback, lines, releases })
    }

    /// What is said of lines; where the filters leave out all of the dependency, as it was.
    fn lines(&self, chosen: &Chosen) -> LockedLines {
        let out = |release: &ChosenRelease| {
            release.files.keys().all(|target| !self.takes(&release.version, target))
        };
        let left_out = !self.all && chosen.releases.iter().all(out);
        match self.old {
            Some(old) if left_out => old.lines.clone(),
            Some(_) | None => chosen.lines.clone(),
        }
    }

    /// Keeps what the new answer would drop while that answer is not there as a whole: all of it
    /// where a file is not known, else what is older than a new release that the filters leave out.
    fn put_back(&self, chosen: &Chosen, unknown: bool, into: &mut Releases) {
        let order = |version: &Version| (chosen.scheme.order(version), version.clone());
        let out = |release: &&ChosenRelease| {
            let takes = |target| self.takes(&release.version, target);
            !self.releases.contains_key(&release.version) && !release.files.keys().all(takes)
        };
        let newest = chosen.releases.iter().filter(out).map(|it| order(&it.version)).max();
        for old in self.releases.values() {
            let wanted = chosen.releases.iter().any(|it| it.version == old.version);
            let before = newest.as_ref().is_some_and(|newest| order(&old.version) < *newest);
            if !wanted && (unknown || before) {
                into.insert(old.version.clone(), (*old).clone());
            }
        }
    }

    /// The lock holds; it only takes in what it lacks and the records have.
    fn held(&self, chosen: &Chosen) -> Option<LockedDependency> {
        let mut next = self.old.cloned().unwrap_or_default();
        let mut releases: Releases =
            next.releases.drain(..).map(|release| (release.version.clone(), release)).collect();
        for release in &chosen.releases {
            for (target, file) in &release.files {
                let settled = settle::settle(file, None);
                if let Settled::Decided(artifact, DecidedBy::Record) = settled
                    && self.takes(&release.version, target)
                {
                    let into =
                        releases.entry(release.version.clone()).or_insert_with(|| LockedRelease {
                            version: release.version.clone(),
                            upstream: release.upstream.clone(),
                            released: release.released,
                            artifacts: BTreeMap::new(),
                        });
                    into.artifacts.insert(target.clone(), artifact.clone());
                }
            }
        }
        next.releases = sorted(releases, &chosen.scheme);
        (self.old.is_some() || !next.releases.is_empty()).then_some(next)
    }

    fn file(&self, release: &ChosenRelease, target: &TargetName) -> File {
        let Some(file) = release.files.get(target) else { return File::Unknown };
        let located = match file {
            ChosenFile::Decided { extra: None, .. } => None,
            ChosenFile::Decided { .. } | ChosenFile::Candidate(_) => {
                self.located.get(&self.address(&release.version, target))
            }
        };
        let known = match settle::settle(file, located) {
            Settled::Decided(artifact, _) => File::Known(artifact.clone(), true),
            Settled::Located { candidate, located, sha256: Some(sha256) } => {
                File::Known(settle::locked(candidate, located, sha256), true)
            }
            // The old word holds; where upstream has other bytes, that is refused elsewhere.
            Settled::Unchecked(decided) | Settled::Changed { decided, .. } => {
                File::Known(decided.clone(), false)
            }
            Settled::Located { sha256: None, .. } | Settled::Unknown => File::Unknown,
        };
        match known {
            File::Known(artifact, settled) => with_extra(artifact, settled, file, located),
            File::Unknown => File::Unknown,
        }
    }
}

/// Adds what is known of the sub-dependencies: the lock has the digests of all or of none.
fn with_extra(
    artifact: LockedArtifact,
    settled: bool,
    file: &ChosenFile,
    located: Option<&LocatedFile>,
) -> File {
    let laid = extra::lay(file, located);
    if !laid.is_whole() {
        return File::Unknown;
    }
    let settled = settled && laid.changed.is_empty() && laid.unchecked.is_empty();
    File::Known(LockedArtifact { extra: laid.files, ..artifact }, settled)
}

/// What the lock can say of a file.
enum File {
    /// This; and whether that answers the question: if not, the lock goes on answering the old one.
    Known(LockedArtifact, bool),
    Unknown,
}

fn entry<'a>(into: &'a mut Releases, release: &LockedRelease) -> &'a mut LockedRelease {
    into.entry(release.version.clone())
        .or_insert_with(|| LockedRelease { artifacts: BTreeMap::new(), ..release.clone() })
}

/// Newest first.
fn sorted(releases: Releases, scheme: &Scheme) -> Vec<LockedRelease> {
    let mut all: Vec<LockedRelease> = releases.into_values().collect();
    all.sort_by_cached_key(|release| {
        std::cmp::Reverse((scheme.order(&release.version), release.version.clone()))
    });
    all
}

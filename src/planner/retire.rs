//! What is there and not wanted: why, and what has to come before it leaves.

use std::collections::BTreeMap;

use super::{
    Chosen, ChosenRelease, Selection, desired::Wanted, diff, guard, inputs, order::Orders, rules,
};
use crate::model::{
    Action, Address, Dependency, DependencyId, Facts, Keep, Lock, LockedArtifact, Manifest,
    Metadata, NotWanted, OrderKey, Reason, Record, Step, Version, VersionLine,
};

/// Something that is there, whether in the bucket or in the lock alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum There<'a> {
    Record(&'a Record),
    Locked { address: &'a Address, upstream: &'a str, artifact: &'a LockedArtifact },
}

impl<'a> There<'a> {
    fn address(&self) -> &'a Address {
        match self {
            Self::Record(record) => &record.address,
            Self::Locked { address, .. } => address,
        }
    }

    fn upstream(&self) -> &'a str {
        match self {
            Self::Record(record) => &record.upstream,
            Self::Locked { upstream, .. } => upstream,
        }
    }

    /// `built`: whether deps.toml says that it is made here.
    fn step(&self, why: NotWanted, built: bool) -> Step {
        let (before, record) = match self {
            Self::Record(record) => (diff::before(record), Some((*record).clone())),
            Self::Locked { artifact, .. } => (locked(artifact, built), None),
        };
        Step {
            address: self.address().clone(),
            action: Action::Retire,
            reason: Reason::NotWanted(why),
            before: Some(before),
            after: None,
            artifact: None,
            record,
            bytes: Some(0),
            needs: Vec::new(),
        }
    }
}

/// Returns what the lock tells of a file; what consumers read stands in no lock, nor does what was
/// built of it.
pub(super) fn locked(artifact: &LockedArtifact, built: bool) -> Facts {
    let sha256 = Some(artifact.sha256).filter(|_| !built);
    Facts {
        input: sha256.map(|sha256| inputs::digest(&inputs::mirrored(sha256))),
        sha256,
        url: artifact.url.clone(),
        evidence: artifact.evidence,
        signer: artifact.signer.clone(),
        size: artifact.size.filter(|_| !built),
        metadata: Metadata::default(),
    }
}

/// The addresses of a lock.
pub(super) fn addresses(lock: &Lock) -> Vec<(Address, &str, &LockedArtifact)> {
    let mut all = Vec::new();
    for (id, dependency) in &lock.dependencies {
        for release in &dependency.releases {
            for (target, artifact) in &release.artifacts {
                let address = Address {
                    dependency: id.clone(),
                    version: release.version.clone(),
                    target: target.clone(),
                };
                all.push((address, release.upstream.as_str(), artifact));
            }
        }
    }
    all
}

/// Plans the retires, given the other steps.
///
/// Where a newer version of a line could not be decided on, nothing leaves that line.
pub(super) fn retires<'a>(
    manifest: &Manifest,
    selection: &Selection,
    wanted: &[Wanted<'_>],
    steps: &[Step],
    there: impl Iterator<Item = There<'a>>,
    orders: &mut Orders<'_>,
) -> Vec<Step> {
    let mut coming: BTreeMap<&DependencyId, Vec<Coming<'_>>> = BTreeMap::new();
    let entering = steps.iter().filter(|step| guard::enters(step)).filter_map(|step| {
        let upstream = step.artifact.as_ref().map(|artifact| artifact.upstream.as_str())?;
        Some((&step.address, upstream, true))
    });
    let stuck = wanted
        .iter()
        .filter(|it| it.artifact.is_none())
        .map(|it| (&it.address, it.release.upstream.as_str(), false));
    for (address, upstream, planned) in entering.chain(stuck) {
        let order = orders.key(address);
        let one = Coming { order, address, upstream, planned };
        coming.entry(&address.dependency).or_default().push(one);
    }
    let none = Vec::new();
    let mut all = Vec::new();
    let kept = Kept::new(selection);
    let mut last: Option<(&Address, Option<&ChosenRelease>)> = None;
    for it in there {
        let address = it.address();
        // The addresses of a version come one after the other: it is looked up once.
        let release = match last {
            Some((other, release)) if same_version(other, address) => release,
            _ => kept.release(address),
        };
        last = Some((address, release));
        if release.is_some_and(|release| release.files.contains_key(&address.target)) {
            continue;
        }
        let chosen = selection.dependencies.get(&address.dependency);
        if chosen.is_some_and(|chosen| chosen.hold.is_some()) {
            continue;
        }
        let dependency = manifest.dependencies.get(&address.dependency);
        let count = |line: &VersionLine| chosen.map_or(0, |chosen| fitting(chosen, line));
        let why = rules::not_wanted(dependency, &address.version, it.upstream(), &address.target);
        let built =
            |it: &Dependency| it.settings_for(&address.version, &address.target).build.is_some();
        let mut step = it.step(why, dependency.is_some_and(built));
        if let (Reason::NotWanted(NotWanted::LineKeeps { .. }), Some(dependency)) =
            (&step.reason, dependency)
        {
            let order = orders.key(address);
            let lines: Vec<&VersionLine> =
                rules::fitting(dependency, &order, it.upstream()).collect();
            // Nothing has taken its place: it leaves only when something does.
            if lines.iter().any(|line| !full(line, count(line))) {
                continue;
            }
            let newer = coming.get(&address.dependency).unwrap_or(&none);
            let newer = newer.iter().filter(|it| it.follows(&order, &address.version, &lines));
            let (planned, stuck): (Vec<_>, Vec<_>) = newer.partition(|it| it.planned);
            if !stuck.is_empty() {
                continue;
            }
            step.needs = planned.into_iter().map(|it| it.address.clone()).collect();
            orders.sort(&mut step.needs, |address| address);
        }
        all.push(step);
    }
    all
}

/// The wanted addresses, found by the version.
struct Kept<'a>(BTreeMap<&'a DependencyId, BTreeMap<&'a Version, &'a ChosenRelease>>);

impl<'a> Kept<'a> {
    fn new(selection: &'a Selection) -> Self {
        let releases = |chosen: &'a Chosen| chosen.releases.iter().map(|it| (&it.version, it));
        let all = selection.dependencies.iter();
        Self(all.map(|(id, chosen)| (id, releases(chosen).collect())).collect())
    }

    fn release(&self, address: &Address) -> Option<&'a ChosenRelease> {
        self.0.get(&address.dependency).and_then(|all| all.get(&address.version)).copied()
    }
}

fn same_version(a: &Address, b: &Address) -> bool {
    a.dependency == b.dependency && a.version == b.version
}

/// A version on its way into the index.
struct Coming<'a> {
    order: OrderKey,
    address: &'a Address,
    upstream: &'a str,
    planned: bool,
}

impl Coming<'_> {
    fn follows(&self, order: &OrderKey, version: &Version, lines: &[&VersionLine]) -> bool {
        (&self.order, &self.address.version) > (order, version)
            && lines.iter().any(|line| {
                rules::fits(line, &self.order, self.upstream, false)
                    || rules::fits(line, &self.order, self.upstream, self.order.is_prerelease())
            })
    }
}

/// Tells whether a line holds all that it keeps; one that keeps all always has room.
fn full(line: &VersionLine, kept: usize) -> bool {
    match line.keep {
        Keep::Newest(keep) => kept >= keep as usize,
        Keep::All => false,
    }
}

fn fitting(chosen: &Chosen, line: &VersionLine) -> usize {
    let fits = |release: &&ChosenRelease| {
        let order = chosen.scheme.order(&release.version);
        rules::fits(line, &order, &release.upstream, order.is_prerelease())
    };
    chosen.releases.iter().filter(fits).count()
}

//! Puts the plan together.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ChosenFile, ChosenRelease, Hold, PlanInput,
    desired::{self, Desired, Wanted},
    diff::{self, Objects, Published, Verdict},
    findings, guard, lock, needs,
    order::Orders,
    past::{self, Records},
    rebuild,
    retire::{self, There},
    standing, trust,
};
use crate::model::{
    Address, Artifact, Blind, Code, Condemned, DependencyId, Evidence, Finding, Lock,
    LockedRelease, Observed, Plan, Reason, Record, Severity, Snapshot, Step, TargetName, Version,
    Why,
};

/// See [`super::plan`].
pub(super) fn plan(input: &PlanInput<'_>) -> Plan {
    let mut plan = Plan {
        basis: input.basis.clone(),
        steps: Vec::new(),
        unchanged: Vec::new(),
        filtered: 0,
        blind: input.selection.blind.clone(),
        findings: input.selection.findings.clone(),
        lock_changes: false,
    };
    if let Some(finding) = foreign(input) {
        plan.findings.push(finding);
        return plan;
    }
    let mut desired = desired::desired(input.manifest, input.selection, input.located, input.tree);
    plan.findings.append(&mut desired.findings);
    plan.blind.append(&mut desired.blind);
    plan.blind.extend(unseen(input));
    let world = World::new(input);
    let mut orders = Orders::new(input.manifest);
    let mut steps = wanted(input, &world, &desired, &mut plan);
    let locked = if world.seen { Vec::new() } else { retire::addresses(input.lock) };
    let records = world.snapshot.into_iter().flat_map(|it| it.live.values()).map(There::Record);
    let decided = locked.iter().map(|(address, upstream, artifact)| There::Locked {
        address,
        upstream,
        artifact,
    });
    let there = records.chain(decided);
    let decided = |id: &DependencyId| Some(&input.selection.dependencies.get(id)?.lines);
    let manifest = standing::lay(input.manifest, decided);
    let leave =
        retire::retires(&manifest, input.selection, &desired.wanted, &steps, there, &mut orders);
    steps.extend(leave);
    orders.sort(&mut steps, |step| &step.address);
    filter(input, &world, steps, &mut plan);
    plan.findings.extend(guard::max_retire(&plan.steps, input.options.max_retire));
    plan.findings.extend(first_use(&plan.steps, input.lock));
    plan.findings.extend(rebuild::refused(input.options, &desired));
    plan.findings.extend(guard::network(&plan.steps));
    plan.findings.extend(trust::entering(input, &plan.steps));
    plan.findings.extend(guard::single_writer(input.manifest, world.snapshot));
    // They come in the order of the selection, which is the order of a plan.
    plan.unchanged.retain(|address| input.options.takes(address));
    plan.findings.sort();
    plan.findings.dedup();
    plan.blind.sort();
    plan.blind.dedup();
    let next = lock::next_lock(input.lock, input.selection, input.located, input.options);
    plan.lock_changes = next != *input.lock || learns(input);
    plan
}

/// See [`super::wanted`].
pub(super) fn all_wanted(input: &PlanInput<'_>) -> BTreeMap<Address, Artifact> {
    let desired = desired::desired(input.manifest, input.selection, input.located, input.tree);
    desired.wanted.into_iter().filter_map(|it| Some((it.address, it.artifact?))).collect()
}

/// Tells whether an apply will lock files whose digests it has yet to learn.
fn learns(input: &PlanInput<'_>) -> bool {
    input.selection.dependencies.iter().any(|(id, chosen)| {
        let new = |release: &ChosenRelease, target: &TargetName, file: &ChosenFile| {
            let address = Address {
                dependency: id.clone(),
                version: release.version.clone(),
                target: target.clone(),
            };
            let learnt = match file {
                ChosenFile::Candidate(_) => input.lock.artifact(&address).is_none(),
                ChosenFile::Decided { extra, .. } => extra.is_some(),
            };
            learnt && input.options.takes(&address)
        };
        let mut releases = chosen.releases.iter();
        chosen.hold.is_none()
            && releases.any(|it| it.files.iter().any(|(target, file)| new(it, target, file)))
    })
}

/// What is published, by address.
struct World<'a> {
    /// Whether the storage was looked at.
    seen: bool,
    snapshot: Option<&'a Snapshot>,
    condemned: BTreeMap<&'a Address, Vec<&'a Condemned>>,
    records: Records<'a>,
    locked: BTreeMap<&'a DependencyId, BTreeMap<&'a Version, &'a LockedRelease>>,
}

/// What is known of a version as a whole.
#[derive(Clone, Copy)]
struct Known<'a> {
    records: &'a [&'a Record],
    locked: Option<&'a LockedRelease>,
}

impl<'a> World<'a> {
    fn new(input: &PlanInput<'a>) -> Self {
        let seen = input.published.known().is_some();
        let snapshot = input.published.known().and_then(Option::as_ref);
        let mut world = Self {
            seen,
            snapshot,
            condemned: BTreeMap::new(),
            records: past::records(snapshot),
            locked: BTreeMap::new(),
        };
        for (id, dependency) in &input.lock.dependencies {
            let releases = dependency.releases.iter().map(|it| (&it.version, it));
            world.locked.insert(id, releases.collect());
        }
        for condemned in snapshot.iter().flat_map(|snapshot| snapshot.condemned.values()) {
            world.condemned.entry(&condemned.record.address).or_default().push(condemned);
        }
        world
    }

    /// Finds a version.
    fn version(&self, address: &Address) -> Known<'_> {
        let (id, version) = version(address);
        let records = self.records.get(id).and_then(|all| all.get(version));
        Known {
            records: records.map_or(&[], Vec::as_slice),
            locked: self.locked.get(id).and_then(|all| all.get(version)).copied(),
        }
    }

    /// Tells whether a version is new to the index; where nobody looked, what is locked counts as
    /// published.
    fn is_new(&self, address: &Address) -> bool {
        let known = self.version(address);
        if self.seen { known.records.is_empty() } else { known.locked.is_none() }
    }

    /// Returns what is published of a wanted address.
    fn of<'s>(&'s self, wanted: &Wanted<'_>, known: Known<'s>) -> Published<'s> {
        let Some(snapshot) = self.snapshot else { return Published::default() };
        let target = &wanted.address.target;
        let mut published = Published {
            live: known.records.iter().find(|it| it.address.target == *target).copied(),
            version: !known.records.is_empty(),
            ..Published::default()
        };
        if published.live.is_some() {
            return published;
        }
        let input = wanted.artifact.as_ref().and_then(|artifact| artifact.input);
        let mut retired: Vec<&'s Condemned> =
            self.condemned.get(&wanted.address).into_iter().flatten().copied().collect();
        retired.retain(|it| Some(it.record.input) == input);
        retired.sort_by(|a, b| (b.retired, &b.record.key).cmp(&(a.retired, &a.record.key)));
        let doomed = |it: &&&Condemned| snapshot.doomed.contains(&it.record.key);
        published.condemned = retired.iter().find(|it| !doomed(it)).copied();
        published.doomed = retired.iter().find(doomed).copied();
        published
    }
}

fn version(address: &Address) -> (&DependencyId, &Version) {
    (&address.dependency, &address.version)
}

/// Refuses another project's prefix.
fn foreign(input: &PlanInput<'_>) -> Option<Finding> {
    let snapshot = input.published.known().and_then(Option::as_ref)?;
    let owner = &snapshot.head.project;
    (*owner != input.manifest.project).then(|| Finding {
        severity: Severity::Error,
        code: Code::NOT_OWNER,
        dependency: None,
        address: None,
        message: format!(
            "the prefix belongs to project `{owner}`, and deps.toml is of `{}`",
            input.manifest.project
        ),
        help: Some("use another prefix, or the right deps.toml".to_owned()),
        span: None,
    })
}

/// Says what of the storage was not looked at.
fn unseen(input: &PlanInput<'_>) -> Option<Blind> {
    let why = |why: &Why, not_asked: &str| match why {
        Why::NotAsked => not_asked.to_owned(),
        Why::Failed(failure) => failure.message.clone(),
    };
    let why = match (input.published, input.objects) {
        (Observed::Unknown(it), _) => {
            why(it, "the storage was not looked at: deps.toml and deps.lock were compared alone")
        }
        (Observed::Known(Some(_)), Observed::Unknown(it)) => {
            why(it, "the objects were not looked at, only what the index says of them")
        }
        (Observed::Known(_), _) => return None,
    };
    Some(Blind { dependency: None, why })
}

/// Plans what is wanted.
fn wanted(
    input: &PlanInput<'_>,
    world: &World<'_>,
    desired: &Desired<'_>,
    plan: &mut Plan,
) -> Vec<Step> {
    let objects = Objects { there: input.objects, rehashed: input.rehashed };
    let mut steps = Vec::new();
    // A new version of which one file can't be had does not enter at all.
    let mut stuck: BTreeSet<(DependencyId, Version)> = BTreeSet::new();
    let mut last: Option<(&ChosenRelease, Known<'_>)> = None;
    for it in &desired.wanted {
        let Some(artifact) = &it.artifact else {
            stuck.insert((it.address.dependency.clone(), it.address.version.clone()));
            continue;
        };
        // The addresses of a release come one after the other: it is looked up once.
        let known = match last {
            Some((release, known)) if std::ptr::eq(release, it.release) => known,
            _ => world.version(&it.address),
        };
        last = Some((it.release, known));
        let published = world.of(it, known);
        let locked = known.locked.and_then(|release| release.artifacts.get(&it.address.target));
        let before = known.locked.is_some();
        let verdict = if world.seen {
            diff::decide(artifact, locked, before, published, objects, &it.release.line)
        } else {
            diff::compare_with_lock(artifact, locked, !before, &it.release.line)
        };
        let Verdict { todo, doubt } = verdict;
        plan.blind.extend(doubt.map(|why| {
            let dependency = Some(it.address.dependency.clone());
            Blind { dependency, why }
        }));
        let todo = rebuild::asked(todo, artifact, published.live, input.options);
        let Some((action, reason)) = todo else {
            plan.unchanged.push(it.address.clone());
            continue;
        };
        let record = published.live.or_else(|| {
            let again = reason == Reason::WantedAgain;
            published.condemned.filter(|_| again).map(|it| &it.record)
        });
        let mut step = diff::step(artifact.clone(), record, action, reason);
        if !world.seen {
            let built = step.is_built();
            step.before = locked.map(|locked| retire::locked(locked, built));
        }
        steps.push(step);
    }
    let holds = |address: &Address| {
        let chosen = input.selection.dependencies.get(&address.dependency);
        chosen.is_some_and(|chosen| chosen.hold == Some(Hold::Shrank))
    };
    loop {
        steps.retain(|step| {
            let version = (step.address.dependency.clone(), step.address.version.clone());
            let waits = world.is_new(&step.address) && stuck.contains(&version);
            !(guard::enters(step) && (waits || holds(&step.address)))
        });
        let lacking = needs::lacking(&steps, world.snapshot);
        if !world.seen || lacking.is_empty() {
            break;
        }
        for (address, need) in lacking {
            steps.retain(|step| step.address != address);
            plan.findings.push(guard::unmet(&address, &need));
            stuck.insert((address.dependency, address.version));
        }
    }
    needs::wait(&mut steps);
    steps
}

/// Leaves out what the filters do not take, and refuses halves.
fn filter(input: &PlanInput<'_>, world: &World<'_>, steps: Vec<Step>, plan: &mut Plan) {
    let takes = |step: &Step| input.options.takes(&step.address);
    let (mut chosen, mut out): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(takes);
    let filtered = out.len() as u64;
    let halves = guard::half_a_version(&mut chosen, &out, |address| world.is_new(address));
    plan.findings.extend(halves);
    let by_filter = !input.options.filters.is_empty();
    let unmet = guard::needs_built(&mut chosen, &mut out, |address| world.is_new(address));
    plan.findings.extend(unmet.into_iter().filter(|_| by_filter));
    let stay_unbuilt = if by_filter { 0 } else { out.len() as u64 - filtered };
    let (alone, stay) = guard::needs_successor(&mut chosen, &out, by_filter);
    plan.findings.extend(alone);
    plan.filtered = filtered + stay + stay_unbuilt;
    plan.steps = chosen;
}

/// Warns, once for a dependency, of new bytes that nothing vouches for. What is locked was looked at
/// when the lock was reviewed.
fn first_use(steps: &[Step], lock: &Lock) -> Vec<Finding> {
    let mut versions: BTreeMap<&DependencyId, Vec<&Version>> = BTreeMap::new();
    for step in steps.iter().filter(|step| step.action.moves_bytes()) {
        let tofu = step.after.as_ref().is_some_and(|after| after.evidence == Evidence::Tofu);
        if tofu && lock.artifact(&step.address).is_none() {
            let (id, version) = version(&step.address);
            let told = versions.entry(id).or_default();
            // Steps are in order, so those of a version stand together.
            if told.last() != Some(&version) {
                told.push(version);
            }
        }
    }
    let warning = |(id, versions): (&DependencyId, Vec<&Version>)| {
        let message = format!(
            "nothing vouches for the bytes of {}: what comes first is trusted",
            findings::listed(versions)
        );
        let it = findings::finding(Severity::Warning, Code::TOFU, id, message);
        findings::help(it, "add `verify.checksum` if upstream publishes digests")
    };
    versions.into_iter().map(warning).collect()
}

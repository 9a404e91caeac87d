//! Puts the plan together.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Hold, PlanInput,
    desired::{self, Desired, Wanted},
    diff::{self, Objects, Published, Verdict},
    findings, guard, lock,
    order::Orders,
    retire::{self, There},
};
use crate::model::{
    Action, Address, Blind, Code, Condemned, DependencyId, Evidence, Finding, Observed, Plan,
    Reason, Severity, Snapshot, Step, Version, Why,
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
    let mut desired = desired::desired(input.manifest, input.selection, input.located);
    plan.findings.append(&mut desired.findings);
    plan.blind.append(&mut desired.blind);
    plan.blind.extend(unseen(input));
    let world = World::new(input);
    let mut orders = Orders::new(input.manifest);
    let mut steps = wanted(input, &world, &mut desired, &mut plan);
    let locked = retire::addresses(input.lock);
    let records = world.snapshot.into_iter().flat_map(|it| it.live.values()).map(There::Record);
    let decided = locked.iter().map(|(address, upstream, artifact)| There::Locked {
        address,
        upstream,
        artifact,
    });
    let there = records.chain(decided.filter(|_| !world.seen));
    let leave = retire::retires(
        input.manifest,
        input.selection,
        &desired.wanted,
        &steps,
        there,
        &mut orders,
    );
    steps.extend(leave);
    orders.sort(&mut steps, |step| &step.address);
    filter(input, &world, steps, &mut plan);
    plan.findings.extend(guard::max_retire(&plan.steps, input.options.max_retire));
    plan.findings.extend(first_use(&plan.steps));
    plan.unchanged.retain(|address| input.options.takes(address));
    orders.sort(&mut plan.unchanged, |address| address);
    plan.findings.sort();
    plan.findings.dedup();
    plan.blind.sort();
    plan.blind.dedup();
    let next = lock::next_lock(input.lock, input.selection, input.located, input.options);
    plan.lock_changes = next != *input.lock;
    plan
}

/// What is published, by address.
struct World<'a> {
    /// Whether the storage was looked at.
    seen: bool,
    snapshot: Option<&'a Snapshot>,
    condemned: BTreeMap<&'a Address, Vec<&'a Condemned>>,
    versions: BTreeSet<(&'a DependencyId, &'a Version)>,
}

impl<'a> World<'a> {
    fn new(input: &PlanInput<'a>) -> Self {
        let seen = input.published.known().is_some();
        let snapshot = input.published.known().and_then(Option::as_ref);
        let mut world =
            Self { seen, snapshot, condemned: BTreeMap::new(), versions: BTreeSet::new() };
        if let Some(snapshot) = snapshot {
            for condemned in snapshot.condemned.values() {
                world.condemned.entry(&condemned.record.address).or_default().push(condemned);
            }
            world.versions = snapshot.live.keys().map(version).collect();
        } else if !seen {
            // Nobody looked: what is locked counts as published.
            for (id, dependency) in &input.lock.dependencies {
                world.versions.extend(dependency.releases.iter().map(|it| (id, &it.version)));
            }
        }
        world
    }

    /// Tells whether a version is new to the index.
    fn is_new(&self, address: &Address) -> bool {
        !self.versions.contains(&version(address))
    }

    /// Returns what is published of a wanted address.
    fn of(&self, wanted: &Wanted<'_>) -> Published<'a> {
        let Some(snapshot) = self.snapshot else { return Published::default() };
        let mut published = Published {
            live: snapshot.live.get(&wanted.address),
            version: !self.is_new(&wanted.address),
            ..Published::default()
        };
        if published.live.is_some() {
            return published;
        }
        let input = wanted.artifact.as_ref().and_then(|artifact| artifact.input);
        let mut retired: Vec<&'a Condemned> =
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
        Why::Failed(text) => text.clone(),
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
    desired: &mut Desired<'_>,
    plan: &mut Plan,
) -> Vec<Step> {
    let objects = Objects { there: input.objects, rehashed: input.rehashed };
    let mut steps = Vec::new();
    // A new version of which one file can't be had does not enter at all.
    let mut stuck: BTreeSet<(DependencyId, Version)> = BTreeSet::new();
    for it in &mut desired.wanted {
        let Some(artifact) = &it.artifact else {
            stuck.insert((it.address.dependency.clone(), it.address.version.clone()));
            continue;
        };
        let published = world.of(it);
        let locked = input.lock.artifact(&it.address);
        let verdict = if world.seen {
            let known = input
                .lock
                .dependencies
                .get(&it.address.dependency)
                .is_some_and(|locked| locked.release(&it.address.version).is_some());
            diff::decide(artifact, locked, known, published, objects, &it.release.line)
        } else {
            let new = world.is_new(&it.address);
            diff::compare_with_lock(artifact, locked, new, &it.release.line)
        };
        let Verdict { todo, doubt } = verdict;
        let dependency = Some(it.address.dependency.clone());
        plan.blind.extend(doubt.map(|why| Blind { dependency, why }));
        let Some((action, reason)) = todo else {
            plan.unchanged.push(it.address.clone());
            continue;
        };
        let record = published.live.or_else(|| {
            let again = reason == Reason::WantedAgain;
            published.condemned.filter(|_| again).or(published.doomed).map(|it| &it.record)
        });
        let mut step = diff::step(artifact.clone(), record, action, reason);
        if !world.seen {
            step.before = locked.map(retire::locked);
        }
        steps.push(step);
    }
    let holds = |address: &Address| {
        let chosen = input.selection.dependencies.get(&address.dependency);
        chosen.is_some_and(|chosen| chosen.hold == Some(Hold::Shrank))
    };
    steps.retain(|step| {
        let version = (step.address.dependency.clone(), step.address.version.clone());
        let waits = world.is_new(&step.address) && stuck.contains(&version);
        !(guard::enters(step) && (waits || holds(&step.address)))
    });
    steps
}

/// Leaves out what the filters do not take, and refuses halves.
fn filter(input: &PlanInput<'_>, world: &World<'_>, steps: Vec<Step>, plan: &mut Plan) {
    let takes = |step: &Step| input.options.takes(&step.address);
    let (mut chosen, out): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(takes);
    let halves = guard::half_a_version(&mut chosen, &out, |address| world.is_new(address));
    plan.findings.extend(halves);
    let by_filter = !input.options.filters.is_empty();
    let (alone, stay) = guard::needs_successor(&mut chosen, &out, by_filter);
    plan.findings.extend(alone);
    plan.filtered = out.len() as u64 + stay;
    plan.steps = chosen;
}

/// Warns, once for a version, of bytes that nothing vouches for.
fn first_use(steps: &[Step]) -> Vec<Finding> {
    let mut told: BTreeMap<(&DependencyId, &Version), Finding> = BTreeMap::new();
    for step in steps.iter().filter(|step| matches!(step.action, Action::Create | Action::Rebuild))
    {
        let tofu = step.after.as_ref().is_some_and(|after| after.evidence == Evidence::Tofu);
        if tofu {
            told.entry(version(&step.address)).or_insert_with(|| {
                let (id, version) = version(&step.address);
                let message = format!(
                    "nothing vouches for the bytes of `{id}@{version}`: first use is trusted"
                );
                let it = findings::finding(Severity::Warning, Code::TOFU, id, message);
                findings::help(it, "add `verify.checksum` if upstream publishes digests")
            });
        }
    }
    told.into_values().collect()
}

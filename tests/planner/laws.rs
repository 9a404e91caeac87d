//! Laws of the planner, for worlds where one or two things went wrong.
//!
//! The table says what is decided; these say what is right. The first is the one that matters: a
//! planner that does nothing keeps most of the others.

use std::collections::{BTreeMap, BTreeSet};

use depstate::{
    model::{
        Action, Address, Code, DependencyId, InputDigest, Observed, Plan, Scheme, Severity, Version,
    },
    planner::{self, Selection, Update},
};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    disturb::{Disturbance, disturb},
    making::is_pushed_out,
    world::{Outcome, World, sha},
};

/// A world that converged, and what then happened to it.
fn world() -> impl Strategy<Value = (World, World, Vec<Disturbance>)> {
    let one = (1u32..4, 1u32..3, any::<bool>(), vec(0u64..6, 1..5), vec(0u64..6, 1..4));
    let happened = vec((select(Disturbance::ALL.to_vec()), 0usize..24), 1..3);
    (vec(one, 1..4), happened).prop_map(|(dependencies, happened)| {
        let mut world = World::new().target("amd", "amd64").target("arm", "arm64");
        for (n, (first, second, both, ones, twos)) in dependencies.into_iter().enumerate() {
            let name = format!("d{n}");
            let targets: &[&str] = if both { &["amd", "arm"] } else { &["amd"] };
            let listed: BTreeSet<String> = ones
                .iter()
                .map(|minor| format!("v1.{minor}.0"))
                .chain(twos.iter().map(|minor| format!("v2.{minor}.0")))
                .collect();
            let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
            world = world
                .dependency(&name, targets, &[("1.*", first), ("2.*", second)])
                .lists(&name, &listed);
        }
        let before = world.converged();
        let mut after = before.clone();
        for (what, n) in &happened {
            disturb(&mut after, *what, *n);
        }
        (before, after, happened.into_iter().map(|(what, _)| what).collect())
    })
}

fn wanted(selection: &Selection) -> BTreeSet<Address> {
    let mut all = BTreeSet::new();
    for (id, chosen) in &selection.dependencies {
        for release in &chosen.releases {
            all.extend(release.files.keys().map(|target| Address {
                dependency: id.clone(),
                version: release.version.clone(),
                target: target.clone(),
            }));
        }
    }
    all
}

/// Whether an apply goes ahead.
fn goes_ahead(plan: &Plan) -> bool {
    plan.findings.iter().all(|it| it.severity == Severity::Warning)
}

/// Dependencies whose source said nothing that could be trusted.
fn unseen(plan: &Plan) -> BTreeSet<&DependencyId> {
    let shrank = plan.findings.iter().filter(|it| it.code == Code::INDEX_SHRANK);
    let shrank = shrank.filter_map(|it| it.dependency.as_ref());
    let whole = |why: &str| why.contains("503") || why.contains("source was not asked");
    let blind = plan.blind.iter().filter(|it| whole(&it.why));
    shrank.chain(blind.filter_map(|it| it.dependency.as_ref())).collect()
}

fn live_versions(world: &World) -> BTreeMap<(DependencyId, Version), BTreeSet<Address>> {
    let mut all: BTreeMap<_, BTreeSet<Address>> = BTreeMap::new();
    for address in world.snapshot().iter().flat_map(|it| it.live.keys()) {
        let version = (address.dependency.clone(), address.version.clone());
        all.entry(version).or_default().insert(address.clone());
    }
    all
}

fn reached(world: &World, outcome: &Outcome, after: &World) -> Result<(), TestCaseError> {
    let snapshot = after.snapshot().cloned().unwrap_or_else(super::making::empty_snapshot);
    let unseen = unseen(&outcome.plan);
    let wanted = wanted(&outcome.selection);
    for address in wanted.iter().filter(|it| world.options.takes(it)) {
        let record = snapshot.live.get(address);
        prop_assert!(record.is_some(), "{} is not published", address);
        let record = record.unwrap();
        let doubt = outcome.plan.blind.iter().any(|it| it.why.contains(&address.to_string()));
        if let (Some(objects), false) = (world.objects.known(), doubt) {
            let there = after.objects.known().unwrap().get(&record.key);
            prop_assert!(there.is_some_and(|it| it.size == record.size), "{}", address);
            prop_assert_eq!(&there.unwrap().revision, &record.revision, "{}", address);
            if objects.contains_key(&record.key) {
                let altered = Observed::Known(sha("somebody's bytes"));
                prop_assert_ne!(world.rehashed.get(&record.key), Some(&altered), "{}", address);
            }
        }
        let locked = after.lock.artifact(address);
        prop_assert!(locked.is_some(), "{} is not locked", address);
        let locked = locked.unwrap();
        let text = format!("{{\"source\":\"{}\"}}", locked.sha256);
        prop_assert_eq!(record.input, InputDigest(sha(&text)), "{}", address);
        prop_assert_eq!(record.sha256, locked.sha256);
        prop_assert_eq!(&record.source.url, &locked.url);
        prop_assert_eq!(record.evidence, locked.evidence);
        let settings = &world.manifest.dependencies[&address.dependency].settings;
        prop_assert_eq!(&record.metadata.licenses, &settings.licenses);
    }
    for address in snapshot.live.keys().filter(|it| world.options.takes(it)) {
        let stays = unseen.contains(&address.dependency);
        prop_assert!(wanted.contains(address) || stays, "{} is not wanted", address);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn apply_reaches_what_was_wanted((_, world, _) in world()) {
        let outcome = world.plan();
        if goes_ahead(&outcome.plan) {
            reached(&world, &outcome, &world.carry_out(&outcome))?;
        }
    }

    #[test]
    fn the_second_apply_does_nothing((_, world, _) in world()) {
        let outcome = world.plan();
        if goes_ahead(&outcome.plan) {
            let mut after = world.carry_out(&outcome);
            if world.objects.known().is_none() {
                after.objects = world.objects.clone();
            }
            let again = after.plan();
            prop_assert_eq!(again.plan.steps, vec![]);
            let filtered = !world.options.filters.is_empty();
            prop_assert!(filtered || !again.plan.lock_changes);
        }
    }

    #[test]
    fn the_same_inputs_give_the_same_plan((_, world, _) in world(), turn in 0usize..7) {
        let mut other = world.clone();
        for listing in other.listings.values_mut() {
            if let Observed::Known(listing) = listing {
                listing.rows.reverse();
                let turn = turn % listing.rows.len().max(1);
                listing.rows.rotate_left(turn);
            }
        }
        let (one, two) = (world.plan(), other.plan());
        prop_assert_eq!(one.plan, two.plan);
        prop_assert_eq!(one.lock, two.lock);
    }

    #[test]
    fn every_wanted_address_is_accounted_for((_, world, _) in world()) {
        let Outcome { selection, plan, .. } = world.plan();
        let told = |address: &Address| plan.findings.iter().any(|it| {
            it.severity != Severity::Warning
                && (it.address.as_ref() == Some(address)
                    || it.dependency.as_ref() == Some(&address.dependency))
        });
        let wanted = wanted(&selection);
        for address in &wanted {
            let planned = plan.steps.iter().filter(|it| it.address == *address).count();
            let right = plan.unchanged.iter().filter(|it| *it == address).count();
            let expected = usize::from(world.options.takes(address) && !told(address));
            prop_assert!(planned + right <= 1, "{}", address);
            prop_assert!(planned + right >= expected, "{}", address);
        }
        prop_assert!(plan.unchanged.iter().all(|it| wanted.contains(it)));
    }

    #[test]
    fn only_records_of_head_are_touched((_, world, _) in world()) {
        let outcome = world.plan();
        let snapshot = world.snapshot().unwrap();
        for step in &outcome.plan.steps {
            if let Some(record) = &step.record {
                let live = snapshot.live.get(&step.address) == Some(record);
                let condemned = snapshot.condemned.get(&record.key);
                prop_assert!(live || condemned.is_some_and(|it| it.record == *record));
            }
            let there = snapshot.live.contains_key(&step.address);
            prop_assert!(there || step.action != Action::Retire);
            prop_assert!(!there || step.action != Action::Create);
        }
        let mut theirs = world.clone();
        theirs.snapshot_mut().head.project = "theirs".to_owned();
        prop_assert_eq!(theirs.plan().plan.steps, vec![]);
    }

    #[test]
    fn nothing_leaves_for_what_nobody_could_look_at((_, world, _) in world()) {
        let plan = world.plan().plan;
        let unseen = unseen(&plan);
        for step in plan.steps.iter().filter(|it| unseen.contains(&it.address.dependency)) {
            prop_assert_ne!(step.action, Action::Retire, "{}", step.address);
        }
        for finding in plan.findings.iter().filter(|it| it.code == Code::INDEX_SHRANK) {
            let of = |action| plan.steps.iter().any(|it| {
                Some(&it.address.dependency) == finding.dependency.as_ref() && it.action == action
            });
            prop_assert!(!of(Action::Create) && !of(Action::Retire));
        }
    }

    #[test]
    fn versions_enter_whole_and_leave_after_their_successors(
        (_, world, _) in world(),
        luck in any::<u64>(),
    ) {
        let Outcome { selection, plan, .. } = world.plan();
        let lucky = |n: usize| luck >> (n % 64) & 1 == 1;
        let succeeded: BTreeSet<Address> = plan
            .steps
            .iter()
            .enumerate()
            .filter(|(n, step)| step.action == Action::Retire || lucky(*n))
            .map(|(_, step)| step.address.clone())
            .collect();
        let commit = planner::committable(&plan, world.snapshot(), &succeeded);
        let wanted = wanted(&selection);
        let before = live_versions(&world);
        let live = &world.snapshot().unwrap().live;
        let there = |it: &Address| live.contains_key(it) || commit.contains(it);
        for step in plan.steps.iter().filter(|it| commit.contains(&it.address)) {
            let of = &step.address;
            let version = (of.dependency.clone(), of.version.clone());
            let same = |it: &&Address| it.dependency == of.dependency && it.version == of.version;
            if step.action == Action::Retire {
                if is_pushed_out(&step.reason) {
                    let newer = wanted.iter().filter(|it| {
                        it.dependency == of.dependency
                            && it.version.as_str()[..2] == of.version.as_str()[..2]
                            && Scheme::Semver.compare(&it.version, &of.version).is_gt()
                    });
                    for it in newer {
                        prop_assert!(there(it), "{} leaves without {}", of, it);
                    }
                }
            } else if step.action != Action::Adopt && !before.contains_key(&version) {
                for it in wanted.iter().filter(same) {
                    prop_assert!(commit.contains(it), "{} enters without {}", of, it);
                }
            }
        }
        for step in plan.steps.iter().filter(|it| it.action != Action::Retire) {
            let version = (step.address.dependency.clone(), step.address.version.clone());
            if succeeded.contains(&step.address) && before.contains_key(&version) {
                prop_assert!(commit.contains(&step.address), "independent: {}", step.address);
            }
        }
    }

    #[test]
    fn what_is_locked_stays_until_somebody_looks((_, world, happened) in world()) {
        let quiet = world.options.update == Update::No
            && !happened.iter().any(|it| it.changes_wish());
        if quiet {
            let wanted = wanted(&world.select());
            for (id, locked) in &world.lock.dependencies {
                for release in &locked.releases {
                    for target in release.artifacts.keys() {
                        let address = Address {
                            dependency: id.clone(),
                            version: release.version.clone(),
                            target: target.clone(),
                        };
                        prop_assert!(wanted.contains(&address), "{}", address);
                    }
                }
            }
        }
    }

    #[test]
    fn no_line_goes_back((before, world, happened) in world()) {
        let meant = |it: &Disturbance| it.changes_wish()
            || [Disturbance::NewestYanked, Disturbance::RecordLost, Disturbance::RecordDoomed,
                Disturbance::RecordCondemned, Disturbance::LockLacksRelease].contains(it);
        let outcome = world.plan();
        if happened.iter().any(meant) || !goes_ahead(&outcome.plan) {
            return Ok(());
        }
        let newest = |world: &World| {
            let mut all: BTreeMap<(DependencyId, String), Version> = BTreeMap::new();
            for (id, version) in live_versions(world).into_keys() {
                let line = (id, version.as_str()[..1].to_owned());
                let best = all.entry(line).or_insert_with(|| version.clone());
                if Scheme::Semver.compare(&version, best).is_gt() {
                    *best = version;
                }
            }
            all
        };
        let after = newest(&world.carry_out(&outcome));
        for (line, old) in newest(&before) {
            let new = after.get(&line);
            let on = new.is_some_and(|new| Scheme::Semver.compare(new, &old).is_ge());
            prop_assert!(on, "{:?} went from {} to {:?}", line, old, new);
        }
    }

    #[test]
    fn bytes_are_never_taken_for_others((_, world, _) in world()) {
        let outcome = world.plan();
        for step in &outcome.plan.steps {
            let Some(artifact) = &step.artifact else { continue };
            // A locked digest changes only where somebody accepted that; nobody did.
            if let (Some(locked), Some(now)) =
                (world.lock.artifact(&step.address), artifact.source.sha256)
            {
                prop_assert_eq!(locked.sha256, now, "{}", step.address);
            }
            if step.action.moves_bytes() {
                prop_assert!(step.bytes != Some(0));
            } else {
                prop_assert_eq!(step.bytes, Some(0));
            }
        }
        for (id, old) in &world.lock.dependencies {
            for release in &old.releases {
                let new = outcome.lock.dependencies.get(id).and_then(|it| it.release(&release.version));
                for (target, artifact) in &release.artifacts {
                    let kept = new.and_then(|it| it.artifacts.get(target));
                    prop_assert!(kept.is_none_or(|it| it.sha256 == artifact.sha256));
                }
            }
        }
    }
}

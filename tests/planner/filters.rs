//! Filters, limits and refusals.

use depstate::{
    model::{Action, Severity},
    planner::Filter,
};

use super::{
    making::{codes, row, rule, steps},
    world::{World, address},
};

fn filters(all: &[&str]) -> Vec<Filter> {
    all.iter().map(|text| Filter::new(text).unwrap()).collect()
}

fn node() -> World {
    World::new()
        .target("amd", "amd64")
        .target("arm", "arm64")
        .dependency("node", &["amd", "arm"], &[("22.*", 1)])
        .lists("node", &["v22.1.0"])
}

#[test]
fn no_half_of_a_new_version() {
    for (filter, exclude) in [(&["*/amd"][..], &[][..]), (&[], &["node@22.1.0/arm"])] {
        let mut world = node();
        world.options.filters = filters(filter);
        world.options.exclude = filters(exclude);
        let outcome = world.plan();
        assert_eq!(outcome.plan.steps, vec![]);
        assert_eq!(codes(&outcome.plan.findings), ["half-a-version node"]);
        let finding = &outcome.plan.findings[0];
        assert_eq!(finding.severity, Severity::Error);
        assert!(finding.message.contains("`node@22.1.0/arm`"), "{}", finding.message);
        assert!(!finding.message.contains("/amd"), "{}", finding.message);
        assert!(outcome.lock.dependencies.is_empty());
    }
    // All of it, or a new target of a published version, may well be chosen.
    let mut world = node();
    world.options.filters = filters(&["node@22.1.0"]);
    assert_eq!(world.plan().plan.steps.len(), 2);
    let mut world = node();
    world.dep("node").exclude.push(rule("*", Some(&["arm"])));
    let mut world = world.converged();
    world.dep("node").exclude.clear();
    world.options.filters = filters(&["*/arm"]);
    assert_eq!(steps(&world.plan().plan), ["create node@22.1.0/arm new-target"]);
}

#[test]
fn a_retire_is_not_chosen_without_its_successor() {
    let mut world = node().converged();
    world.rows("node").push(row("v22.2.0"));
    let mut world = world.update();
    world.options.filters = filters(&["node@22.1.0"]);
    let outcome = world.plan();
    assert_eq!(outcome.plan.steps, vec![]);
    assert_eq!(
        codes(&outcome.plan.findings),
        ["needs-successor node@22.1.0/amd", "needs-successor node@22.1.0/arm"]
    );
    assert!(outcome.plan.findings[0].message.contains("`node@22.2.0/amd`, `node@22.2.0/arm`"));
    // Where the successor was merely left out, the old version stays.
    world.options.filters.clear();
    world.options.exclude = filters(&["node@22.2.0"]);
    let outcome = world.plan();
    assert_eq!((steps(&outcome.plan), codes(&outcome.plan.findings)), (vec![], vec![]));
    assert_eq!(outcome.plan.filtered, 4);
    // A retire that waits for nobody is chosen alone.
    let mut world = node().converged();
    world.manifest.dependencies.clear();
    world.options.filters = filters(&["*/amd"]);
    assert_eq!(steps(&world.plan().plan), ["retire node@22.1.0/amd dependency-gone"]);
}

#[test]
fn too_many_retires_are_refused() {
    let mut world = node().converged();
    world.manifest.dependencies.clear();
    world.options.max_retire = 2;
    assert_eq!(codes(&world.plan().plan.findings), Vec::<String>::new());
    world.options.max_retire = 1;
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["max-retire"]);
    assert_eq!(outcome.plan.findings[0].severity, Severity::Refused);
    assert!(outcome.plan.findings[0].message.starts_with("2 "));
    assert_eq!(outcome.plan.steps.len(), 2, "they are shown all the same");
    world.options.filters = filters(&["*/amd"]);
    assert_eq!(codes(&world.plan().plan.findings), Vec::<String>::new());
}

#[test]
fn why_something_leaves() {
    let base = node().lists("node", &["v22.1.0", "v22.0.0", "v21.0.0"]);
    let mut world = base.clone();
    world.dep("node").lines[0].keep = depstate::model::Keep::Newest(2);
    let world = world.converged();
    let after = |change: &dyn Fn(&mut World)| {
        let mut world = world.clone();
        change(&mut world);
        let plan = world.plan().plan;
        assert!(plan.steps.iter().all(|step| step.action == Action::Retire));
        assert!(plan.steps.iter().all(|step| step.after.is_none() && step.bytes == Some(0)));
        steps(&plan)
    };
    assert_eq!(
        after(&|it| it.dep("node").lines[0].keep = depstate::model::Keep::Newest(1)),
        ["retire node@22.0.0/amd line-keeps", "retire node@22.0.0/arm line-keeps"]
    );
    assert_eq!(
        after(&|it| {
            it.dep("node").exclude.push(rule("=22.0.0", Some(&["arm"])));
            it.dep("node").lines[0].keep = depstate::model::Keep::Newest(2);
        }),
        ["retire node@22.0.0/arm excluded"]
    );
    assert_eq!(
        after(&|it| it.dep("node").only.push(rule(">=22.1", Some(&["amd"])))),
        ["retire node@22.0.0/amd excluded"]
    );
    assert_eq!(
        after(&|it| {
            it.dep("node").targets.pop();
        }),
        ["retire node@22.1.0/arm target-gone", "retire node@22.0.0/arm target-gone"]
    );
    assert_eq!(
        after(&|it| it.dep("node").lines[0] =
            super::making::line(">=22.1", depstate::model::Keep::Newest(1))),
        ["retire node@22.0.0/amd no-line", "retire node@22.0.0/arm no-line"]
    );
    let gone = after(&|it| it.manifest.dependencies.clear());
    assert_eq!(gone.len(), 4);
    assert!(gone.iter().all(|step| step.ends_with("dependency-gone")));
}

#[test]
fn nothing_leaves_for_a_version_that_is_stuck() {
    // The newer version's bytes are refused, so the older one can't be pushed out by it.
    let mut world = node().converged();
    world.rows("node").push(row("v22.2.0"));
    let mut world = world.update();
    let mut text = super::world::located("{{ broken }}");
    text.span = (3, 4);
    world.dep("node").overrides.push(depstate::model::Override {
        when: Some(
            depstate::model::Constraint::new("=22.2.0", &depstate::model::Scheme::Semver).unwrap(),
        ),
        targets: None,
        patch: depstate::model::Patch {
            cpe: depstate::model::Change::Set(vec![text]),
            ..depstate::model::Patch::default()
        },
    });
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings)[0], "template node");
    assert_eq!(outcome.plan.findings[0].span, Some((3, 4)));
    assert_eq!(outcome.plan.steps, vec![]);
}

#[test]
fn another_projects_prefix_is_never_touched() {
    let mut world = node().converged();
    world.snapshot_mut().head.project = "theirs".to_owned();
    world.snapshot_mut().live.pop_first();
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["not-owner"]);
    assert!(outcome.plan.findings[0].message.contains("`theirs`"));
    assert_eq!((outcome.plan.steps, outcome.plan.unchanged), (vec![], vec![]));
    assert!(!outcome.plan.lock_changes);
}

#[test]
fn steps_come_newest_first() {
    let mut world = node()
        .dependency("alpha", &["any"], &[("*", 3)])
        .lists("alpha", &["1.9.0", "1.10.0", "1.2.0"]);
    world.downloads = false;
    assert_eq!(
        world.plan().plan.steps.iter().map(|it| it.address.to_string()).collect::<Vec<_>>(),
        [
            "alpha@1.10.0/any",
            "alpha@1.9.0/any",
            "alpha@1.2.0/any",
            "node@22.1.0/amd",
            "node@22.1.0/arm"
        ]
    );
    let unchanged = world.converged().plan().plan.unchanged;
    assert_eq!(unchanged[..2], [address("alpha@1.10.0/any"), address("alpha@1.9.0/any")]);
}

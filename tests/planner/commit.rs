//! What may go into a commit.

use std::collections::BTreeSet;

use depstate::{
    model::{Address, Observed, Plan},
    planner,
};

use super::{
    making::row,
    world::{World, address},
};

/// A published version, and a newer one on its way that pushes it out.
fn world() -> World {
    let mut world = World::new()
        .target("amd", "amd64")
        .target("arm", "arm64")
        .dependency("node", &["amd", "arm"], &[("22.*", 1)])
        .lists("node", &["v22.1.0"])
        .dependency("tool", &["amd"], &[("1.*", 1)])
        .lists("tool", &["v1.0.0"])
        .converged();
    world.rows("node").push(row("v22.2.0"));
    world.snapshot_mut().live.remove(&address("tool@1.0.0/amd"));
    world.update()
}

fn commits(world: &World, plan: &Plan, succeeded: &[&str]) -> Vec<String> {
    let succeeded: BTreeSet<Address> = succeeded.iter().map(|it| address(it)).collect();
    let all = planner::committable(plan, world.snapshot(), &succeeded);
    all.iter().map(ToString::to_string).collect()
}

#[test]
fn a_new_version_enters_whole_and_its_predecessor_waits_for_it() {
    let world = world();
    let plan = world.plan().plan;
    assert_eq!(commits(&world, &plan, &[]), Vec::<String>::new());
    let one = ["node@22.2.0/amd", "tool@1.0.0/amd"];
    assert_eq!(commits(&world, &plan, &one), ["tool@1.0.0/amd"]);
    let both = ["node@22.2.0/amd", "node@22.2.0/arm"];
    assert_eq!(
        commits(&world, &plan, &both),
        ["node@22.1.0/amd", "node@22.1.0/arm", "node@22.2.0/amd", "node@22.2.0/arm"]
    );
}

#[test]
fn a_successor_that_an_earlier_commit_brought_is_enough() {
    let mut world = world();
    let plan = world.plan().plan;
    let after = world.applied();
    let old = world.snapshot().unwrap().live.clone();
    world.published = after.published;
    world.snapshot_mut().live.extend(old);
    assert_eq!(commits(&world, &plan, &[]), ["node@22.1.0/amd", "node@22.1.0/arm"]);
    // What has left already does not leave again.
    world.snapshot_mut().live.remove(&address("node@22.1.0/amd"));
    assert_eq!(commits(&world, &plan, &[]), ["node@22.1.0/arm"]);
}

#[test]
fn a_target_of_a_published_version_comes_alone() {
    let mut world = world();
    world.options.update = planner::Update::No;
    world.snapshot_mut().live.remove(&address("node@22.1.0/arm"));
    let plan = world.plan().plan;
    assert_eq!(commits(&world, &plan, &["node@22.1.0/arm"]), ["node@22.1.0/arm"]);
}

#[test]
fn a_version_that_comes_back_enters_whole() {
    let mut world = world();
    world.options.update = planner::Update::No;
    let snapshot = world.snapshot_mut();
    let record = snapshot.live.remove(&address("node@22.1.0/amd")).unwrap();
    snapshot.live.remove(&address("node@22.1.0/arm"));
    let condemned = depstate::model::Condemned {
        retired: record.published,
        reason: "line-keeps".to_owned(),
        record,
    };
    snapshot.condemned.insert(condemned.record.key.clone(), condemned);
    let plan = world.plan().plan;
    let actions: Vec<_> = plan.steps.iter().map(|it| it.reason.code().as_str()).collect();
    assert_eq!(actions, ["wanted-again", "not-published", "not-published"]);
    assert_eq!(commits(&world, &plan, &["node@22.1.0/amd"]), Vec::<String>::new());
    assert_eq!(commits(&world, &plan, &["node@22.1.0/amd", "node@22.1.0/arm"]).len(), 2);
}

#[test]
fn at_first_everything_is_new() {
    let mut world = world();
    world.published = Observed::Known(None);
    let plan = world.plan().plan;
    assert_eq!(commits(&world, &plan, &["node@22.2.0/arm"]), Vec::<String>::new());
    assert_eq!(commits(&world, &plan, &["tool@1.0.0/amd"]), ["tool@1.0.0/amd"]);
}

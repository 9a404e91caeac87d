//! Builds and tests that are given other artifacts.

use std::collections::BTreeSet;

use depstate::{
    model::{Address, Observed, TestRule},
    planner::{self, Filter},
};

use super::{
    building::{build, file, told},
    making::{row, steps},
    world::{World, address, located},
};

/// `gem` is built with `ruby`, which is built with `ssl`, which is mirrored for any target.
fn world() -> World {
    let mut world = World::new()
        .target("amd", "amd64")
        .target("arm", "arm64")
        .dependency("gem", &["amd", "arm"], &[("1.*", 1)])
        .lists("gem", &["v1.0.0"])
        .dependency("ruby", &["amd", "arm"], &[("3.3.*", 1), ("3.4.*", 1)])
        .lists("ruby", &["v3.3.9", "v3.4.2"])
        .dependency("ssl", &["any"], &[("3.*", 1)])
        .lists("ssl", &["v3.0.1"]);
    for (name, needs) in [("gem", "ruby@3.4.*"), ("ruby", "ssl")] {
        let mut rule = build("build.sh", &[]);
        rule.needs = vec![located(needs)];
        world.dep(name).settings.build = Some(rule);
    }
    world.tree.insert("build.sh".to_owned(), file("make"));
    world
}

fn succeeded(world: &World, failed: &[&str]) -> Vec<String> {
    let plan = world.plan().plan;
    let failed: Vec<Address> = failed.iter().map(|it| address(it)).collect();
    let rest = plan.steps.iter().map(|step| step.address.clone());
    let rest: BTreeSet<Address> = rest.filter(|it| !failed.contains(it)).collect();
    let all = planner::committable(&plan, world.snapshot(), &rest);
    all.iter().map(ToString::to_string).collect()
}

#[test]
fn the_newest_that_fits_is_taken_for_the_same_target_or_any() {
    let plan = world().plan().plan;
    assert_eq!(told(&plan), Vec::<String>::new());
    let of = |it: &str| plan.steps.iter().find(|step| step.address == address(it)).unwrap();
    let gem = of("gem@1.0.0/arm");
    let need = &gem.artifact.as_ref().unwrap().recipe.as_ref().unwrap().needs["ruby"];
    let ruby = of("ruby@3.4.2/arm");
    assert_eq!(need.address, ruby.address);
    assert_eq!(need.input, ruby.artifact.as_ref().unwrap().input);
    assert_eq!(gem.needs, [address("ruby@3.4.2/arm")]);
    assert_eq!(ruby.needs, [address("ssl@3.0.1/any")]);
    world().converged();
}

#[test]
fn what_changes_below_rebuilds_what_is_above() {
    let mut world = world().converged();
    world.rows("ssl").push(row("v3.0.2"));
    let world = world.update();
    assert_eq!(
        steps(&world.plan().plan),
        [
            "rebuild gem@1.0.0/amd input-changed",
            "rebuild gem@1.0.0/arm input-changed",
            "rebuild ruby@3.4.2/amd input-changed",
            "rebuild ruby@3.4.2/arm input-changed",
            "rebuild ruby@3.3.9/amd input-changed",
            "rebuild ruby@3.3.9/arm input-changed",
            "create ssl@3.0.2/any new-release",
            "retire ssl@3.0.1/any line-keeps"
        ]
    );
    world.converged();
}

#[test]
fn what_is_needed_for_a_test_is_in_no_digest() {
    let mut world = world();
    world.dep("gem").settings.build = None;
    let test = TestRule { needs: vec![located("ruby@3.3.*")], ..TestRule::default() };
    world.dep("gem").settings.test = Some(test);
    let plan = world.plan().plan;
    assert_eq!(plan.steps[0].needs, [address("ruby@3.3.9/amd")]);
    assert_eq!(plan.steps[0].artifact.as_ref().unwrap().inputs.len(), 1);
    let mut world = world.converged();
    world.tree.insert("build.sh".to_owned(), file("make -j"));
    let gems = steps(&world.plan().plan).iter().filter(|it| it.contains("gem")).count();
    assert_eq!(gems, 0);
}

#[test]
fn what_failed_holds_back_what_needs_it() {
    let world = world();
    let whole = world.plan().plan.steps.len();
    assert_eq!(succeeded(&world, &[]).len(), whole);
    assert_eq!(succeeded(&world, &["ssl@3.0.1/any"]), Vec::<String>::new());
    // The other target's gem stays out too: a version enters whole, and so does ruby's.
    assert_eq!(
        succeeded(&world, &["ruby@3.4.2/arm"]),
        ["ruby@3.3.9/amd", "ruby@3.3.9/arm", "ssl@3.0.1/any"]
    );
    // Of what is published already, only what needs the failed one waits.
    let mut world = world.converged();
    world.tree.insert("build.sh".to_owned(), file("make -j"));
    let done = succeeded(&world, &["ruby@3.4.2/arm"]);
    assert_eq!(done, ["gem@1.0.0/amd", "ruby@3.3.9/amd", "ruby@3.3.9/arm", "ruby@3.4.2/amd"]);
}

#[test]
fn what_is_not_wanted_is_missed() {
    for needs in ["ruby@2.*", "python", "gem"] {
        let mut world = world();
        world.dep("gem").settings.build.as_mut().unwrap().needs = vec![located(needs)];
        let plan = world.plan().plan;
        assert_eq!(
            told(&plan),
            ["need-missing gem@1.0.0/amd", "need-missing gem@1.0.0/arm"],
            "{needs}"
        );
        assert!(plan.findings[0].span.is_some());
        assert_eq!(plan.steps.len(), 5, "the others are planned");
    }
    // For another target is not for this one.
    let mut world = world();
    world.dep("ruby").targets.pop();
    assert_eq!(told(&world.plan().plan), ["need-missing gem@1.0.0/arm"]);
}

#[test]
fn one_of_each_dependency_is_given() {
    let mut world = world();
    let needs = vec![located("ruby@3.4.*"), located("ruby@3.3.*")];
    world.dep("gem").settings.build.as_mut().unwrap().needs = needs;
    let plan = world.plan().plan;
    assert_eq!(told(&plan), ["bad-value gem@1.0.0/amd", "bad-value gem@1.0.0/arm"]);
    // A glob takes the newest of each that it fits.
    world.dep("gem").settings.build.as_mut().unwrap().needs = vec![located("*")];
    let plan = world.plan().plan;
    assert_eq!(told(&plan), Vec::<String>::new());
    let recipe = plan.steps[0].artifact.as_ref().unwrap().recipe.as_ref().unwrap();
    let needs: Vec<String> = recipe.needs.values().map(|it| it.address.to_string()).collect();
    assert_eq!(needs, ["ruby@3.4.2/amd", "ssl@3.0.1/any"]);
}

#[test]
fn rings_are_named() {
    let mut world = world();
    let mut rule = build("build.sh", &[]);
    rule.needs = vec![located("gem/any")];
    world.dep("ssl").settings.build = Some(rule);
    // A gem for any target would close the ring.
    assert_eq!(told(&world.plan().plan)[0], "need-missing gem@1.0.0/amd");
    let any = depstate::model::TargetName::any();
    for name in ["gem", "ruby"] {
        world.dep(name).targets = vec![any.clone()];
    }
    let plan = world.plan().plan;
    let ring: Vec<&str> = plan
        .findings
        .iter()
        .filter(|it| it.message.contains("each needs the next"))
        .map(|it| it.message.as_str())
        .collect();
    assert_eq!(
        ring,
        [
            "`gem@1.0.0/any` -> `ruby@3.4.2/any` -> `ssl@3.0.1/any` -> `gem@1.0.0/any`: each needs the next"
        ]
    );
    assert!(told(&plan).iter().all(|it| it.starts_with("need-missing")));
    assert!(plan.steps.is_empty(), "{:?}", steps(&plan));
}

#[test]
fn what_nothing_can_be_planned_of_stops_what_needs_it() {
    let mut world = world();
    world.dep("ssl").settings.build = Some(build("none.sh", &[]));
    let plan = world.plan().plan;
    assert!(plan.steps.is_empty(), "{:?}", steps(&plan));
    assert!(told(&plan).contains(&"no-input ssl".to_owned()));
}

#[test]
fn filters_choose_both_or_none() {
    let mut world = world();
    world.options.filters = vec![Filter::new("gem").unwrap()];
    let plan = world.plan().plan;
    assert_eq!(told(&plan), ["need-missing gem@1.0.0/amd", "need-missing gem@1.0.0/arm"]);
    assert!(plan.steps.is_empty());
    // Left out by `--exclude`, it takes with it what needs it, in silence.
    world.options.filters.clear();
    world.options.exclude = vec![Filter::new("ruby@3.4.*").unwrap()];
    let plan = world.plan().plan;
    assert_eq!(told(&plan), Vec::<String>::new());
    assert_eq!(plan.filtered, 4);
    assert_eq!(plan.steps.len(), 3);
    // What is published is there to be given.
    let mut world = self::world().converged();
    world.rows("gem").push(row("v1.1.0"));
    let mut world = world.update();
    world.options.filters = vec![Filter::new("gem").unwrap()];
    let plan = world.plan().plan;
    assert_eq!(told(&plan), Vec::<String>::new());
    assert_eq!(plan.steps.len(), 4);
}

#[test]
fn what_is_needed_must_be_there() {
    let mut world = world().converged();
    // Its object is gone, so it comes again, and what is built meanwhile waits.
    let key = world.snapshot().unwrap().live[&address("ssl@3.0.1/any")].key.clone();
    world.objects_mut().remove(&key);
    world.tree.insert("build.sh".to_owned(), file("make -j"));
    let plan = world.plan().plan;
    let ruby = plan.steps.iter().find(|it| it.address == address("ruby@3.4.2/amd")).unwrap();
    assert_eq!(ruby.needs, [address("ssl@3.0.1/any")]);
    // Where nobody looked, what is wanted counts as there.
    world.published = Observed::Unknown(depstate::model::Why::NotAsked);
    assert_eq!(told(&world.plan().plan), Vec::<String>::new());
}

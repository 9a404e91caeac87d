//! Saved plans that race: one wins, and the others are told that theirs no longer holds.

use super::{checkout, upstream};
use crate::support::{
    child::Running,
    place::{Kind, Place},
    published::published,
    sandbox::Sandbox,
    upstream::Upstream,
};

/// Applies the saved plan of each checkout at once; all have uploaded before the first commits.
fn race(sandboxes: &[Sandbox]) -> Vec<i32> {
    let signal = Sandbox::new();
    let gate = format!("apply/uploaded>{}", signal.path("go").display());
    let mut crowd: Vec<Running> = sandboxes
        .iter()
        .map(|sandbox| Running::start(sandbox.command(["apply", "plan.json"]), &gate))
        .collect();
    for one in &mut crowd {
        assert!(one.reaches("apply/uploaded"));
    }
    signal.write("go", "");
    crowd.into_iter().map(|one| one.end().0).collect()
}

/// Two checkouts with the same deps.lock on one base, and what each plans.
fn planned(kind: Kind, filters: [&[&str]; 2]) -> (Vec<Sandbox>, Place, Upstream) {
    let upstream = upstream();
    let place = Place::empty(kind);
    let first = checkout(kind, &place, &upstream, 3);
    let _base = first.run(["apply", "--yes", "dep0"]).exits(0);
    let _decided = first.run(["lock"]).exits(0);
    let sandboxes: Vec<Sandbox> = filters
        .iter()
        .map(|filters| {
            let sandbox = checkout(kind, &place, &upstream, 3);
            sandbox.write("deps.lock", first.read("deps.lock"));
            let arguments = ["plan", "--out", "plan.json"];
            let _plan = sandbox.run(arguments.iter().chain(*filters).copied()).exits(0);
            sandbox
        })
        .collect();
    (sandboxes, place, upstream)
}

fn one_wins(kind: Kind, filters: [&[&str]; 2]) -> Vec<String> {
    let (sandboxes, place, _upstream) = planned(kind, filters);
    let mut statuses = race(&sandboxes);
    statuses.sort_unstable();
    assert_eq!(statuses, [0, 4], "one wins and the other is stale");
    let found = published(&place.objects()).unwrap().unwrap();
    assert_eq!((found.serial, found.commits), (2, 2), "the loser committed nothing");
    // Too late is too late, for both.
    for sandbox in &sandboxes {
        let _stale = sandbox.run(["apply", "plan.json"]).exits(4);
    }
    found.live.into_iter().collect()
}

#[test]
fn of_two_who_apply_one_saved_plan_one_wins() {
    for kind in [Kind::Fs, Kind::S3] {
        let live = one_wins(kind, [&[], &[]]);
        assert_eq!(live, ["dep0@1.0.0/any", "dep1@1.0.0/any", "dep2@1.0.0/any"]);
    }
}

#[test]
fn of_two_saved_plans_on_one_base_one_wins() {
    for kind in [Kind::Fs, Kind::S3] {
        let live = one_wins(kind, [&["dep1"], &["dep2"]]);
        assert_eq!(live.len(), 2, "{live:?}");
        assert_eq!(live[0], "dep0@1.0.0/any");
    }
}

#[test]
fn a_saved_plan_that_loses_after_its_first_commit_is_partly_applied() {
    for kind in [Kind::Fs, Kind::S3] {
        let (sandboxes, place, _upstream) = planned(kind, [&["dep1", "dep2"], &[]]);
        let [slow, rival] = sandboxes.as_slice() else { unreachable!() };
        let signal = Sandbox::new();
        let gate = format!("apply/views-made>{}", signal.path("go").display());
        let arguments = ["apply", "plan.json", "--jobs=1", "--commit-every=0s"];
        let mut running = Running::start(slow.command(arguments), &gate);
        assert!(running.reaches("apply/views-made"), "it commits one of two");
        // Another takes a dependency of its own in between.
        let text = rival.read("deps.toml").replace("dep2", "dep7");
        rival.write("deps.toml", text);
        let _faster = rival.run(["apply", "--yes", "dep7"]).exits(0);
        signal.write("go", "");
        let (status, said) = running.end();
        assert_eq!(status, 5, "{said:#?}");
        let live = published(&place.objects()).unwrap().unwrap().live;
        assert_eq!(live.len(), 3, "{live:?}");
    }
}

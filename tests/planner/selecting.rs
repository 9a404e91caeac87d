//! Lines, rules, and what is kept: which versions are wanted.

use depstate::{
    model::{Coverage, Finding, Keep, Listing, Observed, Pattern, Severity, Why},
    planner::Update,
};

use super::{
    making::{codes, failed, line, row, rule, steps, versions},
    world::{World, id},
};

pub(super) fn two() -> World {
    World::new()
        .target("amd", "amd64")
        .target("arm", "arm64")
        .dependency("node", &["amd", "arm"], &[("22.*", 2)])
        .lists("node", &["v22.1.0", "v22.3.0", "v22.2.0", "v23.0.0", "v22.4.0-rc.1"])
}

#[test]
fn a_line_takes_its_newest_and_no_prerelease() {
    let world = two();
    assert_eq!(versions(&world.select(), "node"), ["22.3.0", "22.2.0"]);
    let mut world = two();
    world.dep("node").lines[0].prereleases = true;
    assert_eq!(versions(&world.select(), "node"), ["22.4.0-rc.1", "22.3.0"]);
}

#[test]
fn upstreams_word_makes_a_prerelease_too() {
    let mut world = two();
    world.rows("node")[1].prerelease = true;
    assert_eq!(versions(&world.select(), "node"), ["22.2.0", "22.1.0"]);
}

#[test]
fn a_regex_stands_beside_or_instead_of_a_constraint() {
    let mut world = two();
    let lines = &mut world.dep("node").lines;
    lines[0].pattern = Some(Pattern::new(r"^v22\.[13]\.").unwrap());
    assert_eq!(versions(&world.select(), "node"), ["22.3.0", "22.1.0"]);
    world.dep("node").lines[0].constraint = None;
    world.dep("node").lines[0].pattern = Some(Pattern::new(r"^v23").unwrap());
    assert_eq!(versions(&world.select(), "node"), ["23.0.0"]);
}

#[test]
fn keep_all_keeps_all() {
    let mut world = two();
    world.dep("node").lines[0].keep = Keep::All;
    assert_eq!(versions(&world.select(), "node"), ["22.3.0", "22.2.0", "22.1.0"]);
}

#[test]
fn keep_counts_what_a_target_wants() {
    let mut world = two();
    world.dep("node").exclude.push(rule("=22.3.0", None));
    assert_eq!(versions(&world.select(), "node"), ["22.2.0", "22.1.0"]);
    let mut world = two();
    world.dep("node").exclude.push(rule("=22.3.0", Some(&["arm"])));
    let selection = world.select();
    assert_eq!(versions(&selection, "node"), ["22.3.0", "22.2.0"], "a hole pulls in nothing");
    let files = |n: usize| selection.dependencies[&id("node")].releases[n].files.len();
    assert_eq!((files(0), files(1)), (1, 2));
}

#[test]
fn only_leaves_out_what_is_outside() {
    let mut world = two();
    world.dep("node").only.push(rule("<22.3", Some(&["arm"])));
    world.dep("node").lines[0].keep = Keep::Newest(1);
    let selection = world.select();
    assert_eq!(versions(&selection, "node"), ["22.3.0"]);
    assert_eq!(codes(&selection.findings), ["target-empty node"]);
    assert!(selection.findings[0].message.contains("`arm`"), "{:?}", selection.findings);
    assert_eq!(selection.findings[0].span, Some((10, 10)));
}

#[test]
fn lines_overlap_and_the_first_gives_the_end_of_life() {
    let mut world = two();
    world.dep("node").lines.push(line("*", Keep::Newest(2)));
    world.dep("node").lines[0].eol = Some("2027-04-30".parse().unwrap());
    world.dep("node").lines[0].keep = Keep::Newest(1);
    let selection = world.select();
    assert_eq!(versions(&selection, "node"), ["23.0.0", "22.3.0"]);
    let releases = &selection.dependencies[&id("node")].releases;
    assert_eq!((releases[0].line.as_str(), releases[0].eol), ("*", None));
    assert_eq!((releases[1].line.as_str(), releases[1].eol.is_some()), ("22.*", true));
}

#[test]
fn what_is_locked_is_kept_until_an_update() {
    let mut world = two().converged();
    world.rows("node").push(row("v22.9.0"));
    assert_eq!(world.plan().plan.steps, vec![], "nobody looks");
    assert_eq!(versions(&world.clone().update().select(), "node"), ["22.9.0", "22.3.0"]);
    world.options.update = Update::Only([id("other")].into());
    assert_eq!(world.plan().plan.steps, vec![], "another one looks");
    // Asked for another reason, the locked versions are still kept.
    world.options.update = Update::No;
    world.dep("node").source.question = "another".to_owned();
    assert_eq!(versions(&world.select(), "node"), ["22.3.0", "22.2.0"]);
    world.dep("node").lines[0].keep = Keep::Newest(3);
    assert_eq!(versions(&world.select(), "node"), ["22.9.0", "22.3.0", "22.2.0"]);
    world.dep("node").lines[0].keep = Keep::Newest(1);
    assert_eq!(versions(&world.select(), "node"), ["22.3.0"]);
}

#[test]
fn a_taken_back_release_is_not_picked_anew() {
    let mut world = two();
    world.rows("node")[1].yanked = true;
    assert_eq!(versions(&world.select(), "node"), ["22.2.0", "22.1.0"]);
    let mut world = two().converged();
    world.rows("node")[1].yanked = true;
    world.dep("node").source.question = "another".to_owned();
    assert_eq!(versions(&world.select(), "node"), ["22.3.0", "22.2.0"], "it stays where it is");
    let outcome = world.update().plan();
    assert_eq!(versions(&outcome.selection, "node"), ["22.2.0", "22.1.0"], "and leaves here");
    assert_eq!(codes(&outcome.plan.findings), ["tofu node"], "which is no downgrade");
}

#[test]
fn releases_of_the_future_are_hidden() {
    let mut world = two();
    world.rows("node")[1].released = Some("2026-02-01T00:00:00Z".parse().unwrap());
    assert_eq!(versions(&world.select(), "node"), ["22.2.0", "22.1.0"]);
    world.options.as_of = "2026-02-01T00:00:00Z".parse().unwrap();
    assert_eq!(versions(&world.select(), "node"), ["22.3.0", "22.2.0"]);
}

#[test]
fn a_release_waits_until_its_files_are_there() {
    let mut world = World::new()
        .target("amd", "amd64")
        .target("arm", "arm64")
        .dependency("node", &["amd", "arm"], &[("22.*", 1)])
        .lists("node", &["v22.1.0", "v22.2.0"]);
    world.rows("node")[1].arch = Some("amd64".to_owned());
    let selection = world.select();
    assert_eq!(versions(&selection, "node"), ["22.1.0"]);
    assert_eq!(codes(&selection.findings), ["incomplete node@22.2.0/arm"]);
    assert_eq!(selection.findings[0].severity, Severity::Warning);
    assert!(selection.dependencies[&id("node")].asked.is_some(), "the question is answered");
    // Its other half comes.
    let mut other = row("v22.2.0");
    other.arch = Some("arm64".to_owned());
    world.rows("node").push(other);
    assert_eq!(versions(&world.select(), "node"), ["22.2.0"]);
}

#[test]
fn a_target_is_added_to_what_is_kept() {
    let mut world = World::new()
        .target("amd", "amd64")
        .target("arm", "arm64")
        .dependency("node", &["amd"], &[("22.*", 1)])
        .lists("node", &["v22.1.0"])
        .converged();
    world.rows("node").push(row("v22.2.0"));
    world.dep("node").targets = two().dep("node").targets.clone();
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), ["create node@22.1.0/arm new-target"]);
    // Upstream has pruned it: the version stays, the target has to do without.
    world.dep("node").source.coverage = Coverage::Recent;
    world.rows("node").remove(0);
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), Vec::<String>::new());
    assert_eq!(codes(&outcome.plan.findings), ["incomplete node@22.1.0/arm"]);
}

#[test]
fn an_index_that_shrank_is_refused_and_the_lock_holds() {
    for (update, left) in [(true, &["v22.1.0", "v22.2.0"][..]), (false, &["v22.1.0"]), (true, &[])]
    {
        let world = two().converged();
        let (lock, snapshot) = (world.lock.clone(), world.published.clone());
        let mut world = world.lists("node", left);
        world.dep("node").source.question = "another".to_owned();
        let world = if update { world.update() } else { world };
        let outcome = world.plan();
        assert_eq!(steps(&outcome.plan), Vec::<String>::new());
        assert_eq!(codes(&outcome.plan.findings), ["index-shrank node"], "{left:?}");
        let finding: &Finding = &outcome.plan.findings[0];
        assert_eq!(finding.severity, Severity::Refused);
        assert!(finding.message.contains("22.3.0"), "names what is gone: {}", finding.message);
        if let Some(newest) = left.last() {
            let newest = newest.trim_start_matches('v');
            assert!(finding.message.contains(newest), "and what is there: {}", finding.message);
        }
        assert_eq!(outcome.lock, lock);
        assert!(!outcome.plan.lock_changes);
        assert_eq!(world.published, snapshot);
    }
}

#[test]
fn older_versions_may_vanish() {
    let world = two().converged().lists("node", &["v22.3.0"]).update();
    let outcome = world.plan();
    assert_eq!(versions(&outcome.selection, "node"), ["22.3.0", "22.2.0"]);
    assert_eq!(outcome.plan.steps, vec![]);
}

#[test]
fn an_excluded_newest_is_no_downgrade() {
    let mut world = two().converged().lists("node", &["v22.1.0", "v22.2.0"]).update();
    world.dep("node").exclude.push(rule("=22.3.0", None));
    let outcome = world.plan();
    assert_eq!(versions(&outcome.selection, "node"), ["22.2.0", "22.1.0"]);
    assert_eq!(codes(&outcome.plan.findings), ["tofu node"]);
}

#[test]
fn a_recent_index_says_nothing_by_silence() {
    let mut world = two().converged().lists("node", &["v22.1.0"]).update();
    world.dep("node").source.coverage = Coverage::Recent;
    let outcome = world.plan();
    assert_eq!(versions(&outcome.selection, "node"), ["22.3.0", "22.2.0"]);
    assert_eq!(outcome.plan.steps, vec![]);
    assert_eq!(codes(&outcome.plan.findings), Vec::<String>::new());
}

#[test]
fn an_empty_index_is_never_believed() {
    let mut world = two().converged().lists("node", &[]).update();
    world.dep("node").source.coverage = Coverage::Recent;
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["index-shrank node"]);
    assert!(outcome.plan.findings[0].message.contains("22.3.0"));
    assert_eq!((outcome.plan.steps, outcome.lock), (vec![], world.lock));
}

#[test]
fn a_source_that_is_silent_leaves_all_as_it_is() {
    let mut world = two().converged();
    world.listings.insert(id("node"), Observed::Unknown(failed()));
    world.dep("node").source.question = "another".to_owned();
    let outcome = world.plan();
    assert_eq!(outcome.plan.steps, vec![]);
    assert_eq!(codes(&outcome.plan.findings), Vec::<String>::new());
    assert_eq!(outcome.plan.blind.len(), 1);
    assert_eq!(outcome.plan.blind[0].dependency, Some(id("node")));
    assert!(outcome.plan.blind[0].why.contains("503"));
    assert_eq!(outcome.lock, world.lock);
    // To look for newer versions was the whole point of this one.
    let outcome = world.clone().update().plan();
    assert_eq!(codes(&outcome.plan.findings), ["source-failed node"]);
    // Something of it is missing.
    world.dep("node").lines.push(line("20.*", Keep::Newest(1)));
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["source-failed node"]);
    assert!(outcome.plan.findings[0].message.contains("20.*"));
    assert_eq!(outcome.plan.findings[0].severity, Severity::Error);
    assert_eq!(outcome.plan.steps, vec![]);
}

#[test]
fn nothing_known_and_nobody_to_ask_is_an_error() {
    for why in [Why::NotAsked, failed()] {
        let mut world = two();
        world.listings.insert(id("node"), Observed::Unknown(why));
        assert_eq!(codes(&world.plan().plan.findings), ["source-failed node"]);
        world.listings.clear();
        assert_eq!(codes(&world.plan().plan.findings), ["source-failed node"], "never asked");
    }
}

#[test]
fn an_empty_index_is_an_error_at_first() {
    let mut world = two().lists("node", &[]);
    assert_eq!(codes(&world.plan().plan.findings), ["source-answer node"]);
    world.listings.insert(
        id("node"),
        Observed::Known(Listing { rows: vec![row("latest")], ..Listing::default() }),
    );
    let findings = world.plan().plan.findings;
    assert_eq!(codes(&findings), ["source-answer node"]);
    assert!(findings[0].message.contains("`latest`"));
}

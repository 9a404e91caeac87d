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
    world
        .listings
        .insert(id("node"), Observed::Known(Listing { rows: vec![row("latest")], revision: None }));
    let findings = world.plan().plan.findings;
    assert_eq!(codes(&findings), ["source-answer node"]);
    assert!(findings[0].message.contains("`latest`"));
}

#[test]
fn questions_are_asked_only_where_they_must_be() {
    let ask = |world: &World| {
        planner::ask(&world.manifest, &world.lock, world.snapshot(), &world.options)
            .remove(&id("node"))
            .unwrap()
    };
    let mut world = two();
    assert_eq!(ask(&world), Question::Ask(WhyAsk::NotLocked));
    world = world.converged();
    assert_eq!(ask(&world), Question::Settled);
    assert_eq!(ask(&world.clone().update()), Question::Ask(WhyAsk::Update));
    let mut accepting = world.clone();
    accepting.options.accept.insert(address("node@22.3.0/amd"));
    assert_eq!(ask(&accepting), Question::Ask(WhyAsk::QuestionChanged));
    accepting.options.accept = [address("other@22.3.0/amd")].into();
    assert_eq!(ask(&accepting), Question::Settled);
    let mut other = world.clone();
    other.dep("node").source.question = "another".to_owned();
    assert_eq!(ask(&other), Question::Ask(WhyAsk::QuestionChanged));
    let mut open = world.clone();
    open.lock.dependencies.get_mut(&id("node")).unwrap().asked = None;
    assert_eq!(ask(&open), Question::Ask(WhyAsk::NotLocked));
    // The lock is lost: the records fill the line, or they do not.
    world.lock.dependencies.clear();
    assert_eq!(ask(&world), Question::Settled);
    let mut all = world.clone();
    all.dep("node").lines[0].keep = Keep::All;
    assert_eq!(ask(&all), Question::Ask(WhyAsk::NotLocked));
    let mut more = world.clone();
    more.dep("node").lines[0].keep = Keep::Newest(3);
    assert_eq!(ask(&more), Question::Ask(WhyAsk::NotLocked));
    let mut hole = world.clone();
    hole.snapshot_mut().live.remove(&address("node@22.3.0/arm"));
    assert_eq!(ask(&hole), Question::Ask(WhyAsk::NotLocked));
    world.snapshot_mut().head.project = "theirs".to_owned();
    assert_eq!(ask(&world), Question::Ask(WhyAsk::NotLocked));
}

#[test]
fn a_lost_lock_changes_nothing() {
    let mut world = two().converged();
    let before = world.lock.clone();
    world.rows("node").push(row("v22.9.0"));
    world.lock.dependencies.clear();
    let outcome = world.plan();
    assert_eq!(outcome.plan.steps.len(), 4);
    assert!(steps(&outcome.plan).iter().all(|step| step.starts_with("adopt ")));
    assert_eq!(outcome.lock, before, "it comes back word for word");
}

#[test]
fn a_settled_lock_is_the_word_on_versions_and_records_stand_in_for_files() {
    let mut world = two().converged();
    // An older lock: the newest version was never in it, and a file of the next one is lost.
    let mut older = two();
    older.rows("node").remove(1);
    world.lock = older.converged().lock;
    let locked = world.lock.dependencies.get_mut(&id("node")).unwrap();
    locked.releases[0].artifacts.pop_last();
    let outcome = world.plan();
    assert_eq!(
        steps(&outcome.plan),
        [
            "retire node@22.3.0/amd line-keeps",
            "retire node@22.3.0/arm line-keeps",
            "adopt node@22.2.0/arm not-locked",
            "create node@22.1.0/amd not-published",
            "create node@22.1.0/arm not-published"
        ]
    );
    // The same without a settled question: the records stand in for versions as well.
    world.lock.dependencies.get_mut(&id("node")).unwrap().asked = None;
    let outcome = world.plan();
    assert_eq!(
        steps(&outcome.plan),
        [
            "adopt node@22.3.0/amd not-locked",
            "adopt node@22.3.0/arm not-locked",
            "adopt node@22.2.0/arm not-locked"
        ]
    );
}

#[test]
fn a_record_saves_a_download_where_the_lock_never_had_the_version() {
    let mut world = two().converged();
    world.lock.dependencies.get_mut(&id("node")).unwrap().releases.remove(0);
    world.dep("node").source.question = "another".to_owned();
    let selection = world.select();
    assert_eq!(versions(&selection, "node"), ["22.3.0", "22.2.0"]);
    for file in selection.dependencies[&id("node")].releases[0].files.values() {
        assert!(matches!(file, ChosenFile::Decided { by: DecidedBy::Record, .. }), "{file:?}");
    }
}

#[test]
fn other_bytes_by_the_index_are_refused() {
    let mut world = two();
    for (row, bytes) in world.rows("node").iter_mut().zip(["a", "b", "c", "d", "e"]) {
        row.digests = vec![sha(bytes).into()];
    }
    for (version, bytes) in [("22.2.0", "c"), ("22.3.0", "b")] {
        for target in ["amd", "arm"] {
            let url = format!("https://example.test/node/v{version}/{target}.tgz");
            world.upstream.insert(url, sha(bytes));
        }
    }
    let mut world = world.converged();
    let lock = world.lock.clone();
    world.rows("node")[1].digests = vec![sha("other").into()];
    assert_eq!(codes(&world.plan().plan.findings), Vec::<String>::new(), "nobody looked");
    let mut world = world.update();
    let outcome = world.plan();
    assert_eq!(
        codes(&outcome.plan.findings),
        ["upstream-changed node@22.3.0/amd", "upstream-changed node@22.3.0/arm"]
    );
    let message = &outcome.plan.findings[0].message;
    for part in [sha("b").to_string(), sha("other").to_string()] {
        assert!(message.contains(&part), "{message}");
    }
    assert_eq!(message.matches("https://example.test/node/v22.3.0/amd.tgz").count(), 2);
    assert_eq!(outcome.lock, lock);
    assert_eq!(outcome.plan.steps, vec![]);
    assert_eq!(outcome.plan.unchanged.len(), 2, "the refused ones are not called right");
    // The one way on.
    world.options.accept = [address("node@22.3.0/amd"), address("node@22.3.0/arm")].into();
    world.options.update = Update::No;
    for target in ["amd", "arm"] {
        let url = format!("https://example.test/node/v22.3.0/{target}.tgz");
        world.upstream.insert(url, sha("other"));
    }
    let outcome = world.plan();
    assert_eq!(
        steps(&outcome.plan),
        ["rebuild node@22.3.0/amd source-changed", "rebuild node@22.3.0/arm source-changed"]
    );
    let release = outcome.lock.dependencies[&id("node")].release(&version("22.3.0")).unwrap();
    assert!(release.artifacts.values().all(|it| it.sha256 == sha("other")));
}

#[test]
fn accepting_what_is_not_listed_is_an_error() {
    let mut world = two().converged().lists("node", &["v22.3.0"]);
    world.options.accept.insert(address("node@22.2.0/amd"));
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["incomplete node@22.2.0/amd"]);
    assert_eq!(outcome.plan.findings[0].severity, Severity::Error);
}

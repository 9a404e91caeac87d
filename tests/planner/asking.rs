//! Who has to be asked, and what stands in where nobody was.

use depstate::{
    model::{Keep, Severity},
    planner::{self, ChosenFile, DecidedBy, Question, Update, WhyAsk},
};

use super::{
    making::{codes, row, steps, version, versions},
    selecting::two,
    world::{World, address, id, sha},
};

#[test]
fn questions_are_asked_only_where_they_must_be() {
    let ask = |world: &World| {
        planner::ask(
            &world.manifest,
            &world.lock,
            world.snapshot(),
            &world.schedules,
            &world.options,
        )
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

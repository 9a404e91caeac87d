//! What is not lost: versions whose successors can't be had, and what a lock has forgotten.

use depstate::{
    model::{Algorithm, ChecksumRule, Code, Listing, Observed, Severity, Why},
    planner::{self, Filter, Question, WhyAsk},
};

use super::{
    making::{codes, dependency, row, steps, versions},
    world::{World, address, id, located, sha},
};

fn one(keep: u32) -> World {
    World::new().dependency("a", &["any"], &[("1.*", keep)]).lists("a", &["v1.0.0"])
}

/// Version 1.0.0 is published, and 1.1.0 is there by now.
fn newer() -> World {
    let mut world = one(1).converged();
    world.rows("a").push(row("v1.1.0"));
    world.update()
}

fn locked(lock: &depstate::model::Lock) -> Vec<String> {
    lock.dependencies[&id("a")].releases.iter().map(|it| it.version.to_string()).collect()
}

#[test]
fn an_update_whose_new_file_is_not_there_keeps_the_lock() {
    let world = newer();
    let mut outcome = world.plan();
    outcome.located.clear();
    let lock =
        planner::next_lock(&world.lock, &outcome.selection, &outcome.located, &world.options);
    assert_eq!(lock, world.lock);
}

#[test]
fn an_apply_that_will_lock_what_it_reads_changes_the_lock() {
    let mut world = newer();
    world.downloads = false;
    let outcome = world.plan();
    assert_eq!(outcome.lock, world.lock, "the digest is not known yet");
    assert!(outcome.plan.lock_changes);
    assert_eq!(locked(&world.carry_out(&outcome).lock), ["1.1.0"]);
    let mut first = one(1);
    first.downloads = false;
    assert!(first.plan().plan.lock_changes);
    first.options.exclude = vec![Filter::new("a").unwrap()];
    assert!(!first.plan().plan.lock_changes, "the filters leave it out");
}

#[test]
fn a_lock_keeps_what_stays_because_its_successor_is_left_out() {
    let mut world = newer();
    world.options.exclude = vec![Filter::new("*@1.1.0").unwrap()];
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), Vec::<String>::new());
    assert_eq!(outcome.lock, world.lock);
    let mut next = world.carry_out(&outcome);
    next.options.exclude.clear();
    next.options.update = planner::Update::No;
    assert_eq!(next.plan().plan.steps, vec![]);
}

#[test]
fn a_version_that_the_lock_has_lost_is_taken_back_from_its_record() {
    let mut world = one(1).converged();
    let before = world.lock.clone();
    world.lock.dependencies.get_mut(&id("a")).unwrap().releases.clear();
    let asks = planner::ask(
        &world.manifest,
        &world.lock,
        world.snapshot(),
        &world.schedules,
        &world.options,
    );
    assert_eq!(asks[&id("a")], Question::Ask(WhyAsk::NotLocked));
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), ["adopt a@1.0.0/any not-locked"]);
    assert_eq!(outcome.lock, before);
    // Nothing is retired either where nobody could be asked.
    world.listings.insert(id("a"), Observed::Unknown(Why::NotAsked));
    assert_eq!(steps(&world.plan().plan), ["adopt a@1.0.0/any not-locked"]);
    // A rule that leaves it out is another matter.
    world.dep("a").exclude.push(super::making::rule("=1.0.0", None));
    let question = planner::asked(&world.manifest, &id("a"));
    world.lock.dependencies.get_mut(&id("a")).unwrap().asked = Some(question);
    assert_eq!(steps(&world.plan().plan), ["retire a@1.0.0/any excluded"]);
}

#[test]
fn an_older_record_beside_a_full_line_is_no_doubt() {
    let mut world = newer().applied();
    world.options.update = planner::Update::No;
    assert_eq!(world.plan().plan.steps, vec![]);
    // The lock is ahead of the bucket, as after a merge.
    let mut behind = one(1).converged();
    behind.lock = world.lock.clone();
    let asks = planner::ask(
        &behind.manifest,
        &behind.lock,
        behind.snapshot(),
        &behind.schedules,
        &behind.options,
    );
    assert_eq!(asks[&id("a")], Question::Settled);
    assert_eq!(
        steps(&behind.plan().plan),
        ["create a@1.1.0/any not-published", "retire a@1.0.0/any line-keeps"]
    );
}

#[test]
fn what_was_taken_back_leaves_for_something_in_its_place_only() {
    let mut world = one(1).converged().update();
    world.rows("a")[0].yanked = true;
    assert_eq!(versions(&world.select(), "a"), ["1.0.0"]);
    world.rows("a").push(row("v1.1.0"));
    assert_eq!(versions(&world.select(), "a"), ["1.1.0"]);
}

#[test]
fn another_question_that_nobody_could_be_asked_is_an_error() {
    let mut world = one(1).converged();
    world.listings.insert(id("a"), Observed::Unknown(Why::NotAsked));
    *world.dep("a") = dependency("a", &["any"], &[("1.*", 2)]);
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["source-failed a"]);
    let finding = &outcome.plan.findings[0];
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.message.contains("than deps.lock answers"), "{}", finding.message);
    assert_eq!((outcome.plan.steps.len(), &outcome.lock), (0, &world.lock));
    // With enough of everything, a source that is down is only not checked.
    world.listings.insert(id("a"), Observed::Unknown(super::making::failed()));
    assert_eq!(codes(&world.plan().plan.findings), ["source-failed a"]);
    *world.dep("a") = dependency("a", &["any"], &[("*", 1)]);
    assert_eq!(codes(&world.plan().plan.findings), Vec::<String>::new());
}

#[test]
fn a_locked_file_that_no_row_fits_any_more_is_told() {
    let mut world = one(1).converged();
    world.dep("a").settings.asset = Some(located("nope-*"));
    for row in world.rows("a") {
        row.url = Some("https://example.test/a/tool-1.0.0.tgz".to_owned());
    }
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["incomplete a@1.0.0/any"]);
    let finding = &outcome.plan.findings[0];
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.message.contains("no file `nope-*` for `any`"), "{}", finding.message);
    assert_eq!(versions(&outcome.selection, "a"), ["1.0.0"]);
    assert_eq!(outcome.plan.steps, vec![]);
}

#[test]
fn another_checksum_file_is_laid_beside_the_lock() {
    let checksum = |name: &str| {
        let url = located(&format!("https://example.test/{name}"));
        Some(ChecksumRule::Url { url, select: None })
    };
    let mut world = one(1);
    world.dep("a").settings.checksum = checksum("one");
    let mut world = world.converged();
    world.upstream.insert("https://example.test/a/v1.0.0/any.tgz".to_owned(), sha("other"));
    assert_eq!(codes(&world.clone().update().plan().plan.findings), Vec::<String>::new());
    world.dep("a").settings.checksum = checksum("two");
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["upstream-changed a@1.0.0/any"]);
    assert_eq!((outcome.plan.steps.len(), &outcome.lock), (0, &world.lock));
    let hex = located(&sha("third").to_string());
    world.dep("a").settings.checksum =
        Some(ChecksumRule::Given { algorithm: Algorithm::Sha256, hex });
    assert_eq!(codes(&world.plan().plan.findings), ["upstream-changed a@1.0.0/any"]);
}

#[test]
fn a_retired_version_without_a_lock_entry_is_named_again() {
    let mut world = newer().applied();
    world.options.update = planner::Update::No;
    world.dep("a").exclude.push(super::making::rule("=1.1.0", None));
    let listing = Listing { rows: vec![row("v1.0.0"), row("v1.1.0")], ..Listing::default() };
    world.listings.insert(id("a"), Observed::Known(listing));
    world.downloads = false;
    let outcome = world.plan();
    assert!(steps(&outcome.plan).contains(&"update a@1.0.0/any wanted-again".to_owned()));
    assert_eq!(locked(&outcome.lock), ["1.0.0"]);
    // An object that is being deleted says nothing.
    let key = world.snapshot().unwrap().condemned.keys().next().unwrap().clone();
    world.snapshot_mut().doomed.insert(key);
    assert!(steps(&world.plan().plan).iter().any(|step| step.starts_with("create a@1.0.0/any")));
}

#[test]
fn a_file_name_that_no_key_can_have_is_told_at_once() {
    let mut world = one(1);
    world.dep("a").settings.file = Some(located("{% if false %}x{% endif %}"));
    let findings = world.plan().plan.findings;
    assert_eq!((findings[0].code, findings[0].span), (Code::BAD_VALUE, Some((0, 26))));
    assert!(findings[0].message.contains("is empty"), "{}", findings[0].message);
    let long = "~".repeat(70);
    world.dep("a").settings.file = Some(located(&long));
    let outcome = world.plan();
    let finding = &outcome.plan.findings[0];
    assert_eq!((finding.code, finding.span), (Code::BAD_VALUE, Some((0, 70))));
    assert!(finding.message.contains("too long"), "{}", finding.message);
    assert_eq!(outcome.plan.steps, vec![]);
    world.dep("a").settings.file = Some(located(&long[..60]));
    assert_eq!(codes(&world.plan().plan.findings), ["tofu a"]);
}

#[test]
fn nothing_is_accepted_that_nobody_wants() {
    let mut world = one(1).converged();
    for unwanted in ["a@1.0.1/any", "b@1.0.0/any", "a@1.0.0/amd"] {
        world.options.accept = [address(unwanted)].into();
        let findings = world.plan().plan.findings;
        assert_eq!(codes(&findings), [format!("bad-filter {unwanted}")]);
        assert!(findings[0].message.starts_with("nothing to accept"), "{}", findings[0].message);
        assert_eq!(findings[0].severity, Severity::Error);
    }
    world.options.accept = [address("a@1.0.0/any")].into();
    assert_eq!(codes(&world.plan().plan.findings), Vec::<String>::new());
}

//! Sub-dependencies: which are asked for, which stay as they were decided, and what is refused.

use std::collections::BTreeMap;

use depstate::{
    model::{Code, Digest, Evidence, ExtraFile, Lock, Sha256},
    planner::{self, Question},
};

use super::{
    making::{codes, extra},
    world::{World, address, id, located, sha},
};

/// Two targets of which each version wants `redis` 1 and `yaml` 1.
fn world() -> World {
    let mut world = World::new()
        .target("amd", "amd64")
        .target("arm", "arm64")
        .dependency("php", &["amd", "arm"], &[("8.*", 2)])
        .lists("php", &["8.1.0", "8.2.0"]);
    world.dep("php").extra = vec![extra("redis", "1"), extra("yaml", "1")];
    world
}

fn extras(lock: &Lock, text: &str) -> BTreeMap<String, ExtraFile> {
    lock.artifact(&address(text)).unwrap().extra.clone()
}

fn url(id: &str, version: &str) -> String {
    format!("https://extra.test/{id}-{version}.tgz")
}

fn asks(world: &World) -> bool {
    let schedules = world.ask_schedules();
    let asked =
        planner::ask(&world.manifest, &world.lock, world.snapshot(), &schedules, &world.options);
    asked[&id("php")] != Question::Settled
}

#[test]
fn they_are_locked_beside_the_file_that_wants_them() {
    let world = world().converged();
    let redis = &extras(&world.lock, "php@8.2.0/arm")["redis"];
    assert_eq!((redis.version.as_str(), redis.url.clone()), ("1", url("redis", "1")));
    assert_eq!(redis.sha256, Some(sha(&url("redis", "1"))));
    assert_eq!((redis.size, redis.evidence), (Some(7), Evidence::Tofu));
    assert_eq!(extras(&world.lock, "php@8.1.0/amd").len(), 2);
    let record = world.snapshot().unwrap().live[&address("php@8.2.0/amd")].clone();
    assert_eq!(record.source.extra, extras(&world.lock, "php@8.2.0/amd"));
    assert!(!asks(&world));
}

#[test]
fn one_that_changes_is_learnt_and_the_others_stay() {
    let before = world().converged();
    let mut world = before.clone();
    world.dep("php").extra.push(extra("redis", "2"));
    // Upstream serves other bytes for what is locked: nobody must look.
    world.upstream.insert(url("yaml", "1"), Sha256([9; 32]));
    assert!(asks(&world), "the question is another one");
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), [""; 0]);
    let now = extras(&outcome.lock, "php@8.2.0/amd");
    assert_eq!(now["redis"].sha256, Some(sha(&url("redis", "2"))));
    assert_eq!(now["yaml"], extras(&before.lock, "php@8.2.0/amd")["yaml"]);
    // Where nothing may be downloaded it is not known yet, and the old lock holds.
    world.downloads = false;
    let outcome = world.plan();
    assert_eq!(extras(&outcome.lock, "php@8.2.0/amd"), extras(&before.lock, "php@8.2.0/amd"));
    assert!(outcome.plan.lock_changes, "an apply will learn it");
}

#[test]
fn one_that_is_taken_away_leaves_without_a_request() {
    let mut world = world().converged();
    world.dep("php").extra.pop();
    world.downloads = false;
    let outcome = world.plan();
    assert!(outcome.located.is_empty() || outcome.located.values().all(|it| it.extra.len() == 1));
    assert_eq!(extras(&outcome.lock, "php@8.1.0/arm").keys().collect::<Vec<_>>(), ["redis"]);
    assert_eq!(
        outcome.lock.dependencies[&id("php")].asked,
        outcome.selection.dependencies[&id("php")].asked
    );
}

#[test]
fn a_new_release_takes_what_others_have_locked() {
    let mut world = world().converged().lists("php", &["8.1.0", "8.2.0", "8.3.0"]).update();
    world.upstream.insert(url("yaml", "1"), Sha256([9; 32]));
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["tofu php"], "of the release itself");
    let new = extras(&outcome.lock, "php@8.3.0/amd");
    assert_eq!(new, extras(&world.lock, "php@8.2.0/amd"), "the digests that were decided");
}

#[test]
fn records_stand_in_for_a_lost_lock() {
    let before = world().converged();
    let mut world = before.clone();
    world.lock = Lock::default();
    world.downloads = false;
    assert!(!asks(&world));
    let outcome = world.plan();
    assert_eq!(outcome.lock, before.lock);
    // But deps.toml has the word on what is wanted.
    world.dep("php").extra.push(extra("redis", "2"));
    world.downloads = true;
    let outcome = world.plan();
    assert_eq!(extras(&outcome.lock, "php@8.1.0/amd")["redis"].version, "2");
}

#[test]
fn other_bytes_under_a_new_address_are_refused_and_can_be_accepted() {
    let before = world().converged();
    let mut world = before.clone();
    world.dep("php").extra[0].artifact =
        Some(located("https://moved.test/{{ extra.version }}.tgz"));
    let outcome = world.plan();
    let told = &outcome.plan.findings[0];
    assert_eq!(told.code, Code::UPSTREAM_CHANGED);
    for part in [
        url("redis", "1"),
        sha(&url("redis", "1")).to_string(),
        "https://moved.test/1.tgz".to_owned(),
        sha("https://moved.test/1.tgz").to_string(),
    ] {
        assert!(told.message.contains(&part), "{part}: {}", told.message);
    }
    assert_eq!(outcome.lock, before.lock, "the old word holds");
    assert!(outcome.plan.steps.is_empty(), "{:?}", outcome.plan.steps);
    for version in ["8.1.0", "8.2.0"] {
        for target in ["amd", "arm"] {
            world.options.accept.insert(address(&format!("php@{version}/{target}")));
        }
    }
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), [""; 0]);
    let redis = &extras(&outcome.lock, "php@8.1.0/arm")["redis"];
    assert_eq!(redis.sha256, Some(sha("https://moved.test/1.tgz")));
    // The same bytes elsewhere need no word.
    world.options.accept.clear();
    world.upstream.insert("https://moved.test/1.tgz".to_owned(), sha(&url("redis", "1")));
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), [""; 0]);
    assert_eq!(extras(&outcome.lock, "php@8.1.0/arm")["redis"].url, "https://moved.test/1.tgz");
}

#[test]
fn a_digest_of_deps_toml_counts_at_once() {
    let mut world = world().converged();
    world.downloads = false;
    let given = |digest: Sha256| {
        Some(depstate::model::ChecksumRule::Given {
            algorithm: depstate::model::Algorithm::Sha256,
            hex: located(&Digest::from(digest).to_string().replace("sha256:", "")),
        })
    };
    world.dep("php").extra[1].checksum = given(sha(&url("yaml", "1")));
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), [""; 0]);
    assert_eq!(extras(&outcome.lock, "php@8.2.0/amd")["yaml"].evidence, Evidence::Given);
    world.dep("php").extra[1].checksum = given(Sha256([7; 32]));
    let outcome = world.plan();
    assert_eq!(outcome.plan.findings.len(), 4);
    assert!(outcome.plan.findings.iter().all(|it| it.code == Code::UPSTREAM_CHANGED));
}

#[test]
fn a_source_that_is_down_leaves_them_as_they_are() {
    let before = world().converged();
    let mut world = before.clone();
    world.dep("php").extra.push(extra("redis", "2"));
    world.listings.insert(id("php"), depstate::model::Observed::Unknown(super::making::failed()));
    let outcome = world.plan();
    assert_eq!(outcome.lock, before.lock);
    assert!(outcome.plan.steps.is_empty(), "{:?}", outcome.plan.steps);
}

#[test]
fn an_address_that_no_fitting_block_gives_is_a_mistake_at_its_version() {
    let mut world = world();
    let mut bare = extra("redis", "3");
    bare.artifact = None;
    let dependency = world.dep("php");
    dependency.extra[0].targets = Some(Vec::new());
    dependency.extra.push(bare);
    let outcome = world.plan();
    let told = &outcome.plan.findings[0];
    assert_eq!((told.code, told.span), (Code::MISSING_KEY, Some((0, 1))));
}

//! The lock that follows, and the lock beside the storage that nobody looked at.

use depstate::{
    model::{Algorithm, ChecksumRule, Digest, Evidence, Observed, Severity, Why},
    planner::{self, Filter, LocatedFile},
};

use super::{
    making::{codes, row, steps, version},
    world::{World, address, id, located, sha},
};

fn two() -> World {
    World::new()
        .dependency("a", &["any"], &[("1.*", 1)])
        .lists("a", &["v1.0.0"])
        .dependency("b", &["any"], &[("1.*", 1)])
        .lists("b", &["v1.0.0"])
}

#[test]
fn everything_that_was_decided_is_locked() {
    let mut world = two();
    world.rows("a")[0].released = Some("2025-01-01T00:00:00Z".parse().unwrap());
    let lock = world.plan().lock;
    let locked = &lock.dependencies[&id("a")];
    assert_eq!(locked.asked, Some(planner::asked(&world.manifest, &id("a"))));
    let release = &locked.releases[0];
    assert_eq!((release.upstream.as_str(), release.released.is_some()), ("v1.0.0", true));
    let artifact = lock.artifact(&address("a@1.0.0/any")).unwrap();
    assert_eq!(artifact.url, "https://example.test/a/v1.0.0/any.tgz");
    assert_eq!(artifact.sha256, sha(&artifact.url));
    assert_eq!((artifact.evidence, artifact.size), (Evidence::Tofu, Some(7)));
}

#[test]
fn a_release_of_unknown_bytes_is_left_out_and_the_question_stays_open() {
    let mut world = two();
    world.downloads = false;
    world.rows("b")[0].digests = vec![sha("https://example.test/b/v1.0.0/any.tgz").into()];
    let outcome = world.plan();
    assert_eq!(
        steps(&outcome.plan),
        ["create a@1.0.0/any new-release", "create b@1.0.0/any new-release"]
    );
    let after = outcome.plan.steps[0].after.as_ref().unwrap();
    assert_eq!((after.sha256, after.input), (None, None), "digest: at apply");
    assert_eq!(codes(&outcome.plan.findings), ["tofu a"]);
    assert!(!outcome.lock.dependencies.contains_key(&id("a")));
    assert!(outcome.lock.dependencies[&id("b")].asked.is_some());
    // The apply reads the bytes, and then all of it is locked.
    let world = world.applied();
    assert!(world.lock.dependencies[&id("a")].asked.is_some());
    assert_eq!(world.plan().plan.steps, vec![]);
}

#[test]
fn a_new_target_of_unknown_bytes_leaves_the_locked_release_as_it_was() {
    let mut world = two().target("arm", "arm64").converged();
    world.dep("a").targets.push(depstate::model::TargetName::new("arm").unwrap());
    world.downloads = false;
    let lock = world.plan().lock;
    let locked = &lock.dependencies[&id("a")];
    assert_eq!(locked.asked, world.lock.dependencies[&id("a")].asked, "the old question");
    assert_ne!(locked.asked, Some(planner::asked(&world.manifest, &id("a"))));
    assert_eq!(locked.releases, world.lock.dependencies[&id("a")].releases);
}

#[test]
fn what_the_filters_leave_out_stays_as_it_was() {
    let mut world = two().converged();
    let before = world.lock.clone();
    for name in ["a", "b"] {
        world.rows(name).push(row("v1.1.0"));
    }
    let mut world = world.update();
    world.options.filters = vec![Filter::new("a").unwrap()];
    let outcome = world.plan();
    assert_eq!(
        steps(&outcome.plan),
        ["create a@1.1.0/any new-release", "retire a@1.0.0/any line-keeps"]
    );
    assert_eq!(outcome.plan.filtered, 2);
    assert_eq!(outcome.lock.dependencies[&id("b")], before.dependencies[&id("b")]);
    let versions: Vec<_> =
        outcome.lock.dependencies[&id("a")].releases.iter().map(|it| &it.version).collect();
    assert_eq!(versions, [&version("1.1.0")]);
}

#[test]
fn a_lost_lock_comes_back_in_parts_where_a_filter_says_so() {
    let mut world = World::new()
        .target("amd", "amd64")
        .target("arm", "arm64")
        .dependency("a", &["amd", "arm"], &[("1.*", 1)])
        .lists("a", &["v1.0.0"])
        .converged();
    world.lock.dependencies.clear();
    world.options.filters = vec![Filter::new("*/arm").unwrap()];
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), ["adopt a@1.0.0/arm not-locked"]);
    let locked = &outcome.lock.dependencies[&id("a")];
    assert_eq!(locked.releases[0].artifacts.len(), 1);
    assert_eq!(locked.asked, None, "the rest is still to be adopted");
    let mut world = world.applied();
    assert_eq!(world.plan().plan.steps, vec![]);
    world.options.filters.clear();
    assert_eq!(steps(&world.plan().plan), ["adopt a@1.0.0/amd not-locked"]);
}

#[test]
fn a_dependency_that_is_gone_leaves_the_lock() {
    let mut world = two().converged();
    world.manifest.dependencies.remove(&id("b"));
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), ["retire b@1.0.0/any dependency-gone"]);
    assert!(!outcome.lock.dependencies.contains_key(&id("b")));
    world.options.exclude = vec![Filter::new("b").unwrap()];
    let outcome = world.plan();
    assert_eq!((steps(&outcome.plan), outcome.plan.filtered), (vec![], 1));
    assert_eq!(outcome.lock, world.lock);
    assert!(!outcome.plan.lock_changes);
}

#[test]
fn another_address_of_the_same_bytes_moves_no_byte() {
    let mut world = two().converged();
    world.dep("a").settings.artifact =
        vec![located("https://mirror.example.test/{{ version }}.tgz")];
    let url = "https://mirror.example.test/1.0.0.tgz";
    world.upstream.insert(url.to_owned(), sha("https://example.test/a/v1.0.0/any.tgz"));
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), ["update a@1.0.0/any metadata-changed"]);
    assert_eq!(outcome.plan.steps[0].bytes, Some(0));
    assert_eq!(outcome.lock.artifact(&address("a@1.0.0/any")).unwrap().url, url);
    assert_eq!(world.applied().plan().plan.steps, vec![]);
    // Other bytes there are refused, and nothing is locked.
    world.upstream.clear();
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["upstream-changed a@1.0.0/any"]);
    assert_eq!(outcome.plan.findings[0].severity, Severity::Refused);
    assert!(outcome.plan.findings[0].message.contains(url));
    assert_eq!(outcome.lock, world.lock);
    assert_eq!(outcome.plan.steps, vec![]);
    assert_eq!(outcome.plan.unchanged, [address("b@1.0.0/any")]);
    // Bytes that were not read are not trusted, and not taken for others either.
    world.downloads = false;
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), Vec::<String>::new());
    assert_eq!(outcome.plan.steps, vec![]);
    assert_eq!(outcome.plan.blind.len(), 1);
    assert_eq!(outcome.lock, world.lock);
}

#[test]
fn better_evidence_is_taken_over_once_deps_toml_asks_for_it() {
    let mut world = two().converged();
    world.dep("a").settings.checksum =
        Some(ChecksumRule::Url { url: located("{{ url }}.sha256"), select: None });
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), ["update a@1.0.0/any metadata-changed"]);
    let artifact = outcome.lock.artifact(&address("a@1.0.0/any")).unwrap();
    assert_eq!(artifact.evidence, Evidence::ChecksumFile);
    let world = world.applied();
    assert_eq!(world.plan().plan.steps, vec![]);
    assert_eq!(world.update().plan().plan.steps, vec![]);
}

#[test]
fn a_digest_in_deps_toml_that_contradicts_the_lock_is_refused() {
    let mut world = two().converged();
    let hex = sha("other").to_string();
    world.dep("a").settings.checksum =
        Some(ChecksumRule::Given { algorithm: Algorithm::Sha256, hex: located(&hex) });
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["upstream-changed a@1.0.0/any"]);
    assert_eq!(outcome.lock, world.lock);
}

#[test]
fn a_sha512_that_was_locked_vouches_again() {
    let sha512 = |byte| Digest::new(Algorithm::Sha512, &[byte; 64]).unwrap();
    let mut world = two();
    world.rows("a")[0].digests = vec![sha512(1)];
    let mut world = world.converged();
    let artifact = world.lock.artifact(&address("a@1.0.0/any")).unwrap().clone();
    assert_eq!(artifact.upstream_digest, Some(sha512(1)));
    // The address changes: the same sha512 says that the bytes did not, and nothing is read.
    world.downloads = false;
    world.dep("a").settings.artifact =
        vec![located("https://mirror.example.test/{{ version }}.tgz")];
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), ["update a@1.0.0/any metadata-changed"]);
    assert_eq!(outcome.lock.artifact(&address("a@1.0.0/any")).unwrap().sha256, artifact.sha256);
    world.rows("a")[0].digests = vec![sha512(2)];
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["upstream-changed a@1.0.0/any"]);
    assert!(outcome.plan.findings[0].message.contains(&sha512(1).to_string()));
    assert!(outcome.plan.findings[0].message.contains(&sha512(2).to_string()));
}

#[test]
fn without_storage_the_lock_is_compared_alone() {
    let mut world = two().converged();
    world.published = Observed::Unknown(Why::NotAsked);
    let outcome = world.plan();
    assert_eq!(outcome.plan.steps, vec![]);
    assert_eq!(outcome.plan.unchanged.len(), 2);
    assert_eq!(outcome.plan.blind.len(), 1);
    assert_eq!(outcome.plan.blind[0].dependency, None);
    assert!(!outcome.plan.lock_changes);
    let mut newer = world.clone().update();
    newer.rows("a").push(row("v1.1.0"));
    let outcome = newer.plan();
    assert_eq!(
        steps(&outcome.plan),
        ["create a@1.1.0/any new-release", "retire a@1.0.0/any line-keeps"]
    );
    assert_eq!(outcome.plan.steps[1].needs, [address("a@1.1.0/any")]);
    let before = outcome.plan.steps[1].before.as_ref().unwrap();
    assert_eq!(before.url, "https://example.test/a/v1.0.0/any.tgz");
    world.options.accept.insert(address("a@1.0.0/any"));
    world.upstream.insert("https://example.test/a/v1.0.0/any.tgz".to_owned(), sha("other"));
    assert_eq!(steps(&world.plan().plan), ["rebuild a@1.0.0/any source-changed"]);
}

#[test]
fn what_nobody_found_out_about_is_an_error_and_its_version_waits() {
    let world = World::new()
        .target("amd", "amd64")
        .target("arm", "arm64")
        .dependency("a", &["amd", "arm"], &[("1.*", 1)])
        .lists("a", &["v1.0.0"]);
    let outcome = world.plan();
    let mut found = outcome.located.clone();
    found.remove(&address("a@1.0.0/arm"));
    let plan = |selection, found: &std::collections::BTreeMap<_, LocatedFile>| {
        planner::plan(&planner::PlanInput {
            tree: &std::collections::BTreeMap::default(),
            manifest: &world.manifest,
            lock: &world.lock,
            selection,
            located: found,
            published: &world.published,
            objects: &world.objects,
            rehashed: &world.rehashed,
            options: &world.options,
            basis: outcome.plan.basis.clone(),
        })
    };
    let one = plan(&outcome.selection, &found);
    assert_eq!(codes(&one.findings), ["source-failed a@1.0.0/arm"]);
    assert_eq!(one.steps, vec![], "no half of a version");
    // Whoever looked may have said why; it is not said twice.
    let mut selection = outcome.selection.clone();
    let mut why = one.findings[0].clone();
    why.message = "the checksum file answered 500".to_owned();
    selection.findings.push(why.clone());
    assert_eq!(plan(&selection, &found).findings, [why]);
    let lock = planner::next_lock(&world.lock, &outcome.selection, &found, &world.options);
    assert!(lock.dependencies.is_empty());
}

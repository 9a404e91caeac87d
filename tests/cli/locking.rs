//! deps.lock: when it holds, when it changes, and what refuses to touch it.

use crate::support::{golden::golden, sandbox::Sandbox};

#[test]
fn lock_decides_and_publishes_nothing() {
    let sandbox = Sandbox::example("quickstart");
    std::fs::remove_file(sandbox.path("deps.lock")).unwrap();
    golden("locking/lock", &sandbox.run(["lock"]).exits(0).all());
    golden("locking/deps.lock", &sandbox.read("deps.lock"));
    assert!(!sandbox.exists("mirror"));
    golden("locking/lock-again", &sandbox.run(["lock"]).exits(0).all());
    let _right = sandbox.run(["plan", "--frozen"]).exits(0);
    let _applied = sandbox.run(["apply", "--yes", "--locked"]).exits(0);
}

#[test]
fn update_finds_newer_versions_and_lock_keeps_the_old() {
    let sandbox = Sandbox::example("quickstart");
    for target in ["linux-amd64", "linux-arm64"] {
        sandbox.write(&format!("upstream/hello-2.1.0-{target}.tar.gz"), format!("2.1.0 {target}"));
    }
    let kept = sandbox.run(["lock"]).exits(0);
    assert!(kept.stdout.contains("deps.lock is right"), "{}", kept.all());
    golden("locking/update", &sandbox.run(["update", "hello"]).exits(0).all());
    let _unknown = sandbox.run(["update", "hullo"]).exits(64);
}

#[test]
fn locked_refuses_what_the_lock_does_not_answer() {
    let sandbox = Sandbox::example("quickstart");
    let manifest = sandbox.read("deps.toml").replace("keep = 2", "keep = 1");
    sandbox.write("deps.toml", manifest);
    golden("locking/locked", &sandbox.run(["plan", "--locked"]).exits(1).all());
    std::fs::remove_file(sandbox.path("deps.lock")).unwrap();
    golden("locking/locked-without", &sandbox.run(["apply", "--yes", "--locked"]).exits(1).all());
    assert!(!sandbox.exists("mirror"));
}

#[test]
fn offline_asks_no_source() {
    let sandbox = Sandbox::example("quickstart");
    let _locked = sandbox.run(["plan", "--offline"]).exits(0);
    std::fs::remove_file(sandbox.path("deps.lock")).unwrap();
    let plan = sandbox.run(["plan", "--offline"]).exits(1);
    golden("locking/offline", &plan.all());
}

#[test]
fn other_bytes_for_a_locked_version_are_refused_and_can_be_accepted() {
    let sandbox = Sandbox::example("quickstart");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let file = "upstream/hello-2.0.0-linux-amd64.tar.gz";
    sandbox.write(file, "republished under the same name");
    // What is locked and published is not asked for again.
    let _kept = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    // Its object is lost, and upstream no longer has the bytes.
    let lost = sandbox
        .files("mirror")
        .into_iter()
        .find(|f| f.contains("artifacts/hello/2.0.0/linux-amd64/"))
        .unwrap();
    std::fs::remove_file(sandbox.path("mirror").join(lost)).unwrap();
    let head = sandbox.read("mirror/head.json");
    golden("locking/mismatch", &sandbox.run(["apply", "--yes"]).exits(3).all());
    assert_eq!(sandbox.read("mirror/head.json"), head, "a refused apply committed something");
    let accepted = sandbox.run(["lock", "--accept", "hello@2.0.0/linux-amd64"]).exits(0);
    golden("locking/accept", &accepted.all());
    golden("locking/accept-plan", &sandbox.run(["plan"]).exits(0).all());
    let _rebuilt = sandbox.run(["apply", "--yes"]).exits(0);
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_version_that_vanishes_upstream_is_an_error_and_never_a_retire() {
    let sandbox = Sandbox::example("quickstart");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    for target in ["linux-amd64", "linux-arm64"] {
        std::fs::remove_file(sandbox.path(&format!("upstream/hello-2.0.0-{target}.tar.gz")))
            .unwrap();
    }
    let head = sandbox.read("mirror/head.json");
    golden("locking/shrank", &sandbox.run(["plan", "--update"]).exits(3).all());
    let _refused = sandbox.run(["apply", "--yes", "--update"]).exits(3);
    let _update = sandbox.run(["update"]).exits(3);
    assert_eq!(sandbox.read("mirror/head.json"), head);
}

#[test]
fn a_lock_that_can_not_be_read_is_an_error() {
    let sandbox = Sandbox::example("quickstart");
    let lock = sandbox.read("deps.lock");
    sandbox.write("deps.lock", lock.replace("version = 1\n", "version = 2\n"));
    golden("locking/newer", &sandbox.run(["plan"]).exits(1).all());
    sandbox.write("deps.lock", format!("<<<<<<< ours\n{lock}=======\n{lock}>>>>>>> theirs\n"));
    golden("locking/conflict", &sandbox.run(["plan"]).exits(1).all());
    sandbox.write("deps.lock", [0xff, 0xfe, 0, 1]);
    let _junk = sandbox.run(["plan"]).exits(1);
    sandbox.write("deps.lock", &lock[..lock.len() / 2]);
    let cut = sandbox.run(["apply", "--yes"]);
    assert!(cut.status == 1 || cut.status == 0, "{}", cut.all());
}

#[test]
fn a_release_that_the_lock_has_lost_is_taken_back_and_never_retired() {
    let sandbox = Sandbox::example("quickstart");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let lock = sandbox.read("deps.lock");
    let release = "[[dependency.release]]\n";
    let from = lock.find(&format!("{release}version = \"2.0.0\"")).unwrap();
    let to = lock[from + 1..].find(release).unwrap() + from + 1;
    sandbox.write("deps.lock", format!("{}{}", &lock[..from], &lock[to..]));
    let locked = sandbox.run(["plan", "--locked"]).exits(1);
    assert!(locked.all().contains("lock-outdated"), "{}", locked.all());
    let plan = sandbox.run(["plan"]).exits(0);
    assert!(!plan.all().contains("retire"), "{}", plan.all());
    let _adopted = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(sandbox.read("deps.lock"), lock);
}

#[test]
fn offline_can_not_answer_another_question() {
    let sandbox = Sandbox::example("quickstart");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let manifest = sandbox.read("deps.toml").replace("keep = 2", "keep = 3");
    sandbox.write("deps.toml", manifest);
    let plan = sandbox.run(["plan", "--offline"]).exits(1);
    assert!(plan.all().contains("source-failed"), "{}", plan.all());
}

//! The first example, from an empty folder to a retired version.

use crate::support::{golden::golden, sandbox::Sandbox};

/// Everything that apply wrote, with what differs from run to run taken out.
fn tree(sandbox: &Sandbox) -> String {
    let mut text = String::new();
    for file in sandbox.files("mirror") {
        let shape: Vec<String> = file.split('/').map(shape).collect();
        text.push_str(&shape.join("/"));
        text.push('\n');
    }
    text
}

/// `<TX>` for a ULID, alone or behind a serial.
fn shape(segment: &str) -> String {
    let ulid =
        |s: &str| s.len() == 26 && s.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let (stem, ending) = segment.split_once('.').map_or((segment, ""), |(s, e)| (s, e));
    let dot = if ending.is_empty() { "" } else { "." };
    match stem.split_once('-') {
        _ if ulid(stem) => format!("<TX>{dot}{ending}"),
        Some((serial, tx)) if ulid(tx) => format!("{serial}-<TX>{dot}{ending}"),
        _ => segment.to_owned(),
    }
}

#[test]
fn the_first_apply_publishes_and_the_second_does_nothing() {
    let sandbox = Sandbox::example("quickstart");
    golden("quickstart/1-plan", &sandbox.run(["plan"]).all());
    assert!(!sandbox.exists("mirror"), "plan wrote something");
    golden("quickstart/2-apply", &sandbox.run(["apply", "--yes", "--jobs=1"]).all());
    golden("quickstart/3-tree", &tree(&sandbox));
    let before = sandbox.files("mirror");
    golden("quickstart/4-apply-again", &sandbox.run(["apply", "--yes"]).all());
    assert_eq!(sandbox.files("mirror"), before, "an apply without changes wrote something");
    let _same = sandbox.run(["plan", "--detailed-exitcode", "--locked"]).exits(0);
}

#[test]
fn a_new_upstream_version_is_found_by_update_alone() {
    let sandbox = Sandbox::example("quickstart");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    for target in ["linux-amd64", "linux-arm64"] {
        sandbox
            .write(&format!("upstream/hello-1.2.0-{target}.tar.gz"), format!("1.2.0 for {target}"));
    }
    let _kept = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    let plan = sandbox.run(["plan", "--detailed-exitcode", "--update"]).exits(2);
    golden("quickstart/5-plan-update", &plan.all());
    golden(
        "quickstart/6-apply-update",
        &sandbox.run(["apply", "--yes", "--update", "--jobs=1"]).all(),
    );
    let _settled = sandbox.run(["plan", "--detailed-exitcode", "--locked"]).exits(0);
    // Retired, not deleted: somebody may still read it.
    let old = sandbox.files("mirror").into_iter().filter(|f| f.contains("artifacts/hello/1.0.0/"));
    assert_eq!(old.count(), 2);
}

#[test]
fn a_lost_lock_is_adopted_and_moves_no_byte() {
    let sandbox = Sandbox::example("quickstart");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let lock = sandbox.read("deps.lock");
    let published = sandbox.files("mirror");
    std::fs::remove_file(sandbox.path("deps.lock")).unwrap();
    std::fs::remove_dir_all(sandbox.path(".depstate")).unwrap();
    golden("quickstart/7-plan-without-lock", &sandbox.run(["plan"]).all());
    golden("quickstart/8-apply-without-lock", &sandbox.run(["apply", "--yes"]).exits(0).all());
    assert_eq!(sandbox.read("deps.lock"), lock, "the lock is the same before and after");
    assert_eq!(sandbox.files("mirror"), published, "an adoption writes nothing to the storage");
}

#[test]
fn a_missing_and_an_altered_object_are_repaired() {
    let sandbox = Sandbox::example("quickstart");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let objects: Vec<String> =
        sandbox.files("mirror").into_iter().filter(|f| f.starts_with("artifacts/")).collect();
    std::fs::remove_file(sandbox.path("mirror").join(&objects[0])).unwrap();
    std::fs::write(sandbox.path("mirror").join(&objects[1]), "other bytes").unwrap();
    golden("quickstart/9-plan-repair", &sandbox.run(["plan"]).exits(0).all());
    let _repaired = sandbox.run(["apply", "--yes"]).exits(0);
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_copied_bucket_is_the_same_bucket() {
    let sandbox = Sandbox::example("quickstart");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    // Every file gets a new revision: same bytes, another time.
    for file in sandbox.files("mirror").iter().filter(|f| f.starts_with("artifacts/")) {
        let path = sandbox.path("mirror").join(file);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
    }
    let plan = sandbox.run(["plan"]).exits(0);
    assert!(!plan.stdout.contains("repair"), "{}", plan.stdout);
    let _recorded = sandbox.run(["apply", "--yes"]).exits(0);
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn the_archives_are_what_the_script_makes() {
    let sandbox = Sandbox::example("quickstart");
    let before = std::fs::read(sandbox.path("upstream/hello-1.1.0-linux-amd64.tar.gz")).unwrap();
    std::fs::remove_file(sandbox.path("upstream/hello-1.1.0-linux-amd64.tar.gz")).unwrap();
    let made = std::process::Command::new("sh")
        .args(["make.sh", "1.1.0"])
        .current_dir(sandbox.root())
        .status()
        .unwrap();
    assert!(made.success());
    let after = std::fs::read(sandbox.path("upstream/hello-1.1.0-linux-amd64.tar.gz")).unwrap();
    // gzip's compressor differs between machines; what is in it does not.
    assert_eq!(before[..4], after[..4]);
}

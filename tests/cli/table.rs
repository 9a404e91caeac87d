//! The table of exit codes, by the shortest way to each of them.

use crate::support::sandbox::Sandbox;

#[test]
fn every_exit_code_has_a_way_to_it() {
    let sandbox = Sandbox::example("quickstart");
    let _changes = sandbox.run(["plan", "--detailed-exitcode"]).exits(2);
    let _without = sandbox.run(["plan"]).exits(0);
    let _error = sandbox.run(["plan", "-C", "nowhere"]).exits(1);
    let _usage = sandbox.run(["frobnicate"]).exits(64);
}

#[test]
fn what_succeeds_is_committed_when_something_else_fails() {
    let sandbox = Sandbox::with(
        r#"
[project]
name = "partly"
[storage]
driver = "fs"
path = "mirror"
[dependencies.good]
source = { driver = "dir", path = "good" }
lines = [{ constraint = "*" }]
[dependencies.bad]
source = { driver = "dir", path = "bad" }
verify.checksum = { url = "{{ url }}.sha256" }
lines = [{ constraint = "*" }]
"#,
    );
    sandbox.write("good/good-1.0.0.tar.gz", "good");
    sandbox.write("bad/bad-1.0.0.tar.gz", "bad");
    sandbox.write("bad/bad-1.0.0.tar.gz.sha256", "0".repeat(64));
    let first = sandbox.run(["apply", "--yes"]).exits(5);
    assert!(
        first.stdout.contains("good@1.0.0/any") || first.stdout.contains("1 created"),
        "{}",
        first.all()
    );
    assert!(first.stdout.contains("bad@1.0.0/any"), "{}", first.all());
    assert!(
        first.stdout.contains(&"0".repeat(64)),
        "the expected digest is named: {}",
        first.all()
    );
    // Only the bad one is left, and that was verified and refused.
    let _refused = sandbox.run(["apply", "--yes"]).exits(3);
    let published = sandbox.files("mirror/artifacts");
    assert_eq!(published.len(), 1, "{published:?}");
    assert!(!sandbox.read("deps.lock").contains("id = \"bad\""), "{}", sandbox.read("deps.lock"));
}

//! Filters choose actions: what they leave out is neither planned nor locked, and is counted.

use crate::support::{golden::golden, sandbox::Sandbox};

const TWO: &str = r#"
[project]
name = "two"
[storage]
driver = "fs"
path = "mirror"
[targets.linux-amd64]
os = "linux"
arch = "amd64"
[targets.linux-arm64]
os = "linux"
arch = "arm64"
[defaults]
targets = ["linux-*"]
lines = [{ constraint = "1.*" }]
[dependencies.left]
source = { driver = "dir", path = "left" }
[dependencies.right]
source = { driver = "dir", path = "right" }
"#;

fn two() -> Sandbox {
    let sandbox = Sandbox::with(TWO);
    for name in ["left", "right"] {
        for target in ["linux-amd64", "linux-arm64"] {
            sandbox
                .write(&format!("{name}/{name}-1.0.0-{target}.tar.gz"), format!("{name} {target}"));
        }
    }
    sandbox
}

#[test]
fn what_is_left_out_is_counted_and_not_locked() {
    let sandbox = two();
    golden("filters/plan", &sandbox.run(["plan", "left"]).exits(0).all());
    let _applied = sandbox.run(["apply", "--yes", "left"]).exits(0);
    let lock = sandbox.read("deps.lock");
    assert!(lock.contains("id = \"left\""), "{lock}");
    assert!(!lock.contains("id = \"right\""), "{lock}");
    golden("filters/rest", &sandbox.run(["plan", "--exclude", "left"]).exits(0).all());
    let _all = sandbox.run(["apply", "--yes"]).exits(0);
    let _settled = sandbox.run(["plan", "--detailed-exitcode", "--locked"]).exits(0);
}

#[test]
fn a_part_of_a_new_version_is_refused() {
    let sandbox = two();
    golden("filters/half", &sandbox.run(["plan", "left@*/linux-amd64"]).exits(1).all());
    let _refused = sandbox.run(["apply", "--yes", "left@*/linux-amd64"]).exits(1);
    assert!(!sandbox.exists("mirror/head.json"));
    assert!(!sandbox.exists("deps.lock"));
}

#[test]
fn a_retire_without_its_successor_is_refused() {
    let sandbox = two();
    let _first = sandbox.run(["apply", "--yes"]).exits(0);
    for target in ["linux-amd64", "linux-arm64"] {
        sandbox.write(&format!("left/left-1.1.0-{target}.tar.gz"), format!("new {target}"));
    }
    let plan = sandbox.run(["plan", "--update", "left@1.0.0"]).exits(1);
    golden("filters/successor", &plan.all());
}

#[test]
fn more_retires_than_the_limit_are_refused() {
    let sandbox = two();
    let _first = sandbox.run(["apply", "--yes"]).exits(0);
    let fewer = TWO.split("[dependencies.right]").next().unwrap().to_owned();
    sandbox.write("deps.toml", fewer);
    let head = sandbox.read("mirror/head.json");
    golden("filters/max-retire", &sandbox.run(["apply", "--yes", "--max-retire=1"]).exits(3).all());
    assert_eq!(sandbox.read("mirror/head.json"), head);
    let _allowed = sandbox.run(["apply", "--yes", "--max-retire=2"]).exits(0);
}

#[test]
fn a_filter_that_is_no_glob_is_an_error() {
    let sandbox = two();
    golden("filters/bad", &sandbox.run(["plan", "left@[1"]).exits(1).all());
}

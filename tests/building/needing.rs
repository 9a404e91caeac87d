//! Builds and tests that are given other artifacts.

use super::workplace::{bytes, counted, published, steps};
use crate::support::sandbox::Sandbox;

const MANIFEST: &str = r#"
[project]
name = "made"
[storage]
driver = "fs"
path = "mirror"

[dependencies.lib]
source = { driver = "dir", path = "upstream/lib" }
lines = [{ constraint = "*", keep = 2 }]
[dependencies.lib.build]
script = "lib.sh"
inputs = ["lib.txt"]

[dependencies.app]
source = { driver = "dir", path = "upstream/app" }
lines = [{ constraint = "*" }]
[dependencies.app.build]
script = "app.sh"
needs = ["lib@1.*"]
[dependencies.app.test]
run = ["bin/app"]
stdout = "with lib 1.5.0"
needs = ["lib@2.*"]
"#;

fn project() -> Sandbox {
    let sandbox = Sandbox::with(MANIFEST);
    for file in ["lib/lib-1.5.0", "lib/lib-2.0.0", "app/app-3.0.0"] {
        sandbox.write(&format!("upstream/{file}.tar.gz"), file);
    }
    sandbox.write("lib.txt", "with lib");
    sandbox.write(
        "lib.sh",
        "set -e\nmkdir \"$DEPSTATE_OUTPUT/share\"\n\
         echo \"$(cat \"$DEPSTATE_TREE/lib.txt\") $DEPSTATE_VERSION\" > \"$DEPSTATE_OUTPUT/share/lib\"\n",
    );
    sandbox.write(
        "app.sh",
        "set -e\nmkdir \"$DEPSTATE_OUTPUT/bin\"\ncd \"$DEPSTATE_OUTPUT/bin\"\n\
         printf '#!/bin/sh\\necho app %s\\n' \"$(cat \"$DEPSTATE_NEEDS/lib/share/lib\")\" > app\n\
         chmod 755 app\n",
    );
    sandbox
}

#[test]
fn one_apply_builds_what_is_needed_first() {
    let sandbox = project();
    let ran = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (3, 0, 0), "{}", ran.all());
    assert_eq!(published(&sandbox).len(), 3);
    let before = bytes(&sandbox, "app@3.0.0/any");
    let _settled = sandbox.run(["plan", "--detailed-exitcode", "--locked"]).exits(0);

    // What it needs is among its inputs; what its test needs is not.
    sandbox.write("lib.txt", "again with lib");
    assert_eq!(steps(&sandbox, &[]).len(), 3);
    let ran = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (3, 0, 0), "{}", ran.all());
    assert_ne!(bytes(&sandbox, "app@3.0.0/any"), before);
}

#[test]
fn what_is_published_is_taken_from_the_store() {
    let sandbox = project();
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    std::fs::remove_dir_all(sandbox.path(".depstate")).unwrap();
    for file in sandbox.files("mirror").iter().filter(|it| it.starts_with("cache/")) {
        std::fs::remove_file(sandbox.path("mirror").join(file)).unwrap();
    }
    let script = sandbox.read("app.sh");
    sandbox.write("app.sh", script + "# another\n");
    let ran = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (1, 0, 0), "{}", ran.all());
}

#[test]
fn who_needs_what_fails_is_held_back() {
    let sandbox = project();
    let script = sandbox.read("lib.sh");
    sandbox.write("lib.sh", "exit 4\n");
    let ran = sandbox.run(["apply", "--yes"]).exits(1);
    assert!(ran.stdout.contains("it needs lib@"), "{}", ran.all());
    assert!(ran.stdout.contains("which failed"), "{}", ran.all());
    assert!(published(&sandbox).is_empty());
    sandbox.write("lib.sh", script);
    let _mended = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(published(&sandbox).len(), 3);
}

#[test]
fn at_home_it_is_built_first_too() {
    let sandbox = project();
    let ran = sandbox.run(["build", "app"]).exits(0);
    assert_eq!(counted(&ran), (2, 0, 0), "{}", ran.all());
    let ran = sandbox.run(["test", "app"]).exits(0);
    assert_eq!(counted(&ran), (1, 1, 0), "{}", ran.all());
    assert_eq!(ran.stdout, "ok app@3.0.0/any (not published)\n");
    assert!(!sandbox.exists("mirror"), "something was published");
}

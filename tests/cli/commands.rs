//! The commands that look, explain and write a manifest.

use crate::support::{golden::golden, sandbox::Sandbox};

#[test]
fn init_writes_a_manifest_that_works_as_it_stands() {
    let sandbox = Sandbox::new();
    golden("commands/init", &sandbox.run(["init", "--name", "mine"]).exits(0).all());
    sandbox.write("upstream/hello-1.2.3-linux-amd64.tar.gz", "bytes");
    golden("commands/init-plan", &sandbox.run(["plan"]).exits(0).all());
    golden("commands/init-twice", &sandbox.run(["init"]).exits(1).all());
    assert_eq!(sandbox.read(".depstate/.gitignore").trim(), "*");
}

#[test]
fn show_and_status_tell_what_is_published() {
    let sandbox = Sandbox::example("quickstart");
    golden("commands/status-before", &sandbox.run(["status"]).exits(0).all());
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    golden("commands/status-after", &sandbox.run(["status"]).exits(0).all());
    golden("commands/show", &sandbox.run(["show"]).exits(0).all());
    let one = sandbox.run(["show", "hello@2.0.0/linux-amd64"]).exits(0);
    assert!(one.stdout.contains("sha256"), "{}", one.stdout);
    let _nothing = sandbox.run(["show", "nothing@*"]).exits(1);
    let json = sandbox.run(["show", "--format", "json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["records"].as_array().unwrap().len(), 6);
}

#[test]
fn explain_has_a_page_for_every_code() {
    let sandbox = Sandbox::new();
    let all = sandbox.run(["explain"]).exits(0);
    for page in depstate::model::PAGES {
        assert!(all.stdout.contains(page.code.as_str()));
    }
    golden("commands/explain", &sandbox.run(["explain", "upstream-changed"]).exits(0).all());
    golden(
        "commands/explain-unknown",
        &sandbox.run(["explain", "upstream-change"]).exits(64).all(),
    );
}

#[test]
fn drivers_and_schemas_are_listed() {
    let sandbox = Sandbox::new();
    golden("commands/drivers", &sandbox.run(["drivers"]).exits(0).all());
    for (which, file) in [
        ("deps", "deps.schema.json"),
        ("plan", "plan.schema.json"),
        ("output", "output.schema.json"),
        ("codes", "codes.json"),
        ("catalog", "catalog.schema.json"),
    ] {
        let printed = sandbox.run(["schema", which]).exits(0).stdout;
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(file);
        assert!(printed == std::fs::read_to_string(path).unwrap(), "schema/{file} is stale");
    }
}

#[test]
fn usage_errors_are_64_and_help_is_0() {
    let sandbox = Sandbox::new();
    let _unknown = sandbox.run(["plam"]).exits(64);
    let _flag = sandbox.run(["plan", "--no-such-flag"]).exits(64);
    let _value = sandbox.run(["plan", "--jobs", "0"]).exits(64);
    let _help = sandbox.run(["--help"]).exits(0);
    let version = sandbox.run(["--version"]).exits(0);
    assert_eq!(version.stdout, concat!("depstate ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn flags_come_from_the_environment_too() {
    let mut sandbox = Sandbox::example("quickstart");
    sandbox.set("DEPSTATE_FORMAT", "json");
    let plan = sandbox.run(["plan"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!(json["project"], "quickstart");
}

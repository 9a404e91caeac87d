//! `build` and `test`: at home, nothing published.

use super::workplace::{BUILD, TWO, counted, published, workplace};

const TEST: &str = "\n[dependencies.tool.test]\nrun = [\"bin/tool\"]\nstdout = \"{{ version }}\"\n";

#[test]
fn a_build_prints_where_its_output_is() {
    let sandbox = workplace(&["1.0.0"], TWO, BUILD);
    let ran = sandbox.run(["build", "tool@1.0.0/linux-amd64"]).exits(0);
    assert!(ran.stderr.contains("| the script says linux-amd64"), "{}", ran.all());
    let file = ".depstate/build/tool-1.0.0-linux-amd64.tar.gz";
    assert_eq!(ran.stdout, format!("$SANDBOX/project/{file}\n"));
    let built = std::fs::read(sandbox.path(file)).unwrap();
    assert!(!sandbox.exists("mirror") && !sandbox.exists("deps.lock"), "something was published");

    // Apply takes the very same.
    let ran = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (1, 1, 0), "{}", ran.all());
    assert_eq!(super::workplace::bytes(&sandbox, "tool@1.0.0/linux-amd64"), built);
    assert_eq!(published(&sandbox).len(), 2);
}

#[test]
fn without_a_storage_it_builds_too() {
    let sandbox = workplace(&["1.0.0"], &TWO[..1], BUILD);
    sandbox.write("mirror", "a file where the folder should be");
    let ran = sandbox.run(["build", "tool"]).exits(0);
    assert_eq!(counted(&ran), (1, 0, 0), "{}", ran.all());
}

#[test]
fn what_can_not_be_built_is_said() {
    let sandbox = workplace(&["1.0.0"], TWO, TEST);
    let ran = sandbox.run(["build", "tool"]).exits(1);
    assert!(ran.stderr.contains("bad-filter") && ran.stderr.contains("`build`"), "{}", ran.all());
    let ran = sandbox.run(["build", "toll"]).exits(1);
    assert!(ran.stderr.contains("bad-filter"), "{}", ran.all());
    let _usage = sandbox.run(["build"]).exits(64);
}

#[test]
fn a_test_builds_first_and_then_tries_what_is_published() {
    let sandbox = workplace(&["1.0.0"], &TWO[..1], &format!("{BUILD}{TEST}"));
    let ran = sandbox.run(["test", "tool"]).exits(0);
    assert_eq!(ran.stdout, "ok tool@1.0.0/linux-amd64 (not published)\n");
    assert_eq!(counted(&ran), (1, 0, 0), "{}", ran.all());
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    std::fs::remove_dir_all(sandbox.path(".depstate")).unwrap();
    let ran = sandbox.run(["test", "tool"]).exits(0);
    assert_eq!(ran.stdout, "ok tool@1.0.0/linux-amd64 (published)\n");
    assert_eq!(counted(&ran), (0, 0, 0), "{}", ran.all());
}

#[test]
fn the_json_is_what_its_schema_says() {
    let sandbox = workplace(&["1.0.0"], &TWO[..1], &format!("{BUILD}{TEST}"));
    let schema = sandbox.run(["schema", "output"]).exits(0).stdout;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    for command in ["build", "test"] {
        let said = sandbox.json(&[command, "tool"]);
        let definition = serde_json::json!({
            "$schema": schema["$schema"],
            "definitions": schema["definitions"],
            "$ref": format!("#/definitions/{command}"),
        });
        let validator = jsonschema::validator_for(&definition).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&said).map(|it| it.to_string()).collect();
        assert!(wrong.is_empty(), "{said}: {wrong:?}");
    }
}

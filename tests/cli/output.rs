//! Data on stdout, talk on stderr; formats, colours, closed pipes.

use std::{io::Read as _, process::Stdio};

use crate::support::{golden::golden, sandbox::Sandbox};

#[test]
fn markdown_has_the_summary_first_then_a_table() {
    let sandbox = Sandbox::example("quickstart");
    let plan = sandbox.run(["plan", "--format", "markdown"]).exits(0);
    let text: Vec<&str> = plan.stdout.lines().filter(|l| !l.starts_with("Plan digest")).collect();
    golden("output/markdown", &text.join("\n"));
}

#[test]
fn json_is_what_the_schema_says_and_goes_to_a_file_too() {
    let sandbox = Sandbox::example("quickstart");
    let plan = sandbox.run(["plan", "--format", "json", "--json-into", "plan-copy.json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
    let schema = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/plan.schema.json");
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&json).map(|e| e.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(json["actions"].as_array().unwrap().len(), 6);
    assert_eq!(sandbox.read("plan-copy.json"), plan.stdout);
    // The other way round: text on stdout, JSON in the file.
    let text = sandbox.run(["plan", "--json-into", "plan-copy.json"]).exits(0);
    assert!(text.stdout.contains("Plan:"));
}

#[test]
fn every_json_is_what_its_schema_says() {
    let schema = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/output.schema.json");
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let sandbox = Sandbox::example("quickstart");
    std::fs::remove_file(sandbox.path("deps.lock")).unwrap();
    for (name, arguments) in [
        ("lock", &["lock"][..]),
        ("apply", &["apply", "--yes"]),
        ("update", &["update"]),
        ("show", &["show"]),
        ("status", &["status"]),
        ("drivers", &["drivers"]),
        ("verify", &["verify", "--deep"]),
        ("doctor", &["doctor", "--probe"]),
        ("history", &["history"]),
        ("rollback", &["rollback", "0", "--yes"]),
        ("gc", &["gc"]),
        ("catalog", &["catalog"]),
        ("add", &["add", "ruby", "--dry-run"]),
        ("status-tx", &["status", "--tx", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]),
    ] {
        let exit = i32::from(name == "status-tx");
        let ran = sandbox.run(arguments.iter().copied().chain(["--format", "json"])).exits(exit);
        let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let mut one = schema.clone();
        one["$ref"] = format!("#/definitions/{name}").into();
        let validator = jsonschema::validator_for(&one).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&json).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{json:#}");
        assert!(!validator.is_valid(&serde_json::json!({})), "{name}: the schema takes anything");
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let sandbox = Sandbox::example("quickstart");
    let plan =
        || sandbox.run(["plan", "--format", "json", "--as-of", "2026-11-20"]).exits(0).stdout;
    let first = plan();
    for _ in 0..3 {
        assert_eq!(plan(), first);
    }
}

#[test]
fn colours_only_where_they_are_wanted() {
    let mut sandbox = Sandbox::example("quickstart");
    assert!(!sandbox.run(["plan"]).stdout.contains('\u{1b}'));
    assert!(sandbox.run(["plan", "--color", "always"]).stdout.contains('\u{1b}'));
    sandbox.set("CLICOLOR_FORCE", "1");
    assert!(!sandbox.run(["plan"]).stdout.contains('\u{1b}'), "NO_COLOR holds");
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let sandbox = Sandbox::example("quickstart");
    for command in [&["plan"][..], &["plan", "--format", "json"], &["schema", "deps"], &["explain"]]
    {
        let mut child = sandbox
            .command(command.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{command:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
fn quiet_says_less_and_stdout_stays_data() {
    let sandbox = Sandbox::example("quickstart");
    let loud = sandbox.run(["apply", "--yes"]).exits(0);
    assert!(loud.stderr.contains("uploaded"), "{}", loud.all());
    assert!(!loud.stdout.contains("uploaded"));
    let silent = sandbox.run(["plan", "-qq"]).exits(0);
    assert_eq!(silent.stderr, "");
}

#[test]
fn apply_needs_yes_where_nobody_can_be_asked() {
    let sandbox = Sandbox::example("quickstart");
    golden("output/needs-yes", &sandbox.run(["apply"]).exits(1).all());
    assert!(!sandbox.exists("mirror"));
}

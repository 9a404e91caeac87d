//! A saved plan is derived again, never obeyed.

use crate::support::{golden::golden, sandbox::Sandbox};

fn saved() -> Sandbox {
    let sandbox = Sandbox::example("quickstart");
    let _plan = sandbox.run(["plan", "--out", "plan.json"]).exits(0);
    sandbox
}

#[test]
fn it_is_applied_without_a_question_and_only_once() {
    let sandbox = saved();
    let applied = sandbox.run(["apply", "plan.json"]).exits(0);
    assert!(applied.stdout.contains("6 created"), "{}", applied.all());
    golden("saved_plan/twice", &sandbox.run(["apply", "plan.json"]).exits(4).all());
}

#[test]
fn it_can_be_shown_even_when_it_is_stale() {
    let sandbox = saved();
    std::fs::remove_file(sandbox.path("deps.toml")).unwrap();
    let shown = sandbox.run(["show", "plan.json"]).exits(0);
    assert!(shown.stdout.contains("hello@2.0.0/linux-arm64"), "{}", shown.all());
}

#[test]
fn a_changed_manifest_or_lock_makes_it_stale() {
    let sandbox = saved();
    let manifest = sandbox.read("deps.toml");
    sandbox.write("deps.toml", format!("{manifest}\n# a comment\n"));
    golden("saved_plan/manifest", &sandbox.run(["apply", "plan.json"]).exits(4).all());
    sandbox.write("deps.toml", manifest);
    let lock = sandbox.read("deps.lock");
    sandbox.write("deps.lock", format!("{lock}\n# a comment\n"));
    let _stale = sandbox.run(["apply", "plan.json"]).exits(4);
    assert!(!sandbox.exists("mirror"));
}

#[test]
fn editing_it_can_only_cause_refusal() {
    let sandbox = saved();
    let plan = sandbox.read("plan.json");
    let mut json: serde_json::Value = serde_json::from_str(&plan).unwrap();
    json["actions"].as_array_mut().unwrap().pop();
    sandbox.write("plan.json", serde_json::to_string(&json).unwrap());
    let edited = sandbox.run(["apply", "plan.json"]);
    assert!([1, 4].contains(&edited.status), "{}", edited.all());
    sandbox.write("plan.json", "{}");
    let _none = sandbox.run(["apply", "plan.json"]).exits(1);
    sandbox.write("plan.json", [0, 159, 146, 150]);
    let _junk = sandbox.run(["apply", "plan.json"]).exits(1);
    assert!(!sandbox.exists("mirror"));
}

#[test]
fn an_old_one_is_refused() {
    let sandbox = Sandbox::example("quickstart");
    let _old = sandbox.run(["plan", "--out", "plan.json", "--as-of", "2026-01-01"]).exits(0);
    golden("saved_plan/old", &sandbox.run(["apply", "plan.json"]).exits(4).all());
}

#[test]
fn filters_are_in_it_and_not_beside_it() {
    let sandbox = saved();
    let _usage = sandbox.run(["apply", "plan.json", "hello@1.0.0"]).exits(64);
    let _usage = sandbox.run(["apply", "plan.json", "--update"]).exits(64);
}

#[test]
fn one_whose_digests_are_not_known_is_not_applied() {
    let sandbox = Sandbox::example("quickstart");
    std::fs::remove_file(sandbox.path("deps.lock")).unwrap();
    let plan = sandbox.run(["plan", "--out", "plan.json"]).exits(0);
    assert!(plan.stdout.contains("digest: at apply"), "{}", plan.all());
    golden("saved_plan/undecided", &sandbox.run(["apply", "plan.json"]).exits(1).all());
}

//! Rebuilt is what changed, all of it, and nothing else.

use super::workplace::{BUILD, TWO, bytes, counted, published, steps, workplace};

#[test]
fn a_patch_rebuilds_the_artifacts_that_name_it_and_a_comment_none() {
    let sandbox = workplace(&["1.0.0", "2.0.0"], TWO, BUILD);
    let first = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&first), (4, 0, 0), "{}", first.all());
    assert_eq!(published(&sandbox).len(), 4);
    let settled = ["plan", "--detailed-exitcode", "--locked"];
    let _settled = sandbox.run(settled).exits(0);

    let text = sandbox.read("deps.toml");
    sandbox.write("deps.toml", text.replace("[project]", "# a comment\n[project]"));
    let _comment = sandbox.run(settled).exits(0);

    sandbox.write("patches/2.0.0-linux-arm64.patch", "# patched\n");
    let step = ("tool@2.0.0/linux-arm64".to_owned(), "rebuild".to_owned());
    assert_eq!(steps(&sandbox, &[]), [step].into());
    let plan = sandbox.run(["plan"]).exits(0);
    assert!(plan.stdout.contains("patches/2.0.0-linux-arm64.patch"), "{}", plan.stdout);
    let before = bytes(&sandbox, "tool@2.0.0/linux-amd64");
    let ran = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (1, 0, 0), "{}", ran.all());
    assert_eq!(bytes(&sandbox, "tool@2.0.0/linux-amd64"), before);
    let _settled = sandbox.run(settled).exits(0);

    // What was built before is in the cache: going back builds nothing.
    std::fs::remove_file(sandbox.path("patches/2.0.0-linux-arm64.patch")).unwrap();
    let ran = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (0, 1, 0), "{}", ran.all());

    // The script is in all of them.
    let script = sandbox.read("build.sh") + "# more\n";
    sandbox.write("build.sh", script);
    assert_eq!(steps(&sandbox, &[]).len(), 4);
}

#[test]
fn who_asks_for_it_gets_a_build_of_the_same_inputs() {
    let sandbox = workplace(&["1.0.0"], TWO, BUILD);
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let before = bytes(&sandbox, "tool@1.0.0/linux-amd64");
    let asked = ["--rebuild", "tool@*/linux-amd64"];
    assert_eq!(steps(&sandbox, &asked).len(), 1);
    let ran = sandbox.run(["apply", "--yes", "--rebuild", "tool@*/linux-amd64"]).exits(0);
    assert_eq!(counted(&ran), (1, 0, 0), "{}", ran.all());
    assert_eq!(bytes(&sandbox, "tool@1.0.0/linux-amd64"), before, "the same inputs, other bytes");
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_saved_plan_knows_what_was_asked_for() {
    let sandbox = workplace(&["1.0.0"], TWO, BUILD);
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let _saved = sandbox.run(["plan", "--rebuild", "tool", "--out", "saved.json"]).exits(0);
    let ran = sandbox.run(["apply", "saved.json"]).exits(0);
    assert_eq!(counted(&ran), (2, 0, 0), "{}", ran.all());
}

#[test]
fn the_same_build_gives_the_same_bytes_wherever_it_runs() {
    let (one, other) = (workplace(&["1.0.0"], TWO, BUILD), workplace(&["1.0.0"], TWO, BUILD));
    let of = |sandbox: &crate::support::sandbox::Sandbox| {
        let made = sandbox.json(&["build", "tool", "--rebuild"]);
        let built = made["built"].as_array().unwrap();
        assert_eq!(built.len(), 2, "{made}");
        let text = |it: &serde_json::Value, name: &str| it[name].as_str().unwrap().to_owned();
        assert!(built.iter().all(|it| text(it, "from") == "built"), "{made}");
        built.iter().map(|it| (text(it, "input"), text(it, "sha256"))).collect::<Vec<_>>()
    };
    let first = of(&one);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(of(&one), first);
    assert_eq!(of(&other), first);
}

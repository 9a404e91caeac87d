//! What is published was tried, the very bytes of it.

use super::workplace::{BUILD, TWO, counted, published, records, workplace};

const TEST: &str = "
[dependencies.tool.test]
run = [\"bin/tool\"]
stdout = \"tool {{ version }} for\"
files = [\"bin/tool\"]
";

#[test]
fn what_holds_is_published_with_the_evidence() {
    let sandbox = workplace(&["1.0.0"], TWO, &format!("{BUILD}{TEST}"));
    let ran = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (2, 0, 0), "{}", ran.all());
    for (address, record) in records(&sandbox) {
        assert!(record["test"]["executor"].as_str().unwrap().starts_with("sandbox"), "{record}");
        assert!(record["build"]["executor"].as_str().unwrap().starts_with("sandbox"), "{record}");
        assert_eq!(record["build"]["contract"], 1, "{address}");
        assert_eq!(record["build"]["log-sha256"].as_str().unwrap().len(), 64, "{address}");
        assert_ne!(record["source"]["sha256"], record["sha256"], "{address}");
    }
    // A test decides no bytes.
    let text = sandbox.read("deps.toml");
    sandbox.write("deps.toml", text.replace("tool {{ version }} for", "{{ version }}"));
    let _same = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn what_does_not_hold_is_not_published_and_not_built_again() {
    let sandbox = workplace(&["1.0.0"], TWO, &format!("{BUILD}{TEST}"));
    let text = sandbox.read("deps.toml");
    sandbox.write("deps.toml", text.replace("tool {{ version }} for", "nobody says this"));
    let ran = sandbox.run(["apply", "--yes"]).exits(1);
    let all = ran.all();
    assert!(ran.stdout.contains("check-failed"), "{all}");
    assert!(ran.stdout.contains("nobody says this"), "{all}");
    assert!(ran.stdout.contains(".depstate/logs/tool-1.0.0-linux-amd64.test.log"), "{all}");
    assert!(published(&sandbox).is_empty());
    sandbox.write("deps.toml", text);
    let ran = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (0, 2, 0), "{}", ran.all());
    assert_eq!(published(&sandbox).len(), 2);
}

#[test]
fn what_is_mirrored_is_tried_too() {
    let test = "\n[dependencies.tool.test]\nscript = \"try.sh\"\n";
    let sandbox = workplace(&["1.0.0", "2.0.0"], TWO, test);
    sandbox.write("try.sh", "set -e\ntest \"$DEPSTATE_VERSION\" = 1.0.0\n");
    let ran = sandbox.run(["apply", "--yes"]).exits(5);
    assert!(ran.stdout.contains("step-failed"), "{}", ran.all());
    let expected: Vec<String> = TWO.iter().map(|target| format!("tool@1.0.0/{target}")).collect();
    assert_eq!(published(&sandbox).into_iter().collect::<Vec<_>>(), expected);
    let records = records(&sandbox);
    let record = &records["tool@1.0.0/linux-amd64"];
    assert_eq!(record["source"]["sha256"], record["sha256"], "{record}");
    assert!(record["test"]["executor"].as_str().unwrap().starts_with("sandbox"), "{record}");
}

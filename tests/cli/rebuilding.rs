//! What a person sees of what is built again, and why.

use crate::support::sandbox::Sandbox;

const MANIFEST: &str = r#"[project]
name = "made"

[storage]
driver = "fs"
path = "mirror"

[dependencies.tool]
source = { driver = "dir", path = "upstream" }
lines = [{ constraint = "*" }]

[dependencies.tool.build]
script = "build/tool.sh"
inputs = ["build/patches/*"]
executor = "host"
archive = "file"
"#;

const SCRIPT: &str = "#!/bin/sh\nset -eu\ncp \"$DEPSTATE_SOURCE\" \"$DEPSTATE_OUTPUT/tool\"\n";

fn published() -> Sandbox {
    let sandbox = Sandbox::with(MANIFEST);
    sandbox.write("upstream/tool-1.0.0.tar.gz", "the source");
    sandbox.write("build/tool.sh", SCRIPT);
    sandbox.write("build/patches/a.patch", "one\ntwo\n");
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    sandbox
}

#[test]
fn a_plan_says_file_by_file_what_changed_and_with_v_line_by_line() {
    let sandbox = published();
    let _same = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    sandbox.write("deps.toml", format!("# A comment.\n{MANIFEST}"));
    let _same = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);

    sandbox.write("build/patches/a.patch", "one\nzwei\n");
    sandbox.write("build/patches/b.patch", "new\n");
    let plain = sandbox.run(["plan"]).exits(0).stdout;
    assert!(
        plain.contains("build/patches/a.patch changed; build/patches/b.patch added"),
        "{plain}"
    );
    assert!(!plain.contains("zwei"), "{plain}");
    let json = sandbox.json(&["plan"]);
    assert_eq!(
        json["actions"][0]["reason"],
        serde_json::json!({
            "code": "input-changed",
            "detail": {
                "changed": ["build/patches/a.patch"],
                "added": ["build/patches/b.patch"],
                "removed": [],
            },
        })
    );
    let wants = ["-two", "+zwei", "+++ b/build/patches/b.patch", "+new"];
    let told = |sandbox: &Sandbox| {
        let text = sandbox.run(["plan", "-v"]).exits(0).stdout;
        wants.iter().all(|want| text.contains(want)).then_some(()).ok_or(text)
    };
    assert_eq!(told(&sandbox), Ok(()), "from this checkout's cache");
    // Another checkout has no cache: the record knows.
    fs_err::remove_dir_all(sandbox.path(".depstate")).unwrap();
    assert_eq!(told(&sandbox), Ok(()), "from what was published");
    let markdown = sandbox.run(["plan", "-v", "--format", "markdown"]).exits(0).stdout;
    assert!(markdown.contains("```diff") && markdown.contains("+zwei"), "{markdown}");
    // What is built is decided by its inputs: a saved plan of it can be applied.
    let _saved = sandbox.run(["plan", "--out", "plan.json"]).exits(0);
    let _applied = sandbox.run(["apply", "plan.json", "--yes"]).exits(0);
    let _same = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn show_tells_what_the_bytes_were_made_of() {
    let sandbox = published();
    let shown = sandbox.run(["show", "tool"]).exits(0).stdout;
    for want in [
        "input digest",
        "build/patches/a.patch",
        "build/tool.sh",
        "built",
        "host",
        "contract 1",
        "build log",
        ".inputs.json",
        ".provenance.json",
    ] {
        assert!(shown.contains(want), "no `{want}`: {shown}");
    }
    let json = sandbox.json(&["show", "tool"]);
    let record = &json["records"][0];
    assert_eq!(record["build"]["executor"], "host");
    assert!(record["inputs"]["build/tool.sh"].is_string(), "{record}");
    let side = record["side"].as_array().unwrap();
    assert!(side.iter().any(|key| key.as_str().unwrap().ends_with(".inputs.json")));
}

#[test]
fn a_mode_and_a_file_that_is_gone_are_told() {
    let sandbox = published();
    fs_err::remove_file(sandbox.path("build/tool.sh")).unwrap();
    let ran = sandbox.run(["plan"]).exits(1);
    assert!(
        ran.stdout.contains("no-input") && ran.stdout.contains("build/tool.sh"),
        "{}",
        ran.all()
    );
    assert!(ran.stdout.contains("deps.toml:13"), "at its line: {}", ran.all());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let script = sandbox.path("build/tool.sh");
        fs_err::write(&script, SCRIPT).unwrap();
        fs_err::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let ran = sandbox.run(["plan", "-v"]).exits(0);
        assert!(ran.stdout.contains("build/tool.sh changed"), "{}", ran.all());
        assert!(ran.stdout.contains("whether it may be executed changed"), "{}", ran.all());
    }
}

//! A project whose source and store are not built in, with the real program.

use super::Bin;
use crate::support::{golden::golden, sandbox::Sandbox};

const PROGRAMS: [&str; 2] = ["depstate-source-changelog", "depstate-storage-folder"];

/// The example project, with its drivers on PATH; nothing is allowed yet.
fn project() -> (Sandbox, Bin) {
    let bin = Bin::new();
    for program in PROGRAMS {
        let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/drivers");
        bin.write(program, &fs_err::read_to_string(from.join(program)).unwrap());
    }
    let mut sandbox = Sandbox::example("external");
    sandbox.set("PATH", &bin.search_path());
    sandbox.replace(bin.folder.path().to_str().unwrap(), "$BIN");
    for program in PROGRAMS {
        let digest = depstate::external::digest_of(&bin.path(program)).unwrap().to_string();
        sandbox.replace(&digest, &format!("<digest of {program}>"));
    }
    (sandbox, bin)
}

fn allowed() -> (Sandbox, Bin) {
    let (mut sandbox, bin) = project();
    allow(&mut sandbox, &bin);
    (sandbox, bin)
}

/// Allows every driver as it is now.
fn allow(sandbox: &mut Sandbox, bin: &Bin) {
    sandbox.write(".depstate/config.toml", bin.allowing());
    let file = sandbox.path(".depstate/config.toml");
    sandbox.set("DEPSTATE_CONFIG", file.to_str().unwrap());
}

#[test]
fn lock_plan_apply_and_nothing_the_second_time() {
    let (sandbox, _bin) = allowed();
    let _locked = sandbox.run(["lock"]).exits(0);
    let lock = sandbox.read("deps.lock");
    assert!(lock.contains("driver:tool-1.2.0.tar.gz"), "{lock}");
    assert!(!lock.contains("1.1.1"), "a yanked release is locked: {lock}");
    golden("external/plan", &sandbox.run(["plan"]).exits(0).all());
    // One after the other: who of two is uploaded first is nobody's promise.
    golden("external/apply", &sandbox.run(["apply", "--yes", "--jobs", "1"]).exits(0).all());
    let files = sandbox.files("mirror");
    assert!(files.iter().any(|file| file.starts_with("artifacts/tool/1.2.0/")), "{files:?}");
    golden("external/apply-again", &sandbox.run(["apply", "--yes"]).exits(0).all());
    let _sound = sandbox.run(["verify", "--deep"]).exits(0);
    let _upstream = sandbox.run(["verify", "--upstream"]).exits(0);
    let _healthy = sandbox.run(["doctor", "--probe"]).exits(0);
    // A release goes, another comes.
    let log = sandbox.read("upstream/CHANGELOG.md");
    sandbox.write(
        "upstream/CHANGELOG.md",
        log.replace("## [1.2.0]", "## [1.3.0] - 2026-04-02\n\n## [1.2.0]"),
    );
    sandbox.write("upstream/tool-1.3.0.tar.gz", "tool 1.3.0");
    let _updated = sandbox.run(["update"]).exits(0);
    let applied = sandbox.run(["apply", "--yes"]).exits(0);
    assert!(applied.all().contains("tool@1.3.0"), "{}", applied.all());
    // The same folder is a store for the driver that is built in: they keep to one form.
    let _collected = sandbox.run(["gc"]).exits(0);
}

#[test]
fn nothing_runs_that_is_not_allowed() {
    let (sandbox, bin) = project();
    // Whatever would run would leave a trace.
    let trace = sandbox.path("trace");
    for program in PROGRAMS {
        let text = fs_err::read_to_string(bin.path(program)).unwrap();
        let line =
            format!("import pathlib; pathlib.Path('{}').touch()\nimport base64\n", trace.display());
        bin.write(program, &text.replacen("import base64\n", &line, 1));
    }
    let _unwell = sandbox.run(["doctor"]).exits(1);
    for command in [&["plan"][..], &["lock"], &["apply", "--yes"], &["status"]] {
        let refused = sandbox.run(command.iter().copied()).exits(1);
        assert!(refused.stderr.contains("driver-not-allowed"), "{}", refused.all());
    }
    let _listed = sandbox.run(["drivers"]).exits(0);
    let _line = sandbox.run(["drivers", "allow", "folder"]).exits(0);
    let test = sandbox.run(["drivers", "test", "folder", "--set", "path = 'x'"]).exits(1);
    assert!(test.stderr.contains("driver-not-allowed"), "{}", test.all());
    assert!(!trace.exists(), "a program that nothing allows was run");
}

#[test]
fn who_is_not_allowed_or_changed_is_told_at_its_line() {
    let (mut sandbox, bin) = project();
    golden("external/not-allowed", &sandbox.run(["plan"]).exits(1).all());
    golden("external/drivers-allow", &sandbox.run(["drivers", "allow", "folder"]).exits(0).all());
    allow(&mut sandbox, &bin);
    let _planned = sandbox.run(["plan"]).exits(0);
    let text = fs_err::read_to_string(bin.path("depstate-storage-folder")).unwrap();
    bin.write("depstate-storage-folder", &format!("{text}# changed\n"));
    let changed = sandbox.run(["plan"]).exits(3);
    assert!(changed.stderr.contains("driver-changed"), "{}", changed.all());
    assert!(changed.stderr.contains("deps.toml:9:"), "{}", changed.all());
    let json = sandbox.json(&["drivers"]);
    let found: Vec<_> =
        json["external"].as_array().unwrap().iter().map(|d| &d["allowance"]).collect();
    assert_eq!(found, ["allowed", "changed"]);
    // What is not on PATH is no driver at all.
    fs_err::remove_file(bin.path("depstate-storage-folder")).unwrap();
    let gone = sandbox.run(["plan"]).exits(1);
    assert!(
        gone.stderr.contains("no executable `depstate-storage-folder` on PATH"),
        "{}",
        gone.all()
    );
}

#[test]
fn mistakes_in_a_drivers_table_are_told() {
    let (sandbox, _bin) = allowed();
    let text = sandbox.read("deps.toml");
    sandbox.write("deps.toml", text.replace("path = \"mirror\"", "path = \"mirror\"\npaht = 1"));
    golden("external/unknown-key", &sandbox.run(["plan"]).exits(1).all());
    sandbox.write("deps.toml", text.replace("tool-{version}", "tool"));
    let refused = sandbox.run(["lock"]);
    assert_eq!(refused.status, 1, "{}", refused.all());
    assert!(
        refused.all().contains("deps.toml:25: `name`: it is no name of a file"),
        "{}",
        refused.all()
    );
    sandbox.write("deps.toml", text.replace("path = \"mirror\"", "path = { env = \"HOME\" }"));
    let secret = sandbox.run(["plan"]).exits(1);
    assert!(secret.stderr.contains("env-name"), "{}", secret.all());
}

#[test]
fn offline_asks_no_source_and_does_not_start_it() {
    let (mut sandbox, bin) = allowed();
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    bin.write("depstate-source-changelog", "#!/bin/sh\ntouch started\nexit 9\n");
    allow(&mut sandbox, &bin);
    let _same = sandbox.run(["plan", "--offline"]).exits(0);
    let _locked = sandbox.run(["apply", "--yes", "--locked"]).exits(0);
    assert!(!sandbox.exists("started"));
    let failed = sandbox.run(["update"]).exits(1);
    assert!(sandbox.exists("started"));
    assert!(failed.all().contains("exit status: 9"), "{}", failed.all());
}

#[test]
fn a_driver_can_be_tested() {
    let (mut sandbox, bin) = allowed();
    let tested =
        sandbox.run(["drivers", "test", "depstate-storage-folder", "--set", "path = 'scratch'"]);
    let tested = tested.exits(0);
    assert!(tested.stdout.contains("ok      no increment is lost\n"), "{}", tested.all());
    assert!(tested.stdout.ends_with(", 0 broken, 0 not tried\n"), "{}", tested.all());
    let busy = sandbox.run(["drivers", "test", "folder", "--set", "path = 'upstream'"]).exits(1);
    assert!(busy.stdout.contains("FAILED  the place is empty"), "{}", busy.all());
    let text = fs_err::read_to_string(bin.path("depstate-source-changelog")).unwrap();
    bin.write("depstate-source-changelog", &text.replace("file.seek(start)", "file.seek(0)"));
    allow(&mut sandbox, &bin);
    let set = [
        "changelog = 'upstream/CHANGELOG.md'",
        "files = 'upstream'",
        "name = 'tool-{version}.tar.gz'",
    ];
    let arguments = ["drivers", "test", "changelog"]
        .into_iter()
        .chain(set.iter().flat_map(|set| ["--set", set]));
    let json = sandbox.run(arguments.chain(["--format", "json"])).exits(1);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["failed"], 1, "{json:#}");
    let nobody = sandbox.run(["drivers", "test", "nobody"]).exits(1);
    assert!(nobody.stderr.contains("depstate-source-nobody"), "{}", nobody.all());
}

//! Every bad input gets a clear error, exit 1, and nothing is written.

use std::time::Instant;

use crate::support::{golden::golden, sandbox::Sandbox};

fn with_template(file: &str) -> Sandbox {
    let sandbox = Sandbox::with(&format!(
        r#"
[project]
name = "bad"
[storage]
driver = "fs"
path = "mirror"
[dependencies.tool]
file = "{file}"
source = {{ driver = "dir", path = "upstream" }}
lines = [{{ constraint = "*" }}]
"#
    ));
    sandbox.write("upstream/tool-1.0.0.tar.gz", "bytes");
    sandbox
}

fn untouched(sandbox: &Sandbox) {
    assert!(!sandbox.exists("deps.lock"), "deps.lock was written");
    assert!(!sandbox.exists("mirror"), "the storage was written");
}

#[test]
fn a_manifest_that_is_too_large_or_no_text() {
    let sandbox = Sandbox::new();
    let _none = sandbox.run(["plan"]).exits(1);
    golden("bad_input/no-manifest", &sandbox.run(["plan"]).all());
    sandbox.write("deps.toml", "# a comment\n".repeat(900_000));
    let since = Instant::now();
    golden("bad_input/10-mb", &sandbox.run(["plan"]).exits(1).all());
    assert!(since.elapsed().as_secs() < 20, "a manifest of 10 MB took {:?}", since.elapsed());
    sandbox.write(
        "deps.toml",
        (0..4096_u32).flat_map(|n| (n * 7919).to_be_bytes()).collect::<Vec<u8>>(),
    );
    let junk = sandbox.run(["plan"]).exits(1);
    assert!(!junk.stderr.contains("panicked"), "{}", junk.all());
    sandbox.write("deps.toml", "[".repeat(50_000));
    let _deep = sandbox.run(["plan"]).exits(1);
    sandbox.write("deps.toml", "");
    let _empty = sandbox.run(["plan"]).exits(1);
    untouched(&sandbox);
}

#[test]
fn all_mistakes_come_in_one_report() {
    let sandbox = Sandbox::with(
        r#"
[project]
name = "bad"
[storage]
driver = "fs"
pth = "mirror"
[dependencies.tool]
licences = ["MIT"]
source = { driver = "http-jsn", url = "https://example.com/index.json" }
lines = [{ constraint = "1.2.3" }]
[dependencies.other]
source = { driver = "dir", path = 7, patern = "x" }
lines = []
"#,
    );
    golden("bad_input/all-mistakes", &sandbox.run(["apply", "--yes"]).exits(1).all());
    untouched(&sandbox);
}

#[test]
fn a_template_that_names_itself_or_never_ends() {
    for (name, file) in [
        ("names-itself", "{{ file }}"),
        ("macro-calls-itself", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}"),
        (
            "loops",
            "{% for a in 'xxxxxxxxxxxxxxxxxxxx' %}{% for b in 'xxxxxxxxxxxxxxxxxxxx' %}{% for c in 'xxxxxxxxxxxxxxxxxxxx' %}{% for d in 'xxxxxxxxxxxxxxxxxxxx' %}{{ version }}{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
        ),
        ("grows", "{% set x = 'x' * 100000000 %}{{ x }}"),
    ] {
        let sandbox = with_template(file);
        let ran = sandbox.run(["apply", "--yes"]);
        assert_eq!(ran.status, 1, "{name}: {}", ran.all());
        assert!(!ran.stderr.contains("panicked"), "{name}: {}", ran.all());
        golden(&format!("bad_input/template-{name}"), &ran.all());
        assert!(
            !sandbox.exists("deps.lock") && sandbox.files("mirror/artifacts").is_empty(),
            "{name}"
        );
    }
}

#[test]
fn a_prefix_that_another_project_owns() {
    let sandbox = Sandbox::example("quickstart");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let head = sandbox.read("mirror/head.json");
    let lock = sandbox.read("deps.lock");
    let manifest = sandbox.read("deps.toml").replace("name = \"quickstart\"", "name = \"another\"");
    sandbox.write("deps.toml", manifest);
    golden("bad_input/not-owner", &sandbox.run(["plan"]).exits(1).all());
    let _refused = sandbox.run(["apply", "--yes"]).exits(1);
    assert_eq!(sandbox.read("mirror/head.json"), head);
    assert_eq!(sandbox.read("deps.lock"), lock);
}

#[test]
fn a_store_that_contradicts_itself() {
    let sandbox = Sandbox::example("quickstart");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    std::fs::remove_dir_all(sandbox.path(".depstate")).unwrap();
    let index = sandbox.files("mirror/index/hello").remove(0);
    let path = format!("mirror/index/hello/{index}");
    let document = sandbox.read(&path);
    sandbox.write(&path, document.replace("hello", "hullo"));
    let changed = sandbox.run(["plan"]).exits(1);
    assert!(changed.stderr.contains("storage-damaged"), "{}", changed.all());
    std::fs::remove_file(sandbox.path(&path)).unwrap();
    let missing = sandbox.run(["plan"]).exits(1);
    assert!(missing.stderr.contains("storage-damaged"), "{}", missing.all());
    sandbox.write("mirror/head.json", "{");
    let _junk = sandbox.run(["plan"]).exits(1);
    // Generations without a HEAD are damage, never a fresh start.
    std::fs::remove_file(sandbox.path("mirror/head.json")).unwrap();
    let plan = sandbox.run(["plan"]).exits(1);
    assert!(plan.stderr.contains("storage-damaged"), "{}", plan.all());
    let _damage = sandbox.run(["apply", "--yes"]).exits(1);
    assert!(!sandbox.exists("mirror/head.json"));
}

#[test]
fn a_configuration_that_git_tracks() {
    let sandbox = Sandbox::example("quickstart");
    sandbox.write(".depstate/config.toml", "");
    let _untracked = sandbox.run(["plan"]).exits(0);
}

//! What builds are made of: fetched once, held against deps.lock, sub-dependencies too.

use super::workplace::{counted, records, steps};
use crate::support::{
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

fn project(base: &str) -> Sandbox {
    let sandbox = Sandbox::with(&format!(
        r#"[project]
name = "made"
[storage]
driver = "fs"
path = "mirror"
[dependencies.tool]
source = {{ driver = "static", versions = ["1.0.0"], artifact = "{base}/tool-{{{{ version }}}}.txt", insecure = true }}
lines = [{{ constraint = "*" }}]
[dependencies.tool.build]
script = "build.sh"
archive = "file"
[[dependencies.tool.extra]]
artifact = "{base}/{{{{ extra.id }}}}-{{{{ extra.version }}}}.txt"
versions = {{ redis = "6.3.0" }}
"#
    ));
    sandbox.write(
        "build.sh",
        "cat \"$DEPSTATE_SOURCE\" \"$DEPSTATE_EXTRA/redis\" > \"$DEPSTATE_OUTPUT/tool.txt\"\n",
    );
    sandbox
}

fn upstream() -> Upstream {
    let upstream = Upstream::start();
    upstream.route("/tool-1.0.0.txt", Answer::body("tool and "));
    upstream.route("/redis-6.3.0.txt", Answer::body("redis six"));
    upstream.route("/redis-7.0.0.txt", Answer::body("redis seven"));
    upstream
}

#[test]
fn a_build_is_given_its_sub_dependencies_and_they_decide_it() {
    let upstream = upstream();
    let sandbox = project(&upstream.url(""));
    let ran = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (1, 0, 0), "{}", ran.all());
    let bytes = super::workplace::bytes(&sandbox, "tool@1.0.0/any");
    assert_eq!(String::from_utf8(bytes).unwrap(), "tool and redis six");
    let record = &records(&sandbox)["tool@1.0.0/any"];
    assert_eq!(record["source"]["extra"]["redis"]["version"], "6.3.0", "{record}");
    let _settled = sandbox.run(["plan", "--detailed-exitcode", "--locked"]).exits(0);

    let text = sandbox.read("deps.toml");
    sandbox.write("deps.toml", text.replace("6.3.0", "7.0.0"));
    assert_eq!(steps(&sandbox, &[])["tool@1.0.0/any"], "rebuild");
    let _rebuilt = sandbox.run(["apply", "--yes"]).exits(0);
    let bytes = super::workplace::bytes(&sandbox, "tool@1.0.0/any");
    assert_eq!(String::from_utf8(bytes).unwrap(), "tool and redis seven");
    assert_eq!(upstream.asked("/tool-1.0.0.txt"), 1, "the source is in the cache");
}

#[test]
fn other_bytes_than_deps_lock_says_are_never_built_with() {
    let upstream = upstream();
    let sandbox = project(&upstream.url(""));
    let _locked = sandbox.run(["lock"]).exits(0);
    for file in ["/redis-6.3.0.txt", "/tool-1.0.0.txt"] {
        upstream.route(file, Answer::body("something else"));
        std::fs::remove_dir_all(sandbox.path(".depstate")).unwrap();
        let ran = sandbox.run(["build", "tool", "--locked"]).exits(3);
        assert!(ran.stderr.contains("digest-mismatch"), "{}", ran.all());
        assert!(ran.stderr.contains(file), "{}", ran.all());
        assert_eq!(counted(&ran), (0, 0, 0), "{}", ran.all());
    }
}

#[test]
fn offline_it_builds_of_what_is_here() {
    let upstream = upstream();
    let sandbox = project(&upstream.url(""));
    let _locked = sandbox.run(["lock"]).exits(0);
    let ran = sandbox.run(["build", "tool", "--frozen"]).exits(0);
    assert_eq!(counted(&ran), (1, 0, 0), "{}", ran.all());
    std::fs::remove_dir_all(sandbox.path(".depstate")).unwrap();
    let ran = sandbox.run(["build", "tool", "--frozen"]).exits(1);
    assert!(ran.stderr.contains("offline"), "{}", ran.all());
}

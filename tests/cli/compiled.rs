//! The example that compiles: what its steps are built from, and when they are built again.

use crate::support::{golden::golden, sandbox::Sandbox};

/// What an apply built, by its log files.
fn built(sandbox: &Sandbox) -> usize {
    sandbox.files(".depstate").iter().filter(|file| file.contains("/logs/")).count()
}

/// The addresses that a plan would change, with the reason's code.
fn steps(sandbox: &Sandbox) -> Vec<String> {
    let plan = sandbox.json(&["plan"]);
    let steps = plan["actions"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut all: Vec<String> = steps
        .iter()
        .map(|step| {
            format!(
                "{} {} {}",
                text(&step["action"]),
                text(&step["address"]),
                text(&step["reason"]["code"])
            )
        })
        .collect();
    all.sort();
    all
}

#[test]
fn the_example_is_compiled_tried_and_published_once() {
    let sandbox = Sandbox::example("compiled");
    golden("compiled/1-plan", &sandbox.run(["plan"]).exits(0).all());
    let applied = sandbox.run(["apply", "--yes", "--jobs=1", "--locked"]).exits(0);
    let published = |version: &str, target: &str| {
        let folder = format!("artifacts/hello/{version}/{target}/");
        let files = sandbox.files("mirror");
        let found = files.into_iter().find(|file| file.contains(&folder));
        found.unwrap_or_else(|| panic!("no {folder}: {}", applied.all()))
    };
    for (version, target) in [
        ("1.0.0", "linux-amd64"),
        ("1.0.0", "linux-amd64-static"),
        ("1.1.0", "linux-amd64"),
        ("1.1.0", "linux-amd64-static"),
        ("2.0.0", "linux-amd64"),
    ] {
        let file = published(version, target);
        assert!(file.ends_with(&format!("hello-{version}-{target}.tar.gz")), "{file}");
    }
    let hole =
        sandbox.files("mirror").into_iter().any(|it| it.contains("2.0.0/linux-amd64-static"));
    assert!(!hole);
    let builds = built(&sandbox);
    golden("compiled/2-apply-again", &sandbox.run(["apply", "--yes"]).exits(0).all());
    assert_eq!(built(&sandbox), builds);
    let _same = sandbox.run(["plan", "--detailed-exitcode", "--locked"]).exits(0);
}

#[test]
fn a_touched_patch_rebuilds_what_names_it_and_a_comment_nothing() {
    let sandbox = Sandbox::example("compiled");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let text = sandbox.read("deps.toml");
    sandbox
        .write("deps.toml", format!("# A comment.\n{}", text.replace("\n\n", "\n\n# Another.\n")));
    assert_eq!(steps(&sandbox), [""; 0]);

    let patch = "build/patches/1.0/greeting.patch";
    sandbox.write(patch, sandbox.read(patch).replace("usual spelling", "usual way"));
    assert_eq!(
        steps(&sandbox),
        [
            "rebuild hello@1.0.0/linux-amd64 input-changed",
            "rebuild hello@1.0.0/linux-amd64-static input-changed"
        ]
    );
    golden("compiled/3-touched", &sandbox.run(["plan"]).exits(0).all());
    let before = sandbox.read("deps.lock");
    let _rebuilt = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(steps(&sandbox), [""; 0]);
    assert_eq!(sandbox.read("deps.lock"), before, "the lock has sources; no script is in it");

    let script = sandbox.read("build/hello.sh");
    sandbox.write("build/hello.sh", format!("{script}# touched\n"));
    assert_eq!(steps(&sandbox).len(), 5, "all are built by the script");
    sandbox.write("build/hello.sh", script);
    sandbox.write("build/patches/2.0/new.patch", "");
    assert_eq!(steps(&sandbox), ["rebuild hello@2.0.0/linux-amd64 input-changed"]);
}

#[test]
fn what_was_published_runs_and_is_the_same_each_time() {
    let sandbox = Sandbox::example("compiled");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    let archive = |sandbox: &Sandbox| {
        let files = sandbox.files("mirror");
        let name = "hello-1.1.0-linux-amd64-static.tar.gz";
        let file = files.into_iter().find(|file| file.ends_with(name)).unwrap();
        std::fs::read(sandbox.path("mirror").join(file)).unwrap()
    };
    let bytes = archive(&sandbox);
    let unpacked = tempfile::tempdir().unwrap();
    tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()))
        .unpack(unpacked.path())
        .unwrap();
    let said = std::process::Command::new(unpacked.path().join("bin/hello")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout), "Hello, world\n", "the patch is in it");
    let other = Sandbox::example("compiled");
    let _published = other.run(["apply", "--yes"]).exits(0);
    assert!(archive(&other) == bytes, "the same build twice gives other bytes");
}

#[test]
fn the_archives_of_the_example_are_made_the_same_again() {
    let sandbox = Sandbox::example("compiled");
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        let name = format!("upstream/hello-c-{version}.tar.gz");
        let committed = std::fs::read(sandbox.path(&name)).unwrap();
        std::fs::remove_file(sandbox.path(&name)).unwrap();
        let made =
            std::process::Command::new(sandbox.path("make.sh")).arg(version).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // Another gzip may pack the same tar otherwise.
        let tar = |bytes: &[u8]| {
            let mut text = Vec::new();
            let mut reader = flate2::read::GzDecoder::new(bytes);
            std::io::Read::read_to_end(&mut reader, &mut text).unwrap();
            text
        };
        let again = std::fs::read(sandbox.path(&name)).unwrap();
        assert!(tar(&again) == tar(&committed), "{name}");
    }
}

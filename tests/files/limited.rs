//! The real program under a limit on the size of files, which fails like a full disk.

use std::process::Command;

use crate::support::{
    place::{Kind, Place},
    published::published,
    sandbox::{Ran, Sandbox},
};

/// Runs the program with files of at most so many bytes. The signal that comes with it is ignored,
/// as a shell can arrange; what is left is the error.
fn limited(sandbox: &Sandbox, bytes: u64, arguments: &[&str]) -> Ran {
    let program = sandbox.command(arguments.iter().copied());
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(r#"trap "" XFSZ; exec prlimit --fsize="$0" "$@""#)
        .arg(bytes.to_string())
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(sandbox.root())
        .env_clear()
        .stdin(std::process::Stdio::null());
    for (name, value) in program.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    sandbox.ran(shell.output().unwrap())
}

/// util-linux has it; elsewhere there is nothing to be tested with.
#[expect(clippy::print_stderr, reason = "a test that tests nothing has to say so")]
fn there_is_prlimit() -> bool {
    let there = Command::new("prlimit").arg("--version").output().is_ok();
    if !there {
        eprintln!("`prlimit` is not installed: not tested here");
    }
    there
}

fn leftovers(sandbox: &Sandbox) -> Vec<String> {
    sandbox.files("").into_iter().filter(|file| file.contains(".depstate-")).collect()
}

#[test]
fn deps_lock_stays_as_it_was() {
    if !there_is_prlimit() {
        return;
    }
    let sandbox = Sandbox::example("quickstart");
    let _first = sandbox.run(["lock"]).exits(0);
    for target in ["linux-amd64", "linux-arm64"] {
        sandbox.write(&format!("upstream/hello-2.1.0-{target}.tar.gz"), format!("2.1.0 {target}"));
    }
    let old = sandbox.read("deps.lock");
    let twin = Sandbox::example("quickstart");
    for target in ["linux-amd64", "linux-arm64"] {
        twin.write(&format!("upstream/hello-2.1.0-{target}.tar.gz"), format!("2.1.0 {target}"));
    }
    let _new = twin.run(["update"]).exits(0);
    let size = twin.read("deps.lock").len() as u64;
    for bytes in [0, 1, 511, 512, 513, size / 2, size - 1] {
        let ran = limited(&sandbox, bytes, &["update"]).exits(1);
        assert!(
            ran.stderr.contains("could not write `$SANDBOX/project/deps.lock`"),
            "{}",
            ran.all()
        );
        assert!(ran.stderr.contains("File too large"), "{}", ran.all());
        assert_eq!(sandbox.read("deps.lock"), old, "{bytes} bytes");
        assert_eq!(leftovers(&sandbox), Vec::<String>::new(), "{bytes} bytes");
    }
    let _room = limited(&sandbox, size, &["update"]).exits(0);
    assert_ne!(sandbox.read("deps.lock"), old);
}

#[test]
fn a_plan_file_stays_as_it_was() {
    if !there_is_prlimit() {
        return;
    }
    let sandbox = Sandbox::example("quickstart");
    let _first = sandbox.run(["plan", "--out", "plan.json"]).exits(0);
    let old = sandbox.read("plan.json");
    // Its size differs by a few bytes from run to run: an instant is in it.
    for bytes in [0, 512, old.len() as u64 - 100] {
        for flag in ["--out", "--json-into"] {
            let ran = limited(&sandbox, bytes, &["plan", flag, "plan.json"]).exits(1);
            assert!(ran.stderr.contains("plan.json"), "{}", ran.all());
            assert_eq!(sandbox.read("plan.json"), old, "{bytes} bytes");
            assert_eq!(leftovers(&sandbox), Vec::<String>::new(), "{bytes} bytes");
        }
    }
}

#[test]
fn a_cache_without_room_costs_nothing_but_time() {
    if !there_is_prlimit() {
        return;
    }
    let sandbox = Sandbox::example("quickstart");
    std::fs::remove_file(sandbox.path("deps.lock")).unwrap();
    for version in ["3.0.0", "3.1.0"] {
        sandbox.write(&format!("upstream/hello-{version}-linux-amd64.tar.gz"), vec![7; 100_000]);
    }
    let _lock = limited(&sandbox, 20_000, &["lock"]).exits(0);
    assert_eq!(leftovers(&sandbox), Vec::<String>::new());
}

#[test]
fn a_folder_that_is_a_store_stays_as_it_was() {
    if !there_is_prlimit() {
        return;
    }
    let place = Place::empty(Kind::Fs);
    let mut sandbox = Sandbox::example("quickstart");
    place.attach(&mut sandbox);
    let _first = sandbox.run(["apply", "--yes"]).exits(0);
    let Place::Fs(folder) = &place else { unreachable!() };
    // Small files, so that it is journal, index document, generation and HEAD that do not fit; then
    // large ones, which go in parts.
    for (version, size, steps) in [("2.1.0", 10, (160, 25)), ("2.2.0", 9 << 20, (1 << 20, 12))] {
        let before = published(&place.objects()).unwrap();
        for target in ["linux-amd64", "linux-arm64"] {
            sandbox.write(&format!("upstream/hello-{version}-{target}.tar.gz"), vec![7; size]);
        }
        let _decided = sandbox.run(["update"]).exits(0);
        let (step, count) = steps;
        let mut failed = 0;
        for bytes in (0..count).map(|n| n * step) {
            let ran = limited(&sandbox, bytes, &["apply", "--yes"]);
            if ran.status == 0 {
                break;
            }
            let ran = ran.exits(1);
            failed += 1;
            assert!(ran.all().contains("File too large"), "{}", ran.all());
            assert_eq!(published(&place.objects()).unwrap(), before, "{bytes} bytes");
            let left = super::names(&folder.path().join(".tmp"));
            assert_eq!(left, Vec::<String>::new(), "{bytes} bytes");
            let _readable = sandbox.run(["show"]).exits(0);
        }
        assert!(failed >= 5, "{failed} limits for {version}");
        let _room = limited(&sandbox, 1 << 30, &["apply", "--yes"]).exits(0);
        let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    }
}

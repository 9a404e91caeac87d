//! A configuration that git tracks is nobody's own.

use std::{path::Path, process::Command};

use crate::support::sandbox::Sandbox;

/// Runs git, with nothing of this machine's settings.
fn git(folder: &Path, arguments: &[&str]) -> bool {
    let ran = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output();
    ran.is_ok_and(|ran| ran.status.success())
}

#[expect(clippy::print_stderr, reason = "a test that does not run says so")]
/// A project in a folder of a repository; none without git.
fn repository() -> Option<Sandbox> {
    let mut sandbox = Sandbox::example("quickstart");
    // None is named: the usual place counts.
    sandbox.set("DEPSTATE_CONFIG", "");
    if !git(&sandbox.root(), &["init", "-q", ".."]) {
        eprintln!("DID NOT RUN: there is no git here");
        return None;
    }
    Some(sandbox)
}

#[test]
fn a_tracked_configuration_ends_everything_before_it_begins() {
    let Some(sandbox) = repository() else { return };
    sandbox.write(".depstate/config.toml", "[hosts.\"a.example\"]\nprivate = true\n");
    let untracked = sandbox.run(["doctor"]).exits(0);
    assert!(untracked.stdout.contains("host       a.example: private"), "{}", untracked.all());
    assert!(git(&sandbox.root(), &["add", "-f", ".depstate/config.toml"]));
    for command in ["plan", "lock", "apply", "status"] {
        let refused = sandbox.run([command]).exits(1);
        let told =
            "error[config-tracked]: git tracks `.depstate/config.toml`: a pull request could so";
        assert!(refused.stderr.contains(told), "{}", refused.all());
        assert!(
            refused.stderr.contains("help: take it out with `git rm --cached"),
            "{}",
            refused.all()
        );
    }
    assert!(!sandbox.exists("deps.lock.new") && !sandbox.exists("mirror"));
    // Another one that is named is no way around it.
    let mut other = sandbox;
    other.set("DEPSTATE_CONFIG", "../config.toml");
    let _refused = other.run(["plan"]).exits(1);
    assert!(git(&other.root(), &["rm", "-q", "--cached", ".depstate/config.toml"]));
    let _fine = other.run(["plan"]).exits(0);
}

#[cfg(unix)]
#[test]
fn a_tracked_link_to_a_folder_or_file_is_tracked_too() {
    let Some(sandbox) = repository() else { return };
    sandbox.write("innocent/config.toml", "");
    std::os::unix::fs::symlink("innocent", sandbox.path(".depstate")).unwrap();
    assert!(git(&sandbox.root(), &["add", "innocent/config.toml"]));
    let refused = sandbox.run(["plan"]).exits(1);
    assert!(refused.stderr.contains("error[config-tracked]"), "{}", refused.all());
}

#[test]
fn a_named_file_of_the_repository_is_refused_and_one_of_another_is_not() {
    let Some(mut sandbox) = repository() else { return };
    sandbox.write("ci/depstate.toml", "");
    assert!(git(&sandbox.root(), &["add", "ci/depstate.toml"]));
    let refused = sandbox.run(["plan", "--config", "ci/depstate.toml"]).exits(1);
    assert!(refused.stderr.contains("error[config-tracked]"), "{}", refused.all());
    let missing = sandbox.run(["plan", "--config", "ci/other.toml"]).exits(1);
    assert!(missing.stderr.contains("ci/other.toml"), "{}", missing.all());
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(git(elsewhere.path(), &["init", "-q"]));
    std::fs::write(elsewhere.path().join("c.toml"), "").unwrap();
    assert!(git(elsewhere.path(), &["add", "c.toml"]));
    sandbox.set("DEPSTATE_CONFIG", elsewhere.path().join("c.toml").to_str().unwrap());
    let _fine = sandbox.run(["plan"]).exits(0);
}

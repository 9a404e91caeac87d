//! An interrupt ends an apply cleanly, and the report says what was committed and what was not.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use crate::support::{
    sandbox::{Ran, Sandbox},
    upstream::{Answer, Upstream},
};

/// Starts an apply, sends a signal when the slow file was asked for, and waits for the end.
fn interrupted(signal: &str) -> (Ran, Sandbox, Upstream) {
    let upstream = Upstream::start();
    let base = upstream.url("");
    upstream.route("/quick.json", Answer::json(r#"["1.0.0"]"#));
    upstream.route("/quick-1.0.0.bin", Answer::body("quick"));
    upstream.route("/stuck.json", Answer::json(r#"["1.0.0"]"#));
    upstream.route("/stuck-1.0.0.bin", Answer::body("stuck").slow(Duration::from_mins(2)));
    let dependency = |name: &str| {
        format!(
            "[dependencies.{name}]\nsource = {{ driver = \"http-json\", url = \"{base}/{name}.json\", select = \".[]\", artifact = \"{base}/{name}-{{{{ version }}}}.bin\", insecure = true }}\nlines = [{{ constraint = \"*\" }}]\n"
        )
    };
    let sandbox = Sandbox::with(&format!(
        "[project]\nname = \"int\"\n[storage]\ndriver = \"fs\"\npath = \"mirror\"\n{}{}",
        dependency("quick"),
        dependency("stuck")
    ));
    let child = sandbox
        .command(["apply", "--yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let since = Instant::now();
    while upstream.asked("/stuck-1.0.0.bin") == 0
        || sandbox.files("mirror/artifacts/quick").is_empty()
    {
        assert!(since.elapsed() < Duration::from_mins(1), "the apply did not get that far");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The file is seen before the apply knows that it is there: on a busy machine a while before.
    std::thread::sleep(Duration::from_secs(1));
    let kill = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    let ran = sandbox.ran(child.wait_with_output().unwrap());
    assert!(since.elapsed() < Duration::from_mins(1), "it took {:?} to stop", since.elapsed());
    (ran, sandbox, upstream)
}

#[test]
fn the_first_signal_commits_what_is_whole() {
    let (ran, sandbox, upstream) = interrupted("-INT");
    let ran = ran.exits(130);
    assert!(ran.stdout.contains("Interrupted:"), "{}", ran.all());
    assert!(ran.stdout.contains("1 created"), "{}", ran.all());
    assert!(ran.stdout.contains("stuck@1.0.0/any"), "{}", ran.all());
    let shown = sandbox.run(["show"]).exits(0);
    assert!(shown.stdout.contains("quick@1.0.0/any"), "{}", shown.all());
    upstream.route("/stuck-1.0.0.bin", Answer::body("stuck"));
    let _rest = sandbox.run(["apply", "--yes"]).exits(0);
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_termination_is_told_from_an_interrupt() {
    let (ran, _sandbox, _upstream) = interrupted("-TERM");
    let _terminated = ran.exits(143);
}

//! What fails, fails alone, and says why.

use std::collections::BTreeSet;

use super::workplace::{BUILD, TWO, counted, published, steps, workplace};

const FOUR: &[&str] = &["linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"];

#[test]
fn one_target_of_four_fails_and_its_version_waits() {
    let sandbox = workplace(&["1.0.0", "2.0.0"], FOUR, BUILD);
    sandbox.write("patches/2.0.0-darwin-arm64.patch", "broken\n");
    let ran = sandbox.run(["apply", "--yes"]).exits(5);
    let all = ran.all();
    assert_eq!(counted(&ran).0, 7, "{all}");
    assert!(ran.stdout.contains("step-failed"), "{all}");
    assert!(ran.stdout.contains("a last word"), "{all}");
    let log = ".depstate/logs/tool-2.0.0-darwin-arm64.build.log";
    assert!(ran.stdout.contains(log), "{all}");
    assert!(sandbox.read(log).contains("patching with broken"), "{}", sandbox.read(log));
    let expected: BTreeSet<String> = FOUR.iter().map(|it| format!("tool@1.0.0/{it}")).collect();
    assert_eq!(published(&sandbox), expected);
    assert_eq!(steps(&sandbox, &[]).len(), 4, "it is in the next plan again");

    sandbox.write("patches/2.0.0-darwin-arm64.patch", "# mended\n");
    let ran = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (1, 3, 0), "{}", ran.all());
    assert_eq!(published(&sandbox).len(), 8);
    let _settled = sandbox.run(["plan", "--detailed-exitcode", "--locked"]).exits(0);
}

#[test]
fn what_a_script_says_moves_no_cursor() {
    let sandbox = workplace(&["1.0.0"], &TWO[..1], BUILD);
    sandbox.write("build.sh", "printf 'a\\033[31mb\\tc\\n::error::d\\n'; exit 3\n");
    let ran = sandbox.run(["apply", "--yes", "-v"]).exits(1);
    let all = ran.all();
    assert!(!all.contains('\u{1b}') && !all.contains("\n::error"), "{all}");
    assert!(ran.stderr.contains("tool@1.0.0/linux-amd64 |"), "{all}");
    assert!(published(&sandbox).is_empty());
}

#[test]
fn a_script_that_writes_the_time_is_not_reproducible() {
    let build = format!("{BUILD}reproducible = true\n");
    let sandbox = workplace(&["1.0.0"], &TWO[..1], &build);
    let once = sandbox.run(["build", "tool"]).exits(0);
    assert!(once.stdout.ends_with("tool-1.0.0-linux-amd64.tar.gz\n"), "{}", once.all());
    let made = sandbox.json(&["build", "tool"]);
    assert_eq!(made["built"][0]["build"]["reproduced"], true, "{made}");
    let script = sandbox.read("build.sh");
    sandbox.write("build.sh", script + "date +%s%N > \"$DEPSTATE_OUTPUT/when\"\n");
    let ran = sandbox.run(["apply", "--yes"]).exits(1);
    assert!(ran.stdout.contains("not-reproducible"), "{}", ran.all());
    assert!(ran.stdout.contains("when"), "{}", ran.all());
    assert!(published(&sandbox).is_empty());
}

#[test]
fn the_network_is_told_by_the_plan() {
    let build = format!("{BUILD}network = true\n");
    let sandbox = workplace(&["1.0.0"], &TWO[..1], &build);
    let plan = sandbox.run(["plan"]).exits(0);
    assert!(plan.stdout.contains("build-network"), "{}", plan.all());
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_script() {
    let sandbox = workplace(&["1.0.0"], &TWO[..1], BUILD);
    sandbox.write("build.sh", "echo begun; sleep 300\n");
    let mut child = sandbox
        .command(["apply", "--yes", "-v"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    let begun = lines.by_ref().map_while(Result::ok).any(|line| line.ends_with("| begun"));
    assert!(begun);
    let since = std::time::Instant::now();
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:#?}");
    assert!(since.elapsed().as_secs() < 60);
    assert!(published(&sandbox).is_empty());
}

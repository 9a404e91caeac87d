//! Trying the file that will be published.

use depstate::{
    model::Executor,
    workshop::{Tier, WorkshopError, executor},
};

use super::{
    shop::machine,
    trial::{Bench, archive},
};
use crate::archives::tarball::{Tar, gz};

const VERSION: &str = "#!/bin/sh\necho \"tool version 1.2.0\"\n";

#[tokio::test]
async fn files_are_looked_for_without_running_anything() {
    let bench = || Bench::new(&[("lib/a.so", ""), ("*bin/tool", VERSION)]);
    let found = bench().files(&["bin/tool", "lib/", "lib/*.so", "./bin", "*/tool"]).attempt().await;
    assert_eq!(found.0.unwrap().tier, None);
    let code = bench().files(&["bin/tool", "share/*"]).fails("fits `share/*`: it has `bin`").await;
    assert_eq!(code, "check-failed");
}

#[tokio::test]
async fn a_command_runs_in_the_unpacked_file_and_says_what_it_should() {
    let bench = Bench::new(&[("*bin/tool", VERSION)]).run(&["bin/tool", "--version"]);
    bench.stdout("1.2.0").passes().await;
    let bench = Bench::new(&[("*bin/tool", VERSION)]).run(&["./bin/tool"]);
    let why = "output of `./bin/tool` does not contain `1.3`: it said `tool version 1.2.0`";
    assert_eq!(bench.stdout("1.3").fails(why).await, "check-failed");
    let bench = Bench::new(&[("*tool", "#!/bin/sh\ncat data\n"), ("data", "found")]);
    bench.run(&["tool"]).stdout("found").passes().await;
}

#[tokio::test]
async fn what_is_said_on_stderr_counts_too() {
    let bench = Bench::new(&[("*tool", "#!/bin/sh\necho 1.2.0 >&2\n")]);
    bench.run(&["tool"]).stdout("1.2.0").passes().await;
    let bench = Bench::new(&[("*tool", "#!/bin/sh\n")]);
    bench.run(&["tool"]).stdout("1.2.0").fails("it said nothing").await;
}

#[tokio::test]
async fn a_command_that_fails_or_is_not_there_fails_the_test() {
    let bench = Bench::new(&[("*tool", "#!/bin/sh\necho broken\nexit 3\n")]).run(&["tool", "x"]);
    let (tested, _) = bench.attempt().await;
    let error = tested.unwrap_err();
    assert_eq!(error.to_string(), "`tool x` ended with exit code 3");
    assert_eq!(error.tail(), ["broken"]);
    let bench = Bench::new(&[("a", "")]).run(&["bin/tool"]);
    assert_eq!(bench.fails("`bin/tool` ended with exit code 127").await, "step-failed");
}

#[tokio::test]
async fn a_file_that_is_no_archive_can_be_run() {
    Bench::of("tool", VERSION.as_bytes()).files(&["tool"]).run(&["tool"]).passes().await;
}

#[tokio::test]
async fn a_script_finds_the_file_the_unpacked_file_and_nothing_of_the_host() {
    let script = "#!/bin/sh -e\n\
        test -f \"$DEPSTATE_FILE\"; test -f \"$DEPSTATE_ARTIFACT/data\"\n\
        test \"$(basename \"$DEPSTATE_FILE\")\" = tool-1.2.tgz\n\
        echo \"$DEPSTATE_ID $DEPSTATE_VERSION $DEPSTATE_UPSTREAM $DEPSTATE_TARGET\"\n\
        echo \"$DEPSTATE_OS $DEPSTATE_ARCH $DEPSTATE_JOBS $TZ $LC_ALL $MINE\"\n\
        echo \"cargo:$CARGO_MANIFEST_DIR\"; test -d \"$TMPDIR\"; touch here\n";
    let mut bench =
        Bench::new(&[("data", "")]).script(script).stdout("tool 1.2.0 v1.2 linux-amd64");
    bench.trial.env.insert("MINE".to_owned(), "yes".to_owned());
    bench.trial.env.insert("DEPSTATE_VERSION".to_owned(), "9".to_owned());
    let said = bench.passes().await;
    assert!(said.contains("linux amd64 3 UTC C.UTF-8 yes\ncargo:\n"), "{said}");
    assert!(said.starts_with("depstate: test, host, tool@1.2.0/linux-amd64\n"), "{said}");
}

#[tokio::test]
async fn other_artifacts_are_given_and_their_programs_come_first() {
    let php = archive(&[("*php-8/bin/php", "#!/bin/sh\necho \"php runs $1\"\n")]);
    let bench = Bench::of("composer.phar", b"phar")
        .need("php", "php.tgz", &php)
        .need("jq", "jq", b"#!/bin/sh\necho jq runs\n")
        .run(&["php", "composer.phar"])
        .stdout("php runs composer.phar");
    bench.passes().await;
    let bench = bench.run(&["jq"]).stdout("jq runs");
    bench.passes().await;
}

#[tokio::test]
async fn a_hostile_archive_is_never_tried() {
    let hostile = gz(&Tar::new().file("../tool", VERSION).end());
    let bench = Bench::of("tool.tgz", &hostile).run(&["true"]);
    let why = "the archive `tool.tgz` is refused: member `../tool` has a part `..`";
    assert_eq!(bench.fails(why).await, "archive-refused");
    let bench = Bench::new(&[("a", "")]).need("php", "php.tgz", &hostile).run(&["true"]);
    assert_eq!(bench.fails("the archive `php.tgz` is refused").await, "archive-refused");
}

#[tokio::test]
async fn a_cancelled_test_leaves_nothing() {
    let bench = Bench::new(&[("a", "")]).run(&["sleep", "600"]);
    let cancel = bench.cancel.clone();
    let (tested, ()) = tokio::join!(bench.attempt(), async {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        cancel.cancel();
    });
    assert!(matches!(tested.0.unwrap_err(), WorkshopError::Interrupted));
}

#[tokio::test]
async fn in_the_sandbox_the_unpacked_file_can_only_be_read() {
    if let Err(error) = executor(Executor::Sandbox, &machine()) {
        eprintln!("nothing was tried in a sandbox: {error}");
        return;
    }
    let bench = Bench::new(&[("*bin/tool", VERSION)]).within(Executor::Sandbox);
    let bench = bench.run(&["bin/tool"]).stdout("1.2.0");
    let (tested, _) = bench.attempt().await;
    assert!(matches!(tested.unwrap().tier, Some(Tier::Bubblewrap | Tier::Landlock)));
    let script = "#!/bin/sh\ntouch \"$DEPSTATE_ARTIFACT/x\" 2>/dev/null && exit 1\n\
        touch \"$DEPSTATE_FILE\" 2>/dev/null && exit 2\ntouch mine\n";
    Bench::new(&[("a", "")]).within(Executor::Sandbox).script(script).passes().await;
}

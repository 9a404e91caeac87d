//! What a source does wrong is told under its own code, and nothing stands in for what was refused.

use crate::support::{
    sandbox::{Ran, Sandbox},
    upstream::{Answer, Upstream},
};

const METADATA: &str = "http://169.254.169.254/latest/meta-data/";

fn project(more: &str) -> (Upstream, Sandbox) {
    let upstream = Upstream::start();
    upstream.route("/index.json", Answer::json(r#"["1.0.0", "1.1.0"]"#));
    for version in ["1.0.0", "1.1.0"] {
        let bytes = format!("the bytes of {version}");
        upstream.route(&format!("/tool-{version}.tar.gz"), Answer::body(bytes));
    }
    let base = upstream.url("");
    let sandbox = Sandbox::with(&format!(
        r#"[project]
name = "up"
[storage]
driver = "fs"
path = "mirror"
[dependencies.tool]
lines = [{{ constraint = "*" }}]
[dependencies.tool.source]
driver = "http-json"
url = "{base}/index.json"
select = ".[]"
artifact = "{base}/tool-{{{{ version }}}}.tar.gz"
insecure = true
{more}
"#
    ));
    (upstream, sandbox)
}

/// The code of the one thing that is not a warning.
fn code(ran: &Ran) -> String {
    let all = ran.all();
    let mut codes = all.lines().filter_map(|line| {
        let (kind, rest) = line.strip_prefix("! ")?.split_once('[')?;
        (kind != "warning").then(|| rest.split(']').next().unwrap_or_default().to_owned())
    });
    let first = codes.next().unwrap_or_default();
    assert_eq!(codes.next(), None, "{}", ran.all());
    first
}

#[test]
fn a_source_that_fails_is_told_by_its_own_code() {
    let (upstream, sandbox) = project("");
    for (answer, wanted, exit) in [
        (Answer::html("<!doctype html><html></html>"), "source-answer", 1),
        (Answer::status(404), "source-failed", 1),
        (Answer::redirect(METADATA), "private-address", 3),
        (Answer::redirect("/index.json"), "redirect-refused", 3),
        (Answer::generated(257 << 20), "answer-too-large", 3),
    ] {
        upstream.route("/index.json", answer);
        for command in [&["lock"][..], &["plan"], &["apply", "--yes"]] {
            let ran = sandbox.run(command.iter().copied());
            assert_eq!((ran.status, code(&ran).as_str()), (exit, wanted), "{}", ran.all());
            // Once: not as something that could not be checked too.
            assert!(!ran.all().contains("could not check"), "{}", ran.all());
        }
        assert!(!sandbox.exists("deps.lock"), "{wanted}");
    }
}

#[test]
fn nobody_is_led_to_allow_a_metadata_service() {
    let (upstream, sandbox) = project("");
    for (to, led) in [(METADATA, false), ("http://192.168.7.7/", true)] {
        upstream.route("/index.json", Answer::redirect(to));
        let ran = sandbox.run(["lock"]).exits(3);
        assert_eq!(ran.stderr.contains("private = true"), led, "{}", ran.all());
    }
}

#[test]
fn an_old_answer_does_not_stand_in_for_a_refused_one() {
    let (upstream, sandbox) = project("");
    let _locked = sandbox.run(["lock"]).exits(0);
    let before = sandbox.read("deps.lock");
    upstream.route("/index.json", Answer::status(404));
    let stale = sandbox.run(["update", "--stale-ok"]).exits(0);
    assert!(stale.stderr.contains("stale-index"), "{}", stale.all());
    upstream.route("/index.json", Answer::redirect(METADATA));
    let refused = sandbox.run(["update", "--stale-ok"]).exits(3);
    assert_eq!(code(&refused), "private-address");
    assert!(!refused.stderr.contains("stale-index"), "{}", refused.all());
    assert_eq!(sandbox.read("deps.lock"), before);
}

#[test]
fn a_fallback_does_not_stand_in_for_a_refused_answer() {
    let fallback = "fallback = [{ driver = \"static\", versions = [\"1.0.0\"] }]";
    let (upstream, sandbox) = project(fallback);
    upstream.route("/index.json", Answer::redirect(METADATA));
    assert_eq!(code(&sandbox.run(["lock"]).exits(3)), "private-address");
    upstream.route("/index.json", Answer::status(404));
    let used = sandbox.run(["lock"]).exits(0);
    assert!(used.stderr.contains("fallback-used"), "{}", used.all());
}

#[test]
fn outdated_does_not_call_up_to_date_what_it_could_not_see() {
    let (upstream, sandbox) = project("");
    let _locked = sandbox.run(["lock"]).exits(0);
    let seen = sandbox.run(["outdated"]).exits(0);
    assert!(seen.stdout.contains("Up to date: 1 line."), "{}", seen.all());
    upstream.route("/index.json", Answer::status(404));
    let blind = sandbox.run(["outdated"]).exits(1);
    assert!(!blind.stdout.contains("Up to date"), "{}", blind.all());
    assert!(blind.stdout.contains("1 source could not be read"), "{}", blind.all());
}

#[test]
fn the_line_of_a_mistake_shows_no_password() {
    let (_upstream, sandbox) = project("");
    let text = sandbox.read("deps.toml");
    for login in ["me:hunter22", "me%40x:hunter22", "hunter22"] {
        let bent = text.replace("url = \"http://", &format!("url = \"http://{login}@"));
        sandbox.write("deps.toml", bent);
        let ran = sandbox.run(["plan"]).exits(1);
        assert!(ran.stderr.contains("bad-url"), "{}", ran.all());
        assert!(!ran.all().contains("hunter22"), "{}", ran.all());
    }
}

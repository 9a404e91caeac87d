//! `why`, `outdated`, freshness in `status`, `--update=ID`, fallbacks and old answers.

use serde_json::json;

use crate::support::{
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

const INDEX: &str = r#"[
    {"version": "v1.0.0", "released": "2026-01-01"},
    {"version": "v1.1.0", "released": "2026-02-01"},
    {"version": "v1.2.0-rc.1", "released": "2026-02-10"},
    {"version": "v2.0.0", "released": "2026-03-01"},
    {"version": "latest"}
]"#;

fn manifest(base: &str, more: &str) -> String {
    let sha = depstate::model::Sha256::of(b"tool").to_string();
    format!(
        r#"[project]
name = "up"
[storage]
driver = "fs"
path = "mirror"
[dependencies.tool]
lines = [{{ constraint = "1.*" }}]
{more}
[dependencies.tool.source]
driver = "http-json"
url = "{base}/index.json"
artifact = "{base}/tool-{{{{ version }}}}.tar.gz"
insecure = true
fallback = [{{ url = "{base}/mirror.json" }}]
[dependencies.tool.verify]
checksum = {{ sha256 = "{sha}" }}
"#
    )
}

fn project(more: &str) -> (Upstream, Sandbox) {
    let upstream = Upstream::start();
    upstream.route("/index.json", Answer::json(INDEX));
    upstream.route("/mirror.json", Answer::status(404));
    for version in ["1.0.0", "1.1.0", "1.3.0"] {
        upstream.route(&format!("/tool-{version}.tar.gz"), Answer::body("tool"));
    }
    let mut sandbox = Sandbox::with(&manifest(&upstream.url(""), more));
    sandbox.replace(&upstream.url(""), "http://$UPSTREAM");
    (upstream, sandbox)
}

fn newer(upstream: &Upstream) {
    let more = r#"[{"version": "v1.3.0", "released": "2026-03-05"},"#;
    upstream.route("/index.json", Answer::json(&INDEX.replacen('[', more, 1)));
}

#[test]
fn every_name_has_the_rule_that_decided() {
    let (_upstream, sandbox) =
        project("exclude = [{ version = \"=1.1.0\", reason = \"does not start\" }]");
    let _ = sandbox.run(["lock"]).exits(0);
    let why = sandbox.json(&["why", "tool"]);
    let rules: Vec<_> = why["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["upstream"], it["wanted"], it["rule"]]))
        .collect();
    assert_eq!(
        json!(rules),
        json!([
            ["v2.0.0", false, "no-line"],
            ["v1.2.0-rc.1", false, "pre-release"],
            ["v1.1.0", false, "excluded"],
            ["v1.0.0", true, "line"],
            ["latest", false, "no-release"]
        ])
    );
    let text = sandbox.run(["why", "tool"]).exits(0).stdout;
    assert!(text.contains("left out by `=1.1.0` (does not start)"), "{text}");
    assert!(text.contains("+ 1.0.0"), "{text}");
    assert!(text.ends_with("1 of 5 names wanted.\n"), "{text}");
    let one = sandbox.run(["why", "tool@1.0.0"]).exits(0).stdout;
    assert!(one.contains("evidence") && one.contains("given"), "{one}");
    let none = sandbox.run(["why", "tool@9.9.9"]).exits(1).stderr;
    assert!(none.contains("nobody knows a version `9.9.9`"), "{none}");
    let gone = sandbox.run(["why", "toool"]).exits(64).stderr;
    assert!(gone.contains("no dependency `toool`"), "{gone}");
}

#[test]
fn what_is_behind_is_told_with_its_age() {
    let (upstream, sandbox) = project("max-staleness = \"7d\"");
    let _ = sandbox.run(["lock", "--as-of", "2026-03-04"]).exits(0);
    let fresh = sandbox.run(["outdated", "--as-of", "2026-03-04"]).exits(0).stdout;
    assert!(fresh.contains("Up to date: 1 line."), "{fresh}");
    assert!(fresh.contains("`2.0.0` is out, and no line takes it"), "{fresh}");
    newer(&upstream);
    let behind = sandbox.run(["outdated", "--as-of", "2026-03-08"]).exits(0).stdout;
    assert!(behind.contains("1.1.0 -> 1.3.0, 1 newer, for 3 days (may wait 7 days)"), "{behind}");
    let _ = sandbox.run(["outdated", "--detailed-exitcode", "--as-of", "2026-03-08"]).exits(2);
    let _ = sandbox.run(["status", "--as-of", "2026-03-08"]).exits(0);
    let stale = sandbox.run(["status", "--as-of", "2026-03-20"]).exits(3);
    assert!(stale.stdout.contains("(stale: more than 7 days)"), "{}", stale.stdout);
    assert!(stale.stderr.contains("error[stale]: 1 line has waited"), "{}", stale.stderr);
    let _ = sandbox.run(["update"]).exits(0);
    let _ = sandbox.run(["status", "--as-of", "2026-03-20"]).exits(0);
}

#[test]
fn one_dependency_alone_is_updated_by_a_plan() {
    let (upstream, sandbox) = project("");
    let text = sandbox.read("deps.toml");
    sandbox.write("deps.toml", format!("{text}[dependencies.other]\nextends = \"tool\"\n"));
    let _ = sandbox.run(["apply", "--yes"]).exits(0);
    newer(&upstream);
    let plan = sandbox.run(["plan", "--update=tool", "--out", "p.json"]).exits(0).stdout;
    assert!(plan.contains("tool@1.3.0/any"), "{plan}");
    assert!(!plan.contains("other@"), "{plan}");
    let _ = sandbox.run(["plan", "--update=nobody"]).exits(64);
    let all = sandbox.run(["plan", "--update"]).exits(0).stdout;
    assert!(all.contains("other@1.3.0/any"), "{all}");
    let _ = sandbox.run(["plan", "tool", "--update"]).exits(0);
    let applied = sandbox.run(["apply", "--update=tool", "--yes"]).exits(0);
    assert!(applied.stdout.contains("1 created"), "{}", applied.all());
}

#[test]
fn a_fallback_answers_and_that_is_recorded() {
    let (upstream, sandbox) = project("");
    upstream.route("/index.json", Answer::status(403));
    upstream.route("/mirror.json", Answer::json(INDEX));
    let locked = sandbox.run(["lock"]).exits(0);
    assert!(locked.stderr.contains("fallback-used"), "{}", locked.all());
    assert!(
        locked.stderr.contains("fallback 1 answers for the source of `tool`"),
        "{}",
        locked.all()
    );
    assert!(sandbox.read("deps.lock").contains("fallback = 1\n"));
    upstream.route("/index.json", Answer::json(INDEX));
    let _ = sandbox.run(["lock"]).exits(0);
    assert!(sandbox.read("deps.lock").contains("fallback = 1\n"), "nobody was asked");
    let _ = sandbox.run(["update"]).exits(0);
    assert!(!sandbox.read("deps.lock").contains("fallback"));
    upstream.route("/index.json", Answer::status(403));
    upstream.route("/mirror.json", Answer::json("[\"v1.0.0\"]"));
    let shrank = sandbox.run(["update"]).exits(3);
    assert!(shrank.stderr.contains("index-shrank"), "a mirror that lags: {}", shrank.all());
}

#[test]
fn an_old_answer_stands_in_only_when_it_may() {
    let (upstream, sandbox) = project("");
    let _ = sandbox.run(["lock"]).exits(0);
    upstream.route("/index.json", Answer::status(403));
    let failed = sandbox.run(["update"]).exits(1);
    assert!(failed.stderr.contains("403") && failed.stderr.contains("404"), "{}", failed.all());
    let old = sandbox.run(["update", "--stale-ok"]).exits(0);
    assert!(old.stderr.contains("stale-index"), "{}", old.all());
    assert!(old.stderr.contains("an old answer stands in"), "{}", old.all());
    let nothing = Sandbox::with(&manifest(&upstream.url(""), ""));
    let none = nothing.run(["lock", "--stale-ok"]).exits(1);
    assert!(none.stderr.contains("there is no earlier answer of it"), "{}", none.all());
}

#[test]
fn a_name_with_letters_that_cant_be_seen_is_refused() {
    let (upstream, sandbox) = project("");
    sandbox.write(
        "deps.toml",
        sandbox.read("deps.toml").replace(
            "insecure = true",
            "insecure = true\nextract = '(?P<version>\\d+\\.\\d+\\.\\d+)$'",
        ),
    );
    for letter in ["\\u202e", "\\u200b", "\\u0007", "\\n"] {
        let index = format!("[\"v1.0.0\", \"v{letter}1.1.0\"]");
        upstream.route("/index.json", Answer::json(&index));
        let refused = sandbox.run(["lock"]).exits(3);
        assert!(refused.stderr.contains("hidden-letter"), "{}", refused.all());
        assert!(refused.stderr.contains("\\u{"), "{}", refused.all());
    }
}

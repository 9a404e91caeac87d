//! Rules of time with the real program: schedules of upstreams, ages, ends, and exceptions by
//! version.

use crate::support::{
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

fn sha256(text: &str) -> String {
    depstate::model::Sha256::of(text.as_bytes()).to_string()
}

/// A manifest whose index has such versions (version, day); each file is its own version's text.
fn manifest(upstream: &Upstream, versions: &[(&str, &str)], more: &str) -> String {
    let base = upstream.url("");
    let mut rows = String::new();
    for (version, day) in versions {
        upstream.route(&format!("/tool-{version}.tgz"), Answer::body((*version).to_owned()));
        let digest = sha256(version);
        let url = format!("{base}/tool-{version}.tgz");
        let row = format!(
            "  {{ version = \"{version}\", released = \"{day}\", sha256 = \"{digest}\", \
             url = \"{url}\" }},\n"
        );
        rows.push_str(&row);
    }
    format!(
        "[project]\nname = \"time\"\n[storage]\ndriver = \"fs\"\npath = \"mirror\"\n\
         [dependencies.tool.source]\ndriver = \"static\"\ninsecure = true\nversions = [\n{rows}]\n{more}"
    )
}

fn schedule(upstream: &Upstream, path: &str, select: &str) -> String {
    format!(
        "[dependencies.tool.schedule]\nurl = \"{}\"\nselect = '{select}'\ninsecure = true\n",
        upstream.url(path)
    )
}

/// The shape of node's schedule.json.
const NODE: &str = r#"{
  "v21": {"start": "2023-10-17", "maintenance": "2024-04-01", "end": "2024-06-01"},
  "v22": {"start": "2024-04-24", "lts": "2024-10-29", "maintenance": "2025-10-21",
          "end": "2027-04-30", "codename": "Jod"},
  "v23": {"start": "2024-10-15", "maintenance": "2025-04-01", "end": "2025-06-01"},
  "v24": {"start": "2025-05-06", "lts": "2025-10-28", "maintenance": "2026-10-20",
          "end": "2028-04-30", "codename": ""}
}"#;
const NODE_SELECT: &str = r"to_entries[] | {line: .key, eol: .value.end, names: {lts: .value.lts}}";
const NODES: &[(&str, &str)] = &[
    ("22.20.0", "2025-09-24"),
    ("22.21.0", "2025-10-20"),
    ("23.11.1", "2025-05-14"),
    ("24.9.0", "2025-09-25"),
    ("24.10.0", "2025-10-08"),
];

fn node(keep: u32) -> (Upstream, Sandbox) {
    let upstream = Upstream::start();
    upstream.route("/schedule.json", Answer::json(NODE));
    let more = format!(
        "lines = [{{ line = \"lts\", keep = {keep} }}]\n{}",
        schedule(&upstream, "/schedule.json", NODE_SELECT)
    );
    // Keys of the dependency stand before its tables.
    let (lines, tables) = more.split_once('\n').unwrap();
    let text = manifest(&upstream, NODES, &format!("[dependencies.tool]\n{lines}\n{tables}"));
    let sandbox = Sandbox::with(&text);
    (upstream, sandbox)
}

fn versions(sandbox: &Sandbox) -> Vec<String> {
    let lock = sandbox.read("deps.lock");
    let line =
        |line: &str| Some(line.strip_prefix("version = \"")?.trim_end_matches('"').to_owned());
    lock.lines().filter_map(line).collect()
}

#[test]
fn a_named_line_is_decided_by_lock_and_update_alone() {
    let (upstream, sandbox) = node(1);
    let _locked = sandbox.run(["lock", "--as-of", "2025-10-27"]).exits(0);
    assert_eq!(versions(&sandbox), ["22.21.0"]);
    let lock = sandbox.read("deps.lock");
    let row = "[[dependency.line]]\nline = \"22\"\neol = \"2027-04-30\"\nnames = [\"lts\"]\n";
    assert!(lock.contains(row), "{lock}");
    assert!(!lock.contains("line = \"24\""), "what says nothing of the lock is not in it: {lock}");
    // A plan asks nothing and says the same on every day, without a network too.
    upstream.forget_requests();
    let first = sandbox.run(["plan", "--as-of", "2025-10-27"]).exits(0).stdout;
    assert!(first.contains("+ tool@22.21.0"), "{first}");
    for flags in [&["--as-of", "2026-01-01"][..], &["--offline"], &["--locked"]] {
        let again = sandbox.run(["plan"].into_iter().chain(flags.iter().copied())).exits(0).stdout;
        assert_eq!(again, first, "{flags:?}");
    }
    assert_eq!(upstream.requests().len(), 0, "{:?}", upstream.requests());
    let _applied = sandbox.run(["apply", "--yes", "--locked"]).exits(0);
    // A day later: the same bytes.
    let same = sandbox.run(["lock", "--as-of", "2025-10-27T23:00:00Z"]).exits(0);
    assert!(same.stdout.contains("deps.lock is right"), "{}", same.all());
    let _offline = sandbox.run(["lock", "--offline"]).exits(0);
    assert_eq!(sandbox.read("deps.lock"), lock);
    // The day that the name moves.
    let moved = sandbox.run(["lock", "--as-of", "2025-10-28"]).exits(0);
    assert!(moved.stdout.contains("+ tool 24.10.0\n- tool 22.21.0"), "{}", moved.all());
    let plan = sandbox.run(["plan"]).exits(0).stdout;
    assert!(plan.contains("- tool@22.21.0/any") && plan.contains("+ tool@24.10.0/any"), "{plan}");
    let _applied = sandbox.run(["apply", "--yes", "--locked"]).exits(0);
    let index = sandbox.files("mirror/index/tool").pop().unwrap();
    let index = sandbox.read(&format!("mirror/index/tool/{}", index.rsplit('/').next().unwrap()));
    assert!(index.contains("\"eol\":\"2028-04-30\""), "{index}");
}

#[test]
fn a_schedule_that_fails_or_shrank_changes_nothing() {
    let (upstream, sandbox) = node(2);
    let _locked = sandbox.run(["update", "--as-of", "2025-10-27"]).exits(0);
    let lock = sandbox.read("deps.lock");
    for (answer, exit, told) in [
        (Answer::status(404), 1, "schedule.json"),
        (Answer::html("<html>sign in</html>"), 1, "HTML"),
        (Answer::json(r#"{"v22": {"end": "soon"}}"#), 1, "neither a day"),
        (
            Answer::json(r#"{"v24": {"end": "2028-04-30", "lts": "2025-10-28"}}"#),
            3,
            "lacks line `22`",
        ),
    ] {
        upstream.route("/schedule.json", answer);
        let ran = sandbox.run(["lock", "--as-of", "2025-12-01"]).exits(exit);
        assert!(ran.all().contains(told), "{}", ran.all());
        assert_eq!(sandbox.read("deps.lock"), lock);
        let _plan = sandbox.run(["plan", "--as-of", "2025-12-01"]).exits(0);
    }
    // With nothing locked it is an error for a plan too.
    std::fs::remove_file(sandbox.path("deps.lock")).unwrap();
    upstream.route("/schedule.json", Answer::status(404));
    let ran = sandbox.run(["plan"]).exits(1);
    assert!(ran.all().contains("nobody knows what line `lts`"), "{}", ran.all());
}

#[test]
fn ends_are_read_in_the_shapes_that_upstreams_have() {
    let ruby = "- name: 4.0\n  status: normal maintenance\n  date: 2025-12-25\n  eol_date:\n\
                - name: 3.4\n  status: normal maintenance\n  date: 2024-12-25\n  eol_date: 2028-03-31\n";
    let dotnet = r#"{"releases-index": [
        {"channel-version": "9.0", "release-type": "sts", "support-phase": "active", "eol-date": "2026-11-10"},
        {"channel-version": "3.4", "release-type": "lts", "support-phase": "active", "eol-date": "2026-11-11"},
        {"channel-version": "3.1", "release-type": "lts", "support-phase": "eol", "eol-date": "2022-12-13"}]}"#;
    let endoflife = r#"[{"cycle": "4.0", "lts": false, "eol": false, "latest": "4.0.0"},
        {"cycle": "3.4", "lts": "2024-12-26", "eol": "2028-03-31"}, {"cycle": "1.8", "lts": true, "eol": true}]"#;
    let toml = "[[line]]\nline = \"3.4\"\neol = 2028-03-31\nnames = { lts = 2024-12-26 }\n";
    for (path, document, select, line, eol) in [
        (
            "/branches.yml",
            ruby,
            ".[] | {line: .name, eol: .eol_date}",
            "constraint = \"3.4.*\"",
            "2028-03-31",
        ),
        (
            "/releases-index.json",
            dotnet,
            r#"."releases-index"[] | {line: ."channel-version", eol: ."eol-date", names: {lts: (."release-type" == "lts")}}"#,
            "line = \"lts\"",
            "2026-11-11",
        ),
        (
            "/ruby.json",
            endoflife,
            ".[] | {line: .cycle, eol, names: {lts: .lts}}",
            "line = \"lts\"",
            "2028-03-31",
        ),
        ("/lines.toml", toml, ".line[]", "line = \"lts\", constraint = \"<4\"", "2028-03-31"),
    ] {
        let upstream = Upstream::start();
        upstream.route(path, Answer::body(document));
        let more = format!(
            "[dependencies.tool]\nlines = [{{ {line} }}]\n{}",
            schedule(&upstream, path, select)
        );
        let sandbox = Sandbox::with(&manifest(
            &upstream,
            &[("3.4.5", "2025-07-16"), ("4.0.0", "2025-12-25")],
            &more,
        ));
        let _locked = sandbox.run(["lock", "--as-of", "2026-02-01"]).exits(0);
        assert_eq!(versions(&sandbox), ["3.4.5"], "{path}");
        let lock = sandbox.read("deps.lock");
        assert!(lock.contains(&format!("line = \"3.4\"\neol = \"{eol}\"\n")), "{path}: {lock}");
        let _right = sandbox.run(["plan", "--frozen"]).exits(0);
    }
}

#[test]
fn a_dropped_line_is_retired_and_stays_so() {
    let upstream = Upstream::start();
    let more = "[defaults]\neol = { warn = \"60d\", drop-after = \"30d\" }\n[dependencies.tool]\nlines = [\n\
                { constraint = \"3.1.*\", eol = { date = 2025-03-26, link = \"https://example.com/eol\" } },\n\
                { constraint = \"3.4.*\", eol = 2028-03-31 },\n]\n";
    let listed = [("3.1.7", "2025-03-26"), ("3.4.5", "2024-12-25")];
    let sandbox = Sandbox::with(&manifest(&upstream, &listed, more));
    let _applied = sandbox.run(["lock", "--as-of", "2025-03-26T12:00:00Z"]).exits(0);
    let _applied = sandbox.run(["apply", "--yes", "--locked"]).exits(0);
    let lock = sandbox.read("deps.lock");
    let told = sandbox.run(["plan", "--as-of", "2025-04-01"]).exits(0).all();
    assert!(told.contains("line `3.1.*` of `tool` ended on 2025-03-26"), "{told}");
    assert!(told.contains("drops its versions from 2025-04-26 on"), "{told}");
    assert!(told.contains("No changes"), "{told}");
    let early = sandbox.run(["lock", "--as-of", "2025-04-25T23:59:59Z"]).exits(0);
    assert_eq!(sandbox.read("deps.lock"), lock, "{}", early.all());
    let dropped = sandbox.run(["lock", "--as-of", "2025-04-26"]).exits(0);
    assert!(dropped.stdout.contains("- tool 3.1.7"), "{}", dropped.all());
    let lock = sandbox.read("deps.lock");
    assert!(lock.contains("ended = [\"3.1.*\"]"), "{lock}");
    for day in ["2025-04-26", "2025-01-01", "2027-01-01"] {
        let plan = sandbox.run(["plan", "--as-of", day]).exits(0).stdout;
        assert!(
            plan.contains("retire") && plan.contains("line 3.1.* ended on 2025-03-26"),
            "{plan}"
        );
    }
    let json = sandbox.json(&["plan", "--locked"]);
    assert_eq!(json["actions"][0]["reason"]["code"], "line-eol", "{json}");
    let _applied = sandbox.run(["apply", "--yes", "--locked"]).exits(0);
    let quiet = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    assert!(quiet.stdout.contains("No changes"), "{}", quiet.all());
    let _again = sandbox.run(["update"]).exits(0);
    assert_eq!(sandbox.read("deps.lock"), lock);
}

#[test]
fn a_young_release_waits_and_as_of_is_the_clock_of_every_rule() {
    let upstream = Upstream::start();
    let more = "[dependencies.tool]\nmin-age = \"3d\"\nlines = [{ constraint = \"1.*\" }]\n";
    let listed = [("1.0.0", "2025-01-01"), ("1.1.0", "2025-06-01"), ("1.2.0", "2025-07-01")];
    let sandbox = Sandbox::with(&manifest(&upstream, &listed, more));
    for (day, version, waits) in [
        ("2025-05-31", "1.0.0", false),
        ("2025-06-01", "1.0.0", true),
        ("2025-06-03T23:59:59Z", "1.0.0", true),
        ("2025-06-04", "1.1.0", false),
        ("2025-07-04", "1.2.0", false),
    ] {
        let ran = sandbox.run(["update", "--as-of", day]).exits(0);
        assert_eq!(versions(&sandbox), [version], "{day}: {}", ran.all());
        assert_eq!(ran.all().contains("waits until 2025-06-04T00:00:00Z"), waits, "{}", ran.all());
    }
    let undated = sandbox.read("deps.toml").replace("released = ", "published = ");
    sandbox.write("deps.toml", undated);
    std::fs::remove_file(sandbox.path("deps.lock")).unwrap();
    let ran = sandbox.run(["lock"]).exits(1);
    assert!(
        ran.all().contains("no-dates") && ran.all().contains("min-age = \"0d\""),
        "{}",
        ran.all()
    );
    let none = sandbox.read("deps.toml").replace("\"3d\"", "\"0d\"");
    sandbox.write("deps.toml", none);
    let _locked = sandbox.run(["lock"]).exits(0);
    assert_eq!(versions(&sandbox), ["1.2.0"]);
}

#[test]
fn an_override_gives_older_versions_another_file() {
    let upstream = Upstream::start();
    let base = upstream.url("");
    for path in [
        "/icu/release-77-1/icu4c-77_1-src.tgz",
        "/icu/release-78.1/icu4c-78.1-sources.tgz",
        "/curl/curl-8.11.0.tar.gz",
        "/curl/archeology/curl-7.40.0.tar.gz",
    ] {
        upstream.route(path, Answer::body(path.to_owned()));
    }
    let text = format!(
        r#"[project]
name = "exceptions"
[storage]
driver = "fs"
path = "mirror"

# icu named its files otherwise before 78.
[dependencies.icu]
lines = [{{ constraint = "*", keep = 2 }}]
[dependencies.icu.source]
driver = "static"
insecure = true
versions = ["release-77-1", "release-78.1"]
extract = '^release-(?<major>\d+)[-.](?<minor>\d+)$'
artifact = "{base}/icu/{{{{ upstream }}}}/icu4c-{{{{ version }}}}-sources.tgz"
[[dependencies.icu.override]]
when = "<78"
source.artifact = "{base}/icu/{{{{ upstream }}}}/icu4c-{{{{ version | replace('.', '_') }}}}-src.tgz"
licenses = ["ICU"]

# curl moves what is old to another folder.
[dependencies.curl]
lines = [{{ constraint = "*", keep = 2 }}]
[dependencies.curl.source]
driver = "static"
insecure = true
versions = ["8.11.0", "7.40.0"]
artifact = "{base}/curl/curl-{{{{ version }}}}.tar.gz"
[[dependencies.curl.override]]
when = "<8"
source.artifact = "{base}/curl/archeology/curl-{{{{ version }}}}.tar.gz"
"#
    );
    let sandbox = Sandbox::with(&text);
    let _locked = sandbox.run(["lock"]).exits(0);
    let lock = sandbox.read("deps.lock");
    for path in [
        "icu/release-77-1/icu4c-77_1-src.tgz",
        "icu/release-78.1/icu4c-78.1-sources.tgz",
        "curl/curl-8.11.0.tar.gz",
        "curl/archeology/curl-7.40.0.tar.gz",
    ] {
        assert!(lock.contains(&format!("url = \"{base}/{path}\"")), "{path}: {lock}");
    }
    let _applied = sandbox.run(["apply", "--yes", "--locked"]).exits(0);
    let files = sandbox.files("mirror/artifacts").join("\n");
    assert!(
        files.contains("icu4c-77_1-src.tgz") && files.contains("curl-7.40.0.tar.gz"),
        "{files}"
    );
}

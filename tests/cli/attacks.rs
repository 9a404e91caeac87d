//! What was broken once by somebody who tried to.

use crate::support::{
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

fn manifest(base: &str, names: &[&str]) -> String {
    let head = "[project]\nname = \"attacks\"\n[storage]\ndriver = \"fs\"\npath = \"mirror\"\n";
    let one = |name: &&str| {
        format!(
            "[dependencies.{name}]\nsource = {{ driver = \"http-json\", url = \"{base}/{name}.json\", select = \".[]\", artifact = \"{base}/{name}-{{{{ version }}}}.tar.gz\", insecure = true }}\nlines = [{{ constraint = \"*\", keep = \"all\" }}]\n"
        )
    };
    head.to_owned() + &names.iter().map(one).collect::<String>()
}

fn project(names: &[&str]) -> (Upstream, Sandbox) {
    let upstream = Upstream::start();
    for name in names {
        upstream.route(&format!("/{name}.json"), Answer::json(r#"["1.0.0"]"#));
        upstream.route(&format!("/{name}-1.0.0.tar.gz"), Answer::body(format!("bytes of {name}")));
    }
    let sandbox = Sandbox::with(&manifest(&upstream.url(""), names));
    (upstream, sandbox)
}

#[test]
fn a_page_or_nothing_at_all_is_not_trusted_on_first_use() {
    let (upstream, sandbox) = project(&["a"]);
    let page = "<!doctype html><title>Not found</title>";
    for answer in [Answer::html(page), Answer::body("")] {
        upstream.route("/a-1.0.0.tar.gz", answer);
        for command in [&["apply", "--yes"][..], &["lock"]] {
            let ran = sandbox.run(command.iter().copied()).exits(3);
            assert!(ran.all().contains("unlikely"), "{}", ran.all());
            assert!(!sandbox.exists("deps.lock"));
        }
    }
    assert!(sandbox.files("mirror/artifacts").is_empty());
}

#[test]
fn a_body_is_read_no_further_than_its_announced_size() {
    let (upstream, sandbox) = project(&["a"]);
    let base = upstream.url("");
    upstream.route(
        "/a.json",
        Answer::json(&format!(
            r#"[{{"version": "1.0.0", "url": "{base}/a-1.0.0.tar.gz", "size": 10}}]"#
        )),
    );
    upstream.route("/a-1.0.0.tar.gz", Answer::generated(1 << 30).chunked());
    let rows: String = manifest(&base, &["a"])
        .replace(&format!(", artifact = \"{base}/a-{{{{ version }}}}.tar.gz\""), "");
    sandbox.write("deps.toml", rows);
    let ran = sandbox.run(["apply", "--yes"]).exits(3);
    assert!(ran.stdout.contains("more than the 10 bytes"), "{}", ran.all());
}

#[test]
fn a_corrupt_cache_is_not_blamed_on_upstream() {
    let (_upstream, sandbox) = project(&["a"]);
    let _locked = sandbox.run(["lock"]).exits(0);
    let kept = sandbox.files(".depstate/cache/artifacts");
    assert_eq!(kept.len(), 1, "{kept:?}");
    sandbox.write(&format!(".depstate/cache/artifacts/{}", kept[0]), "something else");
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
}

#[test]
fn one_that_fails_does_not_stop_those_behind_it() {
    let (upstream, sandbox) = project(&["a", "b", "c"]);
    upstream.route("/a-1.0.0.tar.gz", Answer::status(404));
    let ran = sandbox.run(["apply", "--yes", "--jobs=1", "--commit-every=0s"]).exits(5);
    assert!(ran.stdout.contains("2 created"), "{}", ran.all());
    assert!(
        ran.stderr.contains("Committed serial 2"),
        "each in a commit of its own: {}",
        ran.all()
    );
}

#[test]
fn a_lock_that_changed_meanwhile_is_not_written_over() {
    let (upstream, sandbox) = project(&["a"]);
    upstream.route(
        "/a-1.0.0.tar.gz",
        Answer::body("bytes of a").slow(std::time::Duration::from_secs(3)),
    );
    let child = sandbox
        .command(["apply", "--yes"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while upstream.asked("/a-1.0.0.tar.gz") == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // Nobody else of this tool may write meanwhile, and whoever does all the same is respected.
    let busy = sandbox.run(["lock"]).exits(1);
    assert!(busy.stderr.contains("apply-running"), "{}", busy.all());
    sandbox.write("deps.lock", "version = 1\n# from elsewhere\n");
    let ran = sandbox.ran(child.wait_with_output().unwrap()).exits(5);
    assert!(ran.stdout.contains("deps.lock changed while"), "{}", ran.all());
    assert!(sandbox.read("deps.lock").contains("from elsewhere"));
}

#[test]
fn outputs_do_not_overwrite_what_is_not_theirs() {
    let (_upstream, sandbox) = project(&["a"]);
    let manifest = sandbox.read("deps.toml");
    let _usage = sandbox.run(["plan", "--out", "deps.toml"]).exits(64);
    let _exists = sandbox.run(["plan", "--json-into", "deps.toml"]).exits(1);
    sandbox.write("mine.json", "{\"mine\": true}");
    let _exists = sandbox.run(["plan", "--out", "mine.json"]).exits(1);
    assert_eq!(sandbox.read("deps.toml"), manifest);
    assert_eq!(sandbox.read("mine.json"), "{\"mine\": true}");
    let _twice = sandbox.run(["plan", "--out", "plan.json"]).exits(0);
    let _twice = sandbox.run(["plan", "--out", "plan.json"]).exits(0);
}

#[test]
fn a_filter_that_fits_nothing_is_an_error() {
    let (_upstream, sandbox) = project(&["a"]);
    let _fits = sandbox.run(["plan", "a"]).exits(0);
    for arguments in
        [&["plan", "zzz"][..], &["apply", "--yes", "a@2.*"], &["plan", "--exclude", "b"]]
    {
        let ran = sandbox.run(arguments.iter().copied()).exits(1);
        assert!(ran.stderr.contains("bad-filter"), "{}", ran.all());
    }
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let (_upstream, mut sandbox) = project(&["a"]);
    sandbox.set("DEPSTATE_REFRESH", "").set("DEPSTATE_OFFLINE", "").set("DEPSTATE_AS_OF", "");
    let _plan = sandbox.run(["plan"]).exits(0);
    sandbox.set("DEPSTATE_OFFLINE", "1");
    let _offline = sandbox.run(["plan"]).exits(1);
}

#[test]
fn what_a_store_says_reaches_the_terminal_as_text() {
    let (_upstream, sandbox) = project(&["a"]);
    sandbox.write(
        "mirror/head.json",
        "{\"format\":1,\"lineage\":\"x\",\"project\":\"a\\u001b]0;t\\u0007\\n::error::b\",\"serial\":18446744073709551615,\"nonce\":\"n\",\"kind\":\"genesis\",\"gen\":null,\"prev_head_sha256\":null,\"tx\":null,\"tool\":\"t\"}",
    );
    let _bounds = sandbox.run(["apply", "--yes"]).exits(1);
    let head = sandbox.read("mirror/head.json").replace("18446744073709551615", "0");
    sandbox.write("mirror/head.json", head);
    let ran = sandbox.run(["plan"]).exits(1);
    assert!(ran.stderr.contains("not-owner"), "{}", ran.all());
    assert!(!ran.stderr.contains('\u{1b}') && !ran.stderr.contains("\n::error"), "{}", ran.all());
}

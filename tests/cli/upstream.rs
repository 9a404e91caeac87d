//! Real HTTP upstreams: indexes, checksum files, and everything that they do wrong.

use crate::support::{
    git,
    golden::golden,
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

/// A manifest with one dependency `tool`, whose index, file and checksum are below `base`.
fn manifest(base: &str, more: &str) -> String {
    format!(
        r#"
[project]
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
    )
}

fn sha256(bytes: &[u8]) -> String {
    depstate::model::Sha256::of(bytes).to_string()
}

/// An upstream with versions 1.0.0 and 1.1.0 and a checksum file, and a project that follows it.
fn project(more: &str) -> (Upstream, Sandbox) {
    let upstream = Upstream::start();
    upstream.route("/index.json", Answer::json(r#"["v1.0.0", "v1.1.0"]"#));
    upstream.route("/tool-1.1.0.tar.gz", Answer::body("the bytes of 1.1.0"));
    upstream.route(
        "/SHA256SUMS",
        Answer::body(format!(
            "{}  tool-1.0.0.tar.gz\n{}  tool-1.1.0.tar.gz\n",
            sha256(b"the bytes of 1.0.0"),
            sha256(b"the bytes of 1.1.0")
        )),
    );
    let mut sandbox = Sandbox::with(&manifest(&upstream.url(""), more));
    sandbox.replace(&upstream.url(""), "http://$UPSTREAM");
    (upstream, sandbox)
}

fn checksum(base: &str) -> String {
    format!("[dependencies.tool.verify]\nchecksum = {{ url = \"{base}/SHA256SUMS\" }}\n")
}

#[test]
fn a_checksum_file_decides_the_digest_before_anything_is_downloaded() {
    let (upstream, sandbox) = project("");
    sandbox.write("deps.toml", manifest(&upstream.url(""), &checksum(&upstream.url(""))));
    golden("upstream/plan", &sandbox.run(["plan"]).exits(0).all());
    assert_eq!(upstream.asked("/tool-1.1.0.tar.gz"), 0, "a plan downloads no artifact");
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(upstream.asked("/tool-1.1.0.tar.gz"), 1);
    let lock = sandbox.read("deps.lock");
    assert!(lock.contains("evidence = \"checksum-file\""), "{lock}");
    assert!(lock.contains("upstream = \"v1.1.0\""), "{lock}");
    upstream.forget_requests();
    let _settled = sandbox.run(["plan", "--detailed-exitcode", "--locked"]).exits(0);
    assert!(upstream.requests().is_empty(), "--locked asked {:?}", upstream.requests());
}

#[test]
fn without_a_checksum_the_first_digest_is_trusted_and_that_is_said() {
    let (_upstream, sandbox) = project("");
    golden("upstream/tofu-plan", &sandbox.run(["plan"]).exits(0).all());
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    assert!(sandbox.read("deps.lock").contains("evidence = \"tofu\""));
}

#[test]
fn the_index_may_give_the_digest() {
    let (upstream, sandbox) = project("");
    let digest = sha256(b"the bytes of 1.1.0").to_uppercase();
    upstream.route(
        "/index.json",
        Answer::json(&format!(
            r#"[{{"version": "1.1.0", "url": "{}", "sha256": "{digest}", "size": 18, "released": "2026-03-05"}}]"#,
            upstream.url("/tool-1.1.0.tar.gz")
        )),
    );
    let rows = manifest(&upstream.url(""), "");
    let rows: Vec<&str> = rows.lines().filter(|line| !line.starts_with("artifact")).collect();
    sandbox.write("deps.toml", rows.join("\n"));
    let plan = sandbox.run(["plan"]).exits(0);
    assert!(plan.stdout.contains("18 B"), "{}", plan.all());
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    let lock = sandbox.read("deps.lock");
    assert!(lock.contains("evidence = \"index\""), "{lock}");
    assert!(lock.contains("released = \"2026-03-05T00:00:00Z\""), "{lock}");
}

#[test]
fn a_sha512_alone_is_checked_and_both_are_kept() {
    let (upstream, sandbox) = project("");
    upstream.route(
        "/SHA256SUMS",
        Answer::body(format!("SHA512 (tool-1.1.0.tar.gz) = {}\n", {
            use sha2::Digest as _;
            hex::encode(sha2::Sha512::digest(b"the bytes of 1.1.0"))
        })),
    );
    sandbox.write("deps.toml", manifest(&upstream.url(""), &checksum(&upstream.url(""))));
    let plan = sandbox.run(["plan"]).exits(0);
    assert!(plan.stdout.contains("digest: at apply"), "{}", plan.all());
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    let lock = sandbox.read("deps.lock");
    assert!(lock.contains("upstream-digest = \"sha512:"), "{lock}");
    assert!(lock.contains(&sha256(b"the bytes of 1.1.0")), "{lock}");
}

#[test]
fn wrong_bytes_are_refused_and_everything_about_them_is_said() {
    let (upstream, sandbox) = project("");
    sandbox.write("deps.toml", manifest(&upstream.url(""), &checksum(&upstream.url(""))));
    upstream.route("/tool-1.1.0.tar.gz", Answer::redirect("/login"));
    upstream.route(
        "/login",
        Answer::html("<!doctype html><html><head><title>Please log in</title></head></html>"),
    );
    golden("upstream/html-error-page", &sandbox.run(["apply", "--yes"]).exits(3).all());
    assert!(!sandbox.exists("deps.lock"));
    assert!(sandbox.files("mirror/artifacts").is_empty());
}

#[test]
fn what_upstreams_do_wrong_is_an_error_that_names_the_address() {
    let html = Answer::html("<html><title>Down for maintenance</title></html>");
    for (name, answer) in [
        ("index-404", Answer::status(404)),
        ("index-500", Answer::status(500)),
        ("index-html", html),
        ("index-cut", Answer::json(r#"["v1.0.0", "v1.1.0"]"#).cut_after(7)),
        ("index-junk", Answer::json("[1.0, ")),
        ("index-redirect", Answer::redirect("ftp://127.0.0.1/index.json")),
        ("index-no-rows", Answer::json(r#"[{"name": "no version"}]"#)),
        ("index-empty", Answer::json("[]")),
    ] {
        let (upstream, sandbox) = project("");
        upstream.route("/index.json", answer);
        let plan = sandbox.run(["plan"]);
        assert!(plan.status == 1 || plan.status == 3, "{name}: {}", plan.all());
        assert!(
            !sandbox.exists("deps.lock") && !sandbox.exists("mirror"),
            "{name} wrote something"
        );
        golden(&format!("upstream/{name}"), &plan.all());
    }
}

#[test]
fn a_cut_artifact_is_an_error_and_nothing_of_it_is_published() {
    let (upstream, sandbox) = project("");
    upstream.route("/tool-1.1.0.tar.gz", Answer::generated(1 << 20).cut_after(1000));
    let apply = sandbox.run(["apply", "--yes"]).exits(1);
    assert!(apply.stdout.contains("1000") || apply.stdout.contains("ended"), "{}", apply.all());
    assert!(sandbox.files("mirror/artifacts").is_empty());
    assert!(!sandbox.exists("deps.lock"));
}

#[test]
fn a_checksum_file_without_the_name_shows_what_is_in_it() {
    let (upstream, sandbox) = project("");
    sandbox.write("deps.toml", manifest(&upstream.url(""), &checksum(&upstream.url(""))));
    upstream.route("/SHA256SUMS", Answer::body(format!("{}  other.zip\n", "a".repeat(64))));
    golden("upstream/checksum-missing", &sandbox.run(["plan"]).exits(1).all());
}

#[test]
fn an_index_that_lost_everything_is_refused() {
    let (upstream, sandbox) = project("");
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    upstream.route("/index.json", Answer::json("[]"));
    golden("upstream/shrank", &sandbox.run(["plan", "--update"]).exits(3).all());
}

#[test]
fn an_upstream_that_is_gone_leaves_what_is_locked() {
    let (upstream, sandbox) = project("");
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    upstream.route("/index.json", Answer::status(404));
    let _kept = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    let plan = sandbox.run(["plan", "--update"]).exits(1);
    assert!(plan.stdout.contains("answered 404"), "{}", plan.all());
    assert!(!plan.stdout.contains("retire"), "{}", plan.all());
}

#[test]
fn a_second_address_is_tried_where_the_first_is_gone() {
    let (upstream, sandbox) = project("");
    let base = upstream.url("");
    let two = manifest(&base, "").replace(
        &format!("artifact = \"{base}/tool-{{{{ version }}}}.tar.gz\""),
        &format!("artifact = [\"{base}/current/tool-{{{{ version }}}}.tar.gz\", \"{base}/tool-{{{{ version }}}}.tar.gz\"]"),
    );
    sandbox.write("deps.toml", two);
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(upstream.asked("/current/tool-1.1.0.tar.gz"), 1);
    assert!(sandbox.read("deps.lock").contains(&format!("url = \"{base}/tool-1.1.0.tar.gz\"")));
}

#[test]
fn a_moved_file_with_the_same_bytes_moves_no_byte_of_ours() {
    let (upstream, sandbox) = project("");
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    let artifacts = sandbox.files("mirror/artifacts");
    upstream.route("/moved/tool-1.1.0.tar.gz", Answer::body("the bytes of 1.1.0"));
    let base = upstream.url("");
    let moved = manifest(&base, "").replace("/tool-{{", "/moved/tool-{{");
    sandbox.write("deps.toml", moved);
    golden("upstream/moved", &sandbox.run(["plan"]).exits(0).all());
    assert_eq!(upstream.asked("/moved/tool-1.1.0.tar.gz"), 0, "a plan downloads no artifact");
    let _updated = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(sandbox.files("mirror/artifacts"), artifacts);
    assert!(sandbox.read("deps.lock").contains("/moved/"));
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_name_with_the_digest_in_it() {
    let (upstream, sandbox) = project("");
    let base = upstream.url("");
    let named = manifest(&base, "").replace(
        "[dependencies.tool]\n",
        "[dependencies.tool]\nfile = \"tool-{{ version }}-{{ digest8 }}.tgz\"\n",
    );
    sandbox.write("deps.toml", named);
    golden("upstream/digest-in-name", &sandbox.run(["plan"]).exits(0).all());
    assert_eq!(upstream.asked("/tool-1.1.0.tar.gz"), 0, "a plan downloads no artifact");
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    let digest8 = &sha256(b"the bytes of 1.1.0")[..8];
    let published = sandbox.files("mirror/artifacts");
    assert!(published[0].ends_with(&format!("/tool-1.1.0-{digest8}.tgz")), "{published:?}");
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_digest_is_found_in_yaml_and_toml_as_in_json() {
    let digest = sha256(b"the bytes of 1.1.0");
    for (file, body) in [
        ("sums.json", format!(r#"{{"1.1.0": {{"sha256": "{digest}"}}}}"#)),
        ("sums.yml", format!("1.1.0:\n  sha256: {digest}\n")),
        ("sums.toml", format!("['1.1.0']\nsha256 = '{digest}'\n")),
    ] {
        let (upstream, sandbox) = project("");
        let base = upstream.url("");
        let verify = format!(
            "[dependencies.tool.verify]\nchecksum = {{ url = \"{base}/{file}?v={{{{ version }}}}\", select = '.\"1.1.0\".sha256' }}\n"
        );
        sandbox.write("deps.toml", manifest(&base, &verify));
        upstream.route(&format!("/{file}"), Answer::body(body));
        let _applied = sandbox.run(["apply", "--yes"]).exits(0);
        let lock = sandbox.read("deps.lock");
        assert!(lock.contains("evidence = \"checksum-file\"") && lock.contains(&digest), "{lock}");
        upstream.route(&format!("/{file}"), Answer::html("<!DOCTYPE html><html>"));
        fs_err::remove_file(sandbox.path("deps.lock")).unwrap();
        let plan = sandbox.run(["plan", "--update"]).all();
        assert!(!plan.contains("panicked"), "{plan}");
    }
}

#[test]
fn tags_of_a_repository_give_versions_and_commits() {
    let (upstream, sandbox) = project("");
    let base = upstream.url("");
    let made = git::fill(&sandbox.path("upstream.git"), 3, true);
    let (_, commit) = made.tags.iter().find(|(name, _)| name == "v1.2.0").unwrap();
    upstream.route(&format!("/{commit}/tool-1.2.0.tar.gz"), Answer::body("the bytes of 1.2.0"));
    let source = format!(
        "[dependencies.tool.source]\ndriver = \"git-tags\"\nurl = \"upstream.git\"\ninsecure = true\n\
         artifact = \"{base}/{{{{ release.commit }}}}/tool-{{{{ version }}}}.tar.gz\"\n"
    );
    let manifest = manifest(&base, "");
    let head = manifest.split("[dependencies.tool.source]").next().unwrap();
    sandbox.write("deps.toml", format!("{head}{source}"));
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    let lock = sandbox.read("deps.lock");
    assert!(lock.contains("upstream = \"v1.2.0\"") && lock.contains(commit.as_str()), "{lock}");
}

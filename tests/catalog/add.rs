//! `add` and `catalog`, as a user types them.

use std::collections::BTreeSet;

use super::recorded::configuration;
use crate::support::{
    golden::golden,
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

pub(super) const MANIFEST: &str = r#"# Ours.
[project]
name = "tools"

[storage]       # a folder
driver = "fs"
path = "mirror"

[targets.jammy-amd64]
os = "linux"
arch = "amd64"

# Kept by hand.
[dependencies.hello]
source = { driver = "dir", path = "upstream" }   # why not
lines = [{ constraint = "1.*" }]

# The end."#;

/// keys/5BE8A3F6C8A5C01D106C0AD820B1A390B168D356.asc of github.com/nodejs/release-keys.
pub(super) const KEY: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEaGA63BYJKwYBBAHaRw8BAQdAo/yU+MutacFmmn0CEX495goNrBxR24235XLM
cvHYjfq0L0FudG9pbmUgZHUgSGFtZWwgPGR1aGFtZWxhbnRvaW5lMTk5NUBnbWFp
bC5jb20+iI4EExYKADYWIQRb6KP2yKXAHRBsCtggsaOQsWjTVgUCaGA63AIbAwQL
CQgHBBUKCQgFFgIDAQACHgUCF4AACgkQILGjkLFo01afgwEA/sLHqsj7ml2vyDoT
KDPE8n9a80ZOh14OfnlOe0cCZA8BAMEOOk7QFI69DIlV1nMiqcFCqQFoSzBU2LkI
R17p/j4NtCpBbnRvaW5lIGR1IEhhbWVsIDxhbnRvaW5lLmR1aGFtZWxAcm9zYS5i
ZT6IjgQTFgoANhYhBFvoo/bIpcAdEGwK2CCxo5CxaNNWBQJoYDwgAhsDBAsJCAcE
FQoJCAUWAgMBAAIeBQIXgAAKCRAgsaOQsWjTViKPAP9j4SW7KR6SJeMOCcdjH8W9
pVDT539eTKXNOAEeL/I5GwEAwU5OkmbqP0aH8InAA+h/RTiWf+3pRZ23UIOV9rj0
gAy4OARoYDrcEgorBgEEAZdVAQUBAQdAQVmtih8AO3ryBQMR/22xWHVKLjAbCiH2
cMxNH+iy1RQDAQgHiHgEGBYKACAWIQRb6KP2yKXAHRBsCtggsaOQsWjTVgUCaGA6
3AIbDAAKCRAgsaOQsWjTVu8oAP9Bc+QY+9FikX3YvMgWAqiDlVOyo0y6UIZGBMSQ
lF80wAD/d34LqtVIVe9oe5NO3xA75+6Ew8tGeAjUq/ovagr5dAU=
=k88i
-----END PGP PUBLIC KEY BLOCK-----
";
pub(super) const PRINT: &str = "5BE8A3F6C8A5C01D106C0AD820B1A390B168D356";
pub(super) const KEYS: &str = "/raw.githubusercontent.com/nodejs/release-keys/HEAD/keys";

/// A sandbox in which every host of node's keys is the server's.
pub(super) fn sandbox(upstream: &Upstream) -> Sandbox {
    let sandbox = Sandbox::with(MANIFEST);
    let hosts: BTreeSet<String> =
        ["raw.githubusercontent.com", "daniel.haxx.se"].map(str::to_owned).into();
    sandbox.configure(&configuration(upstream, &hosts));
    sandbox
}

#[test]
fn the_catalogue_is_a_table() {
    let sandbox = Sandbox::new();
    let listed = sandbox.run(["catalog"]).exits(0);
    let widest = listed.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?} letters");
    golden("catalog/catalog", &listed.all());
    golden("catalog/catalog-search", &sandbox.run(["catalog", "jdk"]).exits(0).all());
    golden("catalog/catalog-nothing", &sandbox.run(["catalog", "frob"]).exits(0).all());
    let markdown = sandbox.run(["catalog", "node", "--format", "markdown"]).exits(0);
    golden("catalog/catalog-markdown", &markdown.all());
    let json = sandbox.json(&["catalog"]);
    assert!(json["entries"].as_array().unwrap().len() >= 34);
    assert_eq!(json["format_version"], "1");
}

#[test]
fn a_dependency_is_put_at_the_end_and_nothing_else_changes() {
    let sandbox = Sandbox::with(MANIFEST);
    golden("catalog/add-ruby", &sandbox.run(["add", "ruby", "--line", "3.4"]).exits(0).all());
    let text = sandbox.read("deps.toml");
    assert!(text.starts_with(MANIFEST), "{text}");
    golden("catalog/add-ruby-table", &text[MANIFEST.len()..]);
    // What it wrote is a manifest, and the second time says what is in the way.
    golden("catalog/add-twice", &sandbox.run(["add", "ruby"]).exits(1).all());
    assert_eq!(sandbox.read("deps.toml"), text);
    let _other = sandbox.run(["add", "ruby", "--as", "ruby-next", "--line", "4.0"]).exits(0);
    let both = sandbox.read("deps.toml");
    assert!(both.starts_with(&text) && both.contains("[dependencies.ruby-next]"), "{both}");
    assert_eq!(
        sandbox.files(".").iter().filter(|file| file.contains("lock")).count(),
        1,
        "run.lock"
    );
}

#[test]
fn line_endings_stay_as_they_are() {
    let written = MANIFEST.replace('\n', "\r\n");
    let sandbox = Sandbox::with(&written);
    let _added = sandbox.run(["add", "ruby"]).exits(0);
    let text = sandbox.read("deps.toml");
    assert!(text.starts_with(&written), "{text:?}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text:?}");
}

#[test]
fn a_dry_run_prints_the_table_and_asks_nobody() {
    let upstream = Upstream::start();
    let sandbox = sandbox(&upstream);
    let arguments = ["add", "node", "--line", "22", "--line", "lts", "--dry-run"];
    golden("catalog/add-dry-run", &sandbox.run(arguments).exits(0).all());
    assert_eq!(sandbox.read("deps.toml"), MANIFEST);
    assert!(!sandbox.exists("keys") && upstream.requests().is_empty());
    let json = sandbox.json(&arguments);
    assert_eq!(json["written"], false);
    assert_eq!(json["lines"][0]["constraint"], "22.*");
    assert_eq!(json["lines"][1]["line"], "lts");
}

#[test]
fn keys_of_signers_come_along_and_no_other() {
    let upstream = Upstream::start();
    let sandbox = sandbox(&upstream);
    // A stranger's key under a signer's name is not kept.
    let stranger = "890C08DB8579162FEE0DF9DB8BEAB4DFCF555EF4";
    upstream.route(&format!("{KEYS}/{PRINT}.asc"), Answer::body(KEY));
    upstream.route(&format!("{KEYS}/{stranger}.asc"), Answer::body(KEY));
    golden("catalog/add-node", &sandbox.run(["add", "node"]).exits(0).all());
    let keys = sandbox.read("keys/node.asc");
    assert_eq!(keys.matches("BEGIN PGP PUBLIC KEY BLOCK").count(), 1, "{keys}");
    assert!(sandbox.read("deps.toml").contains("line = \"lts\""));
    // They are there: nothing is asked again.
    upstream.forget_requests();
    let again = sandbox.run(["add", "node", "--as", "node-22", "--line", "22"]).exits(0);
    assert!(again.stdout.contains("were in keys/node.asc"), "{}", again.all());
    assert!(upstream.requests().is_empty());
}

#[test]
fn without_its_keys_nothing_is_added() {
    let upstream = Upstream::start();
    let sandbox = sandbox(&upstream);
    for answer in
        [Answer::status(404), Answer::status(403), Answer::html("<html>"), Answer::body(KEY)]
    {
        upstream.route("/daniel.haxx.se/mykey.asc", answer);
        let ran = sandbox.run(["add", "curl"]).exits(1);
        assert!(ran.stderr.contains("key-missing"), "{}", ran.all());
        assert_eq!(sandbox.read("deps.toml"), MANIFEST);
        assert!(!sandbox.exists("keys/curl.asc"));
    }
    golden("catalog/add-other-key", &sandbox.run(["add", "curl"]).exits(1).all());
    let offline = sandbox.run(["add", "curl", "--offline"]).exits(1);
    assert!(offline.stderr.contains("nothing was added"), "{}", offline.all());
    assert_eq!(sandbox.read("deps.toml"), MANIFEST);
}

#[test]
fn a_key_file_with_a_strangers_key_is_not_taken_for_the_signers() {
    let upstream = Upstream::start();
    let sandbox = sandbox(&upstream);
    sandbox.write("keys/curl.asc", KEY);
    golden("catalog/add-strange-key", &sandbox.run(["add", "curl"]).exits(1).all());
    assert_eq!(sandbox.read("keys/curl.asc"), KEY);
    assert_eq!(sandbox.read("deps.toml"), MANIFEST);
}

#[test]
fn what_makes_no_sense_is_told_with_the_way_out() {
    let sandbox = Sandbox::with(MANIFEST);
    for (name, arguments) in [
        ("unknown", vec!["add", "nodejs"]),
        ("line", vec!["add", "ruby", "--line", "latest"]),
        ("target", vec!["add", "node", "--target", "noble-*"]),
        ("name", vec!["add", "ruby", "--as", "Ruby 3"]),
    ] {
        golden(&format!("catalog/add-bad-{name}"), &sandbox.run(arguments).exits(1).all());
    }
    assert_eq!(sandbox.read("deps.toml"), MANIFEST);
    let empty = Sandbox::new();
    golden("catalog/add-no-manifest", &empty.run(["add", "ruby"]).exits(1).all());
    let broken = Sandbox::with("[project]\nnam = \"x\"\n");
    let ran = broken.run(["add", "ruby"]).exits(1);
    assert!(ran.stderr.contains("nam"), "{}", ran.all());
    let inline = Sandbox::with(&MANIFEST.replace(
        "[dependencies.hello]\nsource = { driver = \"dir\", path = \"upstream\" }   # why not\nlines = [{ constraint = \"1.*\" }]\n",
        "",
    ));
    inline.write("deps.toml", format!("dependencies = {{}}\n{}", inline.read("deps.toml")));
    let ran = inline.run(["add", "ruby"]).exits(1);
    assert!(ran.stderr.contains("[dependencies.ID]"), "{}", ran.all());
}

#[test]
fn a_product_without_files_for_any_target_says_what_to_declare() {
    let sandbox = Sandbox::with(&MANIFEST.replace("\"linux\"", "\"windows\""));
    golden("catalog/add-no-target", &sandbox.run(["add", "tini"]).exits(1).all());
}

#[test]
fn a_registry_is_named_by_the_user() {
    let mut sandbox = Sandbox::with(MANIFEST);
    golden("catalog/add-bundler", &sandbox.run(["add", "bundler"]).exits(0).all());
    sandbox.set("DEPSTATE_GEM_REGISTRY", "https://gems.example");
    let named = sandbox.run(["add", "bundler", "--as", "other"]).exits(0);
    assert!(!named.stdout.contains("DEPSTATE_GEM_REGISTRY"), "{}", named.all());
}

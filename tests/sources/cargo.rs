//! `cargo`: a crate of a sparse cargo index.

use std::path::Path;

use depstate::{model::Code, source::SourceDriver};

use super::{
    contract::{BYTES, Case},
    driver, mistakes, rows, upstreams,
};
use crate::support::upstream::{Answer, Upstream};

fn cargo(upstream: &Upstream, package: &str) -> Box<dyn SourceDriver> {
    let registry = upstream.url("/cargo/");
    let table = format!("insecure = true\npackage = '{package}'\nregistry = 'sparse+{registry}'");
    driver("cargo", &table)
}

fn line(name: &str, version: &str, more: &str) -> String {
    let digest = "d".repeat(64);
    format!(
        r#"{{"name":"{name}","vers":"{version}","deps":[],"cksum":"{digest}","features":{{}}{more}}}"#
    )
}

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, _folder: &Path) -> Option<Case> {
    let (base, index) = (upstream.url(""), "/cargo/to/ol/tool");
    upstream.route("/cargo/config.json", Answer::json(&format!(r#"{{"dl": "{base}/crates"}}"#)));
    upstream.route(index, Answer::body(line("tool", "1.2.0", "")));
    upstream.route("/crates/tool/1.2.0/download", Answer::body(BYTES));
    Some(Case { name: "cargo", driver: cargo(upstream, "tool"), index: Some(index) })
}

#[tokio::test]
async fn each_line_is_a_version() {
    let upstream = Upstream::start();
    let dl = upstream
        .url("/cargo/files/{lowerprefix}/{prefix}/{crate}-{version}.crate?d={sha256-checksum}");
    let config = format!(r#"{{"dl": "{dl}", "api": "https://example.com"}}"#);
    upstream.route("/cargo/config.json", Answer::json(&config));
    let lines = [
        line("MyTool", "1.0.0", r#","yanked":true,"links":null"#),
        line(
            "MyTool",
            "2.0.0+x",
            r#","yanked":false,"v":2,"rust_version":"1.80","pubtime":"2025-11-12T19:30:12Z""#,
        ),
    ];
    upstream.route("/cargo/my/to/mytool", Answer::body(format!("{}\n", lines.join("\n"))));
    let listed = rows(&*cargo(&upstream, "mytool")).await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0.0", "2.0.0+x"]);
    assert!(listed[0].yanked && !listed[1].yanked);
    let digest = "d".repeat(64);
    let url = format!("registry:files/my/to/My/To/MyTool-2.0.0+x.crate?d={digest}");
    assert_eq!(listed[1].url.as_deref(), Some(url.as_str()));
    assert_eq!(listed[1].name.as_deref(), Some("MyTool-2.0.0+x.crate"));
    assert_eq!(listed[1].digests[0].to_string(), format!("sha256:{digest}"));
    assert_eq!(listed[1].released.unwrap().to_string(), "2025-11-12T19:30:12Z");
    assert_eq!(listed[1].more["rust_version"], "1.80");
}

#[tokio::test]
async fn short_names_lie_in_folders_of_their_length() {
    let upstream = Upstream::start();
    upstream.route("/cargo/config.json", Answer::json(r#"{"dl": "https://files.example.com"}"#));
    for (name, path) in [
        ("a", "/cargo/1/a"),
        ("ab", "/cargo/2/ab"),
        ("Abc", "/cargo/3/a/abc"),
        ("a-bc", "/cargo/a-/bc/a-bc"),
    ] {
        upstream.route(path, Answer::body(line(name, "1.0.0", "")));
        let listed = rows(&*cargo(&upstream, name)).await.unwrap();
        let url = format!("https://files.example.com/{name}/1.0.0/download");
        assert_eq!(listed[0].url.as_deref(), Some(url.as_str()));
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_named() {
    let upstream = Upstream::start();
    upstream.route("/cargo/config.json", Answer::json(r#"{"dl": "https://files.example.com"}"#));
    let good = line("tool", "1.0.0", "");
    let cut = &good[..good.len() - 4];
    let digest = good.replace("dddd", "zz");
    let (foreign, dated) =
        (line("other", "1.0.0", ""), line("tool", "1.0.0", r#","pubtime":"soon""#));
    for (body, word) in [
        (cut, "no crate"),
        (digest.as_str(), "`1.0.0`"),
        (foreign.as_str(), "one of `other`"),
        (dated.as_str(), "soon"),
    ] {
        upstream.route("/cargo/to/ol/tool", Answer::body(format!("{good}\n{body}")));
        let error = rows(&*cargo(&upstream, "tool")).await.unwrap_err();
        assert_eq!(error.code(), Code::SOURCE_ANSWER, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    upstream.route("/cargo/to/ol/tool", Answer::body(good));
    for (config, word) in [
        (Answer::json("{}"), "no configuration"),
        (Answer::json(r#"{"dl": "files"}"#), "no address"),
        (Answer::html("<html>"), "an HTML page"),
        (Answer::status(404), "config.json"),
    ] {
        upstream.route("/cargo/config.json", config);
        let error = rows(&*cargo(&upstream, "tool")).await.unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_name_is_checked() {
    for wrong in ["1tool", "a/b", "", "..", "ä"] {
        let table = format!("package = '{wrong}'\nregistry = 'https://example.com'");
        assert_eq!(mistakes("cargo", &table, &[])[0].0, "bad-value", "{wrong}");
    }
}

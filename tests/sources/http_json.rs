//! `http-json`.

use std::path::Path;

use depstate::{model::Code, source::Limits};
use serde_json::json;

use super::{driver, made, rows, setup, upstreams};
use crate::support::upstream::{Answer, Upstream};

fn table(upstream: &Upstream, rest: &str) -> String {
    format!("insecure = true\nurl = '{}'\n{rest}", upstream.url("/i"))
}

#[tokio::test]
async fn rows_have_fields_and_the_rest_is_more() {
    let upstream = Upstream::start();
    let sha = "AB".repeat(32);
    upstream.route(
        "/i",
        Answer::json(&format!(
            r#"[{{"version": "v1.2", "os": "linux", "arch": null, "url": "f/tool.zip", "sha256": "{sha}",
                 "size": 12, "released": "5 March 2020", "prerelease": true, "lts": "Jod"}}, "1.3"]"#
        )),
    );
    let listed = rows(&*driver("http-json", &table(&upstream, ""))).await.unwrap();
    assert_eq!(upstreams(&listed), ["v1.2", "1.3"]);
    let row = &listed[0];
    assert_eq!(row.os.as_deref(), Some("linux"));
    assert_eq!(row.arch, None, "a null is absent");
    assert_eq!(row.url.as_deref(), Some(upstream.url("/f/tool.zip").as_str()));
    assert_eq!(row.digests[0].to_string(), format!("sha256:{}", "ab".repeat(32)));
    assert_eq!(row.size, Some(12));
    assert_eq!(row.released.unwrap().to_string(), "2020-03-05T00:00:00Z");
    assert!(row.prerelease && !row.yanked);
    assert_eq!(row.more.get("lts"), Some(&json!("Jod")));
}

#[tokio::test]
async fn dates_are_read_in_all_their_forms() {
    let upstream = Upstream::start();
    for (text, expected) in [
        (r#""2024-10-29T10:00:00+02:00""#, "2024-10-29T08:00:00Z"),
        (r#""2024-10-29T10:00:00.5Z""#, "2024-10-29T10:00:00.5Z"),
        (r#""2024-10-29""#, "2024-10-29T00:00:00Z"),
        ("1583366400", "2020-03-05T00:00:00Z"),
        (r#""1583366400""#, "2020-03-05T00:00:00Z"),
        (r#""Thu, 05 Mar 2020 12:00:00 GMT""#, "2020-03-05T12:00:00Z"),
        (r#""5 March 2020""#, "2020-03-05T00:00:00Z"),
        (r#""05 Mar 2020""#, "2020-03-05T00:00:00Z"),
    ] {
        upstream.route("/i", Answer::json(&format!(r#"[{{"version": "1", "released": {text}}}]"#)));
        let listed = rows(&*driver("http-json", &table(&upstream, ""))).await.unwrap();
        assert_eq!(listed[0].released.unwrap().to_string(), expected, "{text}");
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_an_error_that_names_it() {
    let upstream = Upstream::start();
    for (row, word) in [
        (r#"{"version": "1.2", "sha256": ""}"#, "sha256"),
        (r#"{"version": "1.2", "sha512": "abc"}"#, "sha512"),
        (r#"{"version": "1.2", "released": "soon"}"#, "released"),
        (r#"{"version": "1.2", "released": "20200305"}"#, "released"),
        (r#"{"version": "1.2", "size": -1}"#, "size"),
        (r#"{"version": "1.2", "prerelease": "yes"}"#, "prerelease"),
        (r#"{"version": 3.10}"#, "number"),
        (r#"{"version": ""}"#, "empty"),
        (r#"{"name": "1.2"}"#, "no `version`"),
        (r#"{"version": "1.2", "url": "javascript:void(0)"}"#, "`javascript:`"),
        (r#"{"version": "1.2", "url": "file:///etc/hostname"}"#, "`file:`"),
        (r#"{"version": "1.2", "url": "ftp://x.example/a"}"#, "`ftp:`"),
        ("[1]", "a row is"),
        ("null", "a row is"),
    ] {
        upstream.route("/i", Answer::json(&format!("[\"1.1\", {row}]")));
        let error = rows(&*driver("http-json", &table(&upstream, ""))).await.unwrap_err();
        assert_eq!(error.code(), Code::SOURCE_ANSWER, "{error}");
        let text = error.to_string();
        assert!(text.contains(word) && text.contains("in the row `"), "{row}: {text}");
    }
}

#[tokio::test]
async fn further_pages_are_read_once_and_in_order() {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::json(r#"{"r": ["1"], "n": ["a", "/b", null]}"#));
    upstream.route("/a", Answer::json(r#"{"r": ["2"], "n": ["i", "c"]}"#));
    upstream.route("/b", Answer::json(r#"{"r": ["3"], "n": ["c", "b#again"]}"#));
    upstream.route("/c", Answer::json(r#"{"r": ["4"], "n": []}"#));
    let table = table(&upstream, "select = '.r[]'\nnext = '.n[]'");
    let listed = rows(&*driver("http-json", &table)).await.unwrap();
    assert_eq!(upstreams(&listed), ["1", "2", "3", "4"]);
    assert_eq!(upstream.requests().len(), 4, "each page once");
}

#[tokio::test]
async fn a_link_header_leads_on() {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::json(r#"["1"]"#).header("link", "</i?page=2>; rel=\"next\""));
    upstream.route("/i?page=2", Answer::json(r#"["2"]"#));
    let listed = rows(&*driver("http-json", &table(&upstream, ""))).await.unwrap();
    assert_eq!(upstreams(&listed), ["1", "2"]);
}

#[tokio::test]
async fn a_page_that_is_missing_makes_the_listing_an_error() {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::json(r#"["1"]"#).header("link", "</gone>; rel=\"next\""));
    let error = rows(&*driver("http-json", &table(&upstream, ""))).await.unwrap_err();
    assert!(error.to_string().contains("/gone"), "{error}");
}

#[tokio::test]
async fn pages_without_end_are_an_error() {
    let upstream = Upstream::start();
    for n in 0..12 {
        upstream.route(&format!("/p{n}"), Answer::json(&format!("\"p{}\"", n + 1)));
    }
    let table =
        format!("insecure = true\nurl = '{}'\nselect = '.'\nnext = '.'", upstream.url("/p0"));
    let mut setup = setup(&table, Path::new("."), &[]);
    setup.limits = Limits { pages: 10, ..Limits::default() };
    let error = rows(&*made("http-json", &setup)).await.unwrap_err();
    assert!(error.to_string().contains("more than 10 pages"), "{error}");
}

#[tokio::test]
async fn several_addresses_are_one_listing() {
    let upstream = Upstream::start();
    upstream.route("/tool/a", Answer::json(r#"["1"]"#)).route("/b", Answer::json(r#"["2"]"#));
    let base = upstream.url("");
    let table = format!("insecure = true\nurl = ['{base}/{{{{ id }}}}/a', '{base}/b']");
    assert_eq!(upstreams(&rows(&*driver("http-json", &table)).await.unwrap()), ["1", "2"]);
}

#[tokio::test]
async fn a_program_that_fails_or_does_not_end_is_an_error() {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::json("[1]"));
    for (select, word) in [
        (".[].name", "jq failed"),
        ("def f: 1 + f; f", "recurses too deep"),
        ("repeat(\"1\")", "200,000 outputs"),
    ] {
        let driver = driver("http-json", &table(&upstream, &format!("select = '{select}'")));
        let error = rows(&*driver).await.unwrap_err();
        assert_eq!(error.code(), Code::SOURCE_ANSWER, "{error}");
        assert!(error.to_string().contains(word), "{select}: {error}");
    }
}

/// As ruby-lang.org's `_data/branches.yml` is written: names that are no numbers, dates that are not
/// there yet.
const BRANCHES: &str = "# branches\n- name: 4.0\n  status: preview\n  date:\n  eol_date:\n\n- name: 3.10\n  status: normal maintenance\n  date: 2024-12-25\n  eol_date:\n";

#[tokio::test]
async fn yaml_is_read_by_its_type_or_its_ending() {
    let upstream = Upstream::start();
    let select = "select = '.[] | {version: .name, released: .date, status}'";
    let plain = Answer::body(BRANCHES).header("content-type", "text/plain; charset=utf-8");
    let typed = Answer::body(BRANCHES).header("content-type", "application/yaml");
    upstream.route("/_data/branches.yml", plain).route("/i", typed);
    for path in ["/_data/branches.yml?raw=true", "/i"] {
        let table = format!("insecure = true\nurl = '{}'\n{select}", upstream.url(path));
        let listed = rows(&*driver("http-json", &table)).await.unwrap();
        assert_eq!(upstreams(&listed), ["4.0", "3.10"], "{path}");
        assert_eq!(listed[0].released, None);
        assert_eq!(listed[1].released.unwrap().to_string(), "2024-12-25T00:00:00Z");
        assert_eq!(listed[1].more["status"], "normal maintenance");
    }
}

/// As ruby-lang.org's `_data/releases.yml` begins.
#[tokio::test]
async fn digests_and_sizes_of_yaml_are_read() {
    let upstream = Upstream::start();
    let sha = "daaa78e1360b2783f98deeceb677ad900f3a36c0ffa6e2b6b19090be77abc272";
    let releases = format!(
        "# 3.2 series\n\n- version: 3.2.0\n  date: 2022-12-25\n  url:\n    gz:  https://cache.ruby-lang.org/pub/ruby/3.2/ruby-3.2.0.tar.gz\n  size:\n    gz:  20440715\n  sha256:\n    gz:  {sha}\n- version: 3.2.0-rc1\n  date: '2022-12-06'\n"
    );
    upstream.route("/releases.yml", Answer::body(releases));
    let table = format!(
        "insecure = true\nurl = '{}'\nselect = '.[] | {{version, released: .date, url: .url.gz, size: .size.gz, sha256: .sha256.gz}}'",
        upstream.url("/releases.yml")
    );
    let listed = rows(&*driver("http-json", &table)).await.unwrap();
    assert_eq!(upstreams(&listed), ["3.2.0", "3.2.0-rc1"]);
    assert_eq!(listed[0].size, Some(20_440_715));
    assert_eq!(listed[0].digests[0].hex(), sha);
    assert_eq!(listed[1].url, None);
}

/// As rust's channel manifests are written.
#[tokio::test]
async fn toml_is_read_by_its_ending() {
    let upstream = Upstream::start();
    let channel = "manifest-version = '2'\ndate = 2024-10-17\n[pkg.rustc]\nversion = '1.82.0 (f6e511eec 2024-10-15)'\n";
    upstream.route("/channel.toml", Answer::body(channel));
    let table = format!(
        "insecure = true\nurl = '{}'\nselect = '{{version: .pkg.rustc.version, released: .date}}'",
        upstream.url("/channel.toml")
    );
    let listed = rows(&*driver("http-json", &table)).await.unwrap();
    assert_eq!(upstreams(&listed), ["1.82.0 (f6e511eec 2024-10-15)"]);
    assert_eq!(listed[0].released.unwrap().to_string(), "2024-10-17T00:00:00Z");
}

#[tokio::test]
async fn what_is_no_yaml_or_toml_is_named() {
    let upstream = Upstream::start();
    for (path, body, word) in [
        ("/i.yml", "- a: [1", "it is not YAML: "),
        ("/i.yml", "<!DOCTYPE html><html>", "it is an HTML page, where YAML was expected"),
        ("/i.yml", "a: &a [*a]", "it is not YAML: "),
        ("/i.toml", "a = ", "it is not TOML: "),
        ("/i.toml", " ", "the answer is empty"),
    ] {
        upstream.route(path, Answer::body(body));
        let table = format!("insecure = true\nurl = '{}'", upstream.url(path));
        let error = rows(&*driver("http-json", &table)).await.unwrap_err();
        assert_eq!(error.code(), Code::SOURCE_ANSWER);
        let text = error.to_string();
        assert!(text.contains(word) && text.contains(path), "{text}");
    }
}

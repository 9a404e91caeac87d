//! `pypi`: a project of a Python package index.

use std::path::Path;

use depstate::{
    model::{Code, Row},
    source::SourceDriver,
};

use super::{
    contract::{BYTES, Case},
    driver, made, mistakes, read, rows, setup, upstreams,
};
use crate::support::upstream::{Answer, Upstream};

const SIMPLE: &str = "application/vnd.pypi.simple.v1+json";

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, _folder: &Path) -> Option<Case> {
    let (base, index) = (upstream.url(""), "/simple/tool/");
    let file = r#"{"filename": "tool-1.2.0.tar.gz", "url": "../../files/tool-1.2.0.tar.gz"}"#;
    upstream.route(index, Answer::json(&format!(r#"{{"files": [{file}]}}"#)));
    upstream.route("/files/tool-1.2.0.tar.gz", Answer::body(BYTES));
    let table = format!("insecure = true\npackage = 'tool'\nregistry = '{base}/simple'");
    Some(Case { name: "pypi", driver: driver("pypi", &table), index: Some(index) })
}

fn pypi(upstream: &Upstream, package: &str) -> Box<dyn SourceDriver> {
    let table = format!("insecure = true\npackage = '{package}'");
    let place = upstream.url("/root");
    made("pypi", &setup(&table, Path::new("."), &[("DEPSTATE_PYPI_REGISTRY", &place)]))
}

fn simple(upstream: &Upstream, body: &str) {
    upstream.route("/root/tool-kit/", Answer::body(body.to_owned()).header("content-type", SIMPLE));
}

fn digest(row: &Row) -> String {
    row.digests.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_simple_api_in_json_says_everything() {
    let upstream = Upstream::start();
    let hash = "a".repeat(64);
    simple(
        &upstream,
        &format!(
            r#"{{"meta": {{"api-version": "1.1"}}, "name": "tool-kit", "versions": ["1.0.0-rc1", "1.0"],
            "files": [
              {{"filename": "tool_kit-1.0.0rc1-py3-none-any.whl", "url": "https://files.example.com/tool_kit-1.0.0rc1-py3-none-any.whl",
                "hashes": {{"sha256": "{hash}", "md5": "00"}}, "yanked": false, "size": 1234,
                "upload-time": "2024-03-05T12:00:00.123456Z", "requires-python": ">=3.8",
                "core-metadata": {{"sha256": "00"}}, "provenance": null}},
              {{"filename": "tool-kit-1.0.0-rc1.tar.gz", "url": "../files/tool-kit-1.0.0-rc1.tar.gz", "hashes": {{}}, "yanked": ""}},
              {{"filename": "Tool.Kit-1.0.zip", "url": "files/Tool.Kit-1.0.zip#sha256=00", "hashes": {{}}, "yanked": "broken"}},
              {{"filename": "tool_kit-1.0.win32.exe", "url": "files/tool_kit-1.0.win32.exe", "hashes": {{}}}}
            ]}}"#
        ),
    );
    upstream.route("/root/tool-kit/files/Tool.Kit-1.0.zip", Answer::body("bytes"));
    let driver = pypi(&upstream, "Tool_Kit");
    let listed = rows(&*driver).await.unwrap();
    // The wheel and the archive of one release have one spelling, the index's.
    assert_eq!(upstreams(&listed), ["1.0.0-rc1", "1.0.0-rc1", "1.0"]);
    let wheel = &listed[0];
    let address = "https://files.example.com/tool_kit-1.0.0rc1-py3-none-any.whl";
    assert_eq!(wheel.url.as_deref(), Some(address));
    assert_eq!(wheel.name.as_deref(), Some("tool_kit-1.0.0rc1-py3-none-any.whl"));
    assert_eq!(digest(wheel), format!("sha256:{hash}"));
    assert_eq!((wheel.size, wheel.yanked), (Some(1234), false));
    assert_eq!(wheel.released.unwrap().to_string(), "2024-03-05T12:00:00.123456Z");
    assert_eq!(wheel.more["requires_python"], ">=3.8");
    assert!(!wheel.more.contains_key("provenance"));
    // Below the registry's address, and without it: the registry may move.
    assert_eq!(listed[1].url.as_deref(), Some("registry:files/tool-kit-1.0.0-rc1.tar.gz"));
    assert!(listed[1].yanked, "a reason may be empty");
    assert!(listed[2].yanked);
    assert_eq!(listed[2].more["yanked_reason"], "broken");
    assert_eq!(listed[2].url.as_deref(), Some("registry:tool-kit/files/Tool.Kit-1.0.zip"));
    let stream = driver.open("registry:tool-kit/files/Tool.Kit-1.0.zip", 0).await.unwrap();
    assert_eq!(read(stream).await.unwrap(), b"bytes");
    let asked = &upstream.requests()[0];
    assert!(asked.header("accept").unwrap().starts_with(SIMPLE), "{asked:?}");
    assert_eq!(asked.path, "/root/tool-kit/", "the normalized name is asked for");
}

#[tokio::test]
async fn an_index_that_has_only_html_is_read() {
    let upstream = Upstream::start();
    let hash = "B".repeat(64);
    let page = format!(
        r#"<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.0"><title>Links for tool-kit</title></head>
        <body><h1>Links for tool-kit</h1>
        <a href="../../packages/aa/tool-kit-1.0.tar.gz#sha256={hash}" data-requires-python="&gt;=3.8">tool-kit-1.0.tar.gz</a><br/>
        <a href="https://files.example.com/tool_kit-1.1-py3-none-any.whl#md5=00" data-yanked="">tool_kit-1.1-py3-none-any.whl</a>
        <a href="https://example.com/home">Homepage</a></body></html>"#
    );
    upstream.route("/root/tool-kit/", Answer::html(&page));
    let driver = pypi(&upstream, "tool-kit");
    let listed = rows(&*driver).await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0", "1.1"]);
    let beside = upstream.url("/packages/aa/tool-kit-1.0.tar.gz");
    assert_eq!(listed[0].url.as_deref(), Some(beside.as_str()));
    assert_eq!(digest(&listed[0]), format!("sha256:{}", hash.to_lowercase()));
    assert_eq!(listed[0].more["requires_python"], ">=3.8");
    assert!(!listed[0].yanked && listed[1].yanked && listed[1].digests.is_empty());
    assert_eq!(upstream.requests().len(), 1, "nothing else is asked");

    upstream.route("/root/tool-kit/", Answer::html("<title>Links for tool-kit</title>"));
    assert_eq!(rows(&*driver).await.unwrap(), [], "an empty list is one");
    upstream
        .route("/root/tool-kit/", Answer::html("<title>Sign in</title><a href='/login'>here</a>"));
    let error = rows(&*driver).await.unwrap_err();
    assert_eq!(error.code(), Code::SOURCE_ANSWER);
    assert!(error.to_string().contains("an HTML page that lists no file of `tool-kit`"), "{error}");
    let wrong = "<a href='tool-kit-1.0.tar.gz#sha256=00'>x</a>";
    upstream.route("/root/tool-kit/", Answer::html(wrong));
    assert_eq!(rows(&*driver).await.unwrap_err().code(), Code::SOURCE_ANSWER);
}

#[tokio::test]
async fn the_older_api_is_found_by_what_is_answered() {
    let upstream = Upstream::start();
    let older = format!(
        r#"{{"info": {{"name": "tool-kit"}}, "releases": {{
          "0.9": [],
          "1.0": [
            {{"filename": "tool-kit-1.0.tar.gz", "packagetype": "sdist", "url": "https://files.example.com/tool-kit-1.0.tar.gz",
              "digests": {{"md5": "00", "sha256": "{}"}}, "size": 9, "yanked": true, "yanked_reason": "oops",
              "upload_time": "2024-03-05T12:00:00", "upload_time_iso_8601": "2024-03-05T12:00:00.5Z"}},
            {{"filename": "odd name.whl", "packagetype": "bdist_wheel", "url": "https://files.example.com/odd.whl", "digests": {{}}}}
          ]}}}}"#,
        "c".repeat(64)
    );
    upstream.route("/root/tool-kit/json", Answer::json(&older));
    let check = |listed: Vec<Row>| {
        // The version is a key there, and no file name is asked for it.
        assert_eq!(upstreams(&listed), ["1.0", "1.0"]);
        assert!(listed[0].yanked && !listed[1].yanked);
        assert_eq!(listed[0].released.unwrap().to_string(), "2024-03-05T12:00:00.5Z");
        assert_eq!(listed[0].more["yanked_reason"], "oops");
        assert_eq!(digest(&listed[0]), format!("sha256:{}", "c".repeat(64)));
    };
    // No such address.
    check(rows(&*pypi(&upstream, "tool-kit")).await.unwrap());
    // It leads to a page about the project.
    upstream.route("/root/tool-kit/", Answer::redirect(&upstream.url("/project/tool-kit/")));
    upstream
        .route("/project/tool-kit/", Answer::html("<a href='/files/tool-kit-7.0.tar.gz'>x</a>"));
    check(rows(&*pypi(&upstream, "tool-kit")).await.unwrap());
    // An index may also lead elsewhere to what is its list after all.
    upstream.route("/root/tool-kit/json", Answer::status(404));
    let elsewhere = rows(&*pypi(&upstream, "tool-kit")).await.unwrap();
    assert_eq!(upstreams(&elsewhere), ["7.0"]);
    upstream.route("/root/tool-kit/json", Answer::status(500));
    let error = rows(&*pypi(&upstream, "tool-kit")).await.unwrap_err();
    assert!(error.to_string().contains("/root/tool-kit/json"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_read_names_the_file() {
    let upstream = Upstream::start();
    let driver = pypi(&upstream, "tool-kit");
    for (file, word) in [
        (
            r#"{"filename": "tool-kit-1.0.zip", "url": "a", "hashes": {"sha256": "00"}}"#,
            "tool-kit-1.0.zip",
        ),
        (r#"{"filename": "tool-kit-1.0.zip", "url": "a", "upload-time": "soon"}"#, "soon"),
        (r#"{"filename": "tool-kit-1.0.zip", "url": "https://"}"#, "no address"),
        (r#"{"url": "a"}"#, "filename"),
    ] {
        simple(&upstream, &format!(r#"{{"files": [{file}]}}"#));
        let error = rows(&*driver).await.unwrap_err();
        assert_eq!(error.code(), Code::SOURCE_ANSWER, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    for (body, word) in [
        (r#"{"meta": {"api-version": "2.0"}, "files": []}"#, "version `2.0`"),
        (r#"{"message": "no"}"#, "neither `files` nor `releases`"),
    ] {
        simple(&upstream, body);
        let error = rows(&*driver).await.unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_name_and_a_place_are_checked() {
    let found = mistakes(
        "pypi",
        "package = ['-tool', 'a/b']\nregistry = 'https://example.com/simple?x=1'",
        &[],
    );
    let codes: Vec<_> =
        found.iter().map(|(code, marked, _)| (code.as_str(), marked.as_str())).collect();
    assert_eq!(
        codes,
        [
            ("bad-value", "'-tool'"),
            ("bad-value", "'a/b'"),
            ("bad-url", "'https://example.com/simple?x=1'")
        ]
    );
    let found =
        mistakes("pypi", "package = 'tool'", &[("DEPSTATE_NPM_REGISTRY", "https://example.com")]);
    assert_eq!(found[0].0, "no-registry", "each registry has a variable of its own");
}

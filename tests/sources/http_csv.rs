//! `http-csv`: a CSV index, by columns.

use std::path::Path;

use depstate::model::Code;

use super::{contract::Case, driver, mistakes, rows, upstreams};
use crate::support::upstream::{Answer, Upstream};

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, _folder: &Path) -> Case {
    let file = upstream.url("/files/tool-1.2.0.zip");
    upstream.route("/index.csv", Answer::body(format!("version,url\n1.2.0,{file}\n")));
    let table = format!(
        "insecure = true\nurl = '{}?key=s3cret'\ncolumns = {{ version = 'version', url = 2 }}",
        upstream.url("/index.csv")
    );
    Case { name: "http-csv", driver: driver("http-csv", &table), index: Some("/index.csv") }
}

async fn read(body: &str, rest: &str) -> Result<Vec<depstate::model::Row>, String> {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::body(body.to_owned()).header("content-type", "text/csv"));
    let table = format!("insecure = true\nurl = '{}'\n{rest}", upstream.url("/i"));
    rows(&*driver("http-csv", &table)).await.map_err(|error| {
        assert_eq!(error.code(), Code::SOURCE_ANSWER);
        error.to_string()
    })
}

/// As curl's list of releases is written: no headings, a semicolon between.
#[tokio::test]
async fn columns_are_counted_from_one() {
    let body = "0;7.74.0;0;2020-12-09;0;56;56;107;107;1;1;\n1;7.73.0;3;2020-10-14;56 days;56;112;135;242;9;10;\n";
    let rest = "delimiter = ';'\ncolumns = { version = 2, released = 4, bugfixes = 8 }";
    let listed = read(body, rest).await.unwrap();
    assert_eq!(upstreams(&listed), ["7.74.0", "7.73.0"]);
    assert_eq!(listed[1].released.unwrap().to_string(), "2020-10-14T00:00:00Z");
    assert_eq!(listed[1].more["bugfixes"], "135");
}

#[tokio::test]
async fn columns_may_be_named_by_their_headings() {
    let body = "\u{feff}Name, Version ,Day,Pre\r\ntool,\"1.0, final\",2024-01-02,false\r\ntool,1.1,,true\r\n";
    let rest = "columns = { version = 'Version', released = 'Day', prerelease = 4 }";
    let listed = read(body, rest).await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0, final", "1.1"]);
    assert_eq!((listed[0].prerelease, listed[1].prerelease), (false, true));
    assert_eq!(listed[1].released, None, "an empty cell is absent");
    let error = read(body, "columns = { version = 'version' }").await.unwrap_err();
    let text = "it has no column `version`, but `Name`, `Version`, `Day`, `Pre`";
    assert!(error.contains(text), "{error}");
}

#[tokio::test]
async fn headings_are_told_from_rows_where_columns_are_counted() {
    let listed = read(
        "version\tsha256\n1.0\t\n",
        "delimiter = \"\\t\"\ncolumns = { version = 1, sha256 = 2 }",
    );
    assert_eq!(upstreams(&listed.await.unwrap()), ["1.0"]);
    let listed = read("Release\n1.0\nnightly\n", "columns = { version = 1 }").await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0", "nightly"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_with_its_line() {
    let rest = "columns = { version = 2, released = 3 }";
    for (body, word) in [
        ("a,1.0,2024-01-01\nb\n", "line 2 has no version: it has 1 columns with `,` between"),
        ("a,1.0,2024-01-01\nb,,\n", "line 2 has no version"),
        ("a,1.0,2024-01-01\nb,1.1,soon\n", "line 2: `released` can't be read as a date"),
        ("<!DOCTYPE html><html>", "it is an HTML page, where CSV was expected"),
        ("", "the answer is empty"),
    ] {
        let error = read(body, rest).await.unwrap_err();
        assert!(error.contains(word), "{body}: {error}");
    }
}

#[test]
fn mistakes_point_at_their_key() {
    let at = |rest: &str| {
        let table = format!("url = 'https://x.example'\n{rest}");
        let mut all = mistakes("http-csv", &table, &[]);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    };
    assert_eq!(at("").0, "missing-key");
    let wrong = at("columns = { version = 1.5 }");
    assert_eq!((wrong.0.as_str(), wrong.1.as_str()), ("bad-value", "1.5"));
    for delimiter in ["''", "';;'", "'\"'", "'é'"] {
        let wrong = at(&format!("columns = {{ version = 1 }}\ndelimiter = {delimiter}"));
        assert_eq!((wrong.0.as_str(), wrong.1.as_str()), ("bad-value", delimiter));
    }
}

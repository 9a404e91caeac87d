//! `http-text`: lines of a text, by a regex or by columns.

use std::path::Path;

use depstate::model::Code;

use super::{contract::Case, driver, mistakes, rows, upstreams};
use crate::support::upstream::{Answer, Upstream};

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, _folder: &Path) -> Case {
    let file = upstream.url("/files/tool-1.2.0.zip");
    upstream.route("/index.txt", Answer::body(format!("# a list\n1.2.0 {file}\n")));
    let table = format!(
        "insecure = true\nurl = '{}?key=s3cret'\ncolumns = {{ version = 1, url = 2 }}",
        upstream.url("/index.txt")
    );
    Case { name: "http-text", driver: driver("http-text", &table), index: Some("/index.txt") }
}

fn table(upstream: &Upstream, rest: &str) -> String {
    format!("insecure = true\nurl = '{}'\n{rest}", upstream.url("/i"))
}

fn text(body: &str) -> Answer {
    Answer::body(body.to_owned()).header("content-type", "text/plain; charset=utf-8")
}

#[tokio::test]
async fn a_pattern_sees_the_whole_text_with_its_lines() {
    let upstream = Upstream::start();
    upstream.route(
        "/i",
        text("tool 1.0\r\n released: 2024-01-02\r\nold tool 0.9\r\ntool 1.1\r\n released: 3 Feb 2024\r\n"),
    );
    let pattern = r"pattern = '^tool (?P<version>\S+)$\s+released: (?P<released>.+)$'";
    let listed = rows(&*driver("http-text", &table(&upstream, pattern))).await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0", "1.1"]);
    assert_eq!(listed[1].released.unwrap().to_string(), "2024-02-03T00:00:00Z");
}

/// As ruby's `index.txt` is written: a line of headings, then fields between tabs; the older
/// entries have `-p` and a patch level.
#[tokio::test]
async fn columns_are_cut_at_blanks_below_their_headings() {
    let upstream = Upstream::start();
    let sha = "13d67901660ee3217dbd9dd56059346bd4212ce64a69c306ef52df64935f8dbd";
    upstream.route(
        "/i",
        text(&format!(
            "name\turl\tsha1\tsha256\tsha512\n\
             ruby-3.2.1\thttps://cache.ruby-lang.org/pub/ruby/3.2/ruby-3.2.1.tar.gz\taa57\t{sha}\tx\n\
             ruby-1.9.3-p551\thttps://cache.ruby-lang.org/pub/ruby/1.9/ruby-1.9.3-p551.tar.gz\tbb57\t{sha}\tx\n\n"
        )),
    );
    let columns = "columns = { version = 1, url = 2, sha256 = 4 }";
    let listed = rows(&*driver("http-text", &table(&upstream, columns))).await.unwrap();
    assert_eq!(upstreams(&listed), ["ruby-3.2.1", "ruby-1.9.3-p551"]);
    assert_eq!(listed[0].digests[0].hex(), sha);
    assert!(listed[1].url.as_deref().unwrap().ends_with("ruby-1.9.3-p551.tar.gz"));
}

#[tokio::test]
async fn lines_that_are_too_short_are_no_rows_and_wrong_cells_are_errors() {
    let upstream = Upstream::start();
    upstream.route("/i", text("# heading\nx 1.0 no\n\nalone\ny 1.1 yes\n"));
    let columns = "columns = { version = 2, yanked = 3 }";
    let listed = rows(&*driver("http-text", &table(&upstream, columns))).await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0", "1.1"]);
    assert_eq!((listed[0].yanked, listed[1].yanked), (false, true));
    upstream.route("/i", text("x 1.0 no\ny 1.1 perhaps\n"));
    let error = rows(&*driver("http-text", &table(&upstream, columns))).await.unwrap_err();
    assert_eq!(error.code(), Code::SOURCE_ANSWER);
    assert!(error.to_string().contains("line 2: `yanked` is not true or false"), "{error}");
}

#[tokio::test]
async fn a_page_in_place_of_the_text_is_named() {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::html("<!DOCTYPE html>\n<html><b>tool 1.0</b></html>"));
    for read in ["columns = { version = 1 }", r"pattern = 'v(?P<version>\d+)'"] {
        let error = rows(&*driver("http-text", &table(&upstream, read))).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("it is an HTML page, where a text was expected"), "{text}");
    }
    // Where the pattern finds something in the page's source, that is what was meant.
    let read = r"pattern = '<b>tool (?P<version>[\d.]+)</b>'";
    let listed = rows(&*driver("http-text", &table(&upstream, read))).await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0"]);
}

#[tokio::test]
async fn further_texts_are_read_once() {
    let upstream = Upstream::start();
    upstream.route("/i", text("include: a.txt\ninclude: b.txt\nv 1\n"));
    upstream.route("/a.txt", text("v 2\ninclude: /i\n")).route("/b.txt", text("v 3\n"));
    let read = "pattern = '^v (?P<version>.+)$'\nnext = '^include: (?P<url>.+)$'";
    let listed = rows(&*driver("http-text", &table(&upstream, read))).await.unwrap();
    assert_eq!(upstreams(&listed), ["1", "2", "3"]);
    assert_eq!(upstream.requests().len(), 3);
}

#[test]
fn mistakes_point_at_their_key() {
    let at = |rest: &str| {
        let table = format!("url = 'https://x.example'\n{rest}");
        let mut all = mistakes("http-text", &table, &[]);
        assert_eq!(all.len(), 1, "{all:?}");
        let (code, marked, message) = all.remove(0);
        (code, marked, message)
    };
    assert_eq!(at("").0, "missing-key");
    assert_eq!(at("columns = 1").0, "wrong-type");
    assert_eq!(at("columns = { released = 1 }").2, "`columns` has no `version`");
    let (code, marked, message) = at("columns = { version = 0 }");
    assert_eq!((code.as_str(), marked.as_str()), ("bad-value", "0"));
    assert!(message.contains("counted from 1"), "{message}");
    let (_, marked, message) = at("columns = { version = 'v' }");
    assert_eq!(marked, "'v'");
    assert!(message.contains("a text has no headings"), "{message}");
    let both = "columns = { version = 1 }\npattern = '(?P<version>.)'";
    assert_eq!(at(both).1, "{ version = 1 }");
    let (code, _, message) = at("columns = { version = 1 }\nnext = 'x'");
    assert_eq!((code.as_str(), message.as_str()), ("bad-pattern", "`next` has no group `url`"));
}

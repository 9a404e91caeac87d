//! `http-html`.

use super::{driver, rows, upstreams};
use crate::support::upstream::{Answer, Upstream};

fn table(upstream: &Upstream, rest: &str) -> String {
    format!("insecure = true\nurl = '{}'\n{rest}", upstream.url("/dist/"))
}

#[tokio::test]
async fn links_are_matched_by_their_whole_address() {
    let upstream = Upstream::start();
    upstream.route(
        "/dist/",
        Answer::html(
            "<a href=tool-1.0-linux.tgz>one</a> <a href='../x/tool-1.1-linux.tgz#top'>two</a>
             <a href='v2/'>v2</a> <a name=tool-9.9-linux.tgz>no link</a> <A HREF='http://[bad'>x</a>",
        ),
    );
    let pattern = r"pattern = '^http://.*/tool-(?<version>[0-9.]+)-(?<os>[a-z]+)\.tgz'";
    let listed = rows(&*driver("http-html", &table(&upstream, pattern))).await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0", "1.1"]);
    assert_eq!(listed[0].os.as_deref(), Some("linux"));
    assert_eq!(listed[0].url.as_deref(), Some(upstream.url("/dist/tool-1.0-linux.tgz").as_str()));
    assert_eq!(listed[1].url.as_deref(), Some(upstream.url("/x/tool-1.1-linux.tgz").as_str()));
}

#[tokio::test]
async fn a_folder_is_a_version_without_a_file() {
    let upstream = Upstream::start();
    upstream.route("/dist/", Answer::html("<a href='v1.0/'>v1.0/</a><a href='/'>up</a>"));
    let table = table(&upstream, r"pattern = '/v(?<version>[0-9.]+)/$'");
    let listed = rows(&*driver("http-html", &table)).await.unwrap();
    assert_eq!((listed[0].upstream.as_str(), &listed[0].url), ("1.0", &None));
}

#[tokio::test]
async fn other_elements_are_matched_by_their_text() {
    let upstream = Upstream::start();
    let digest = "0".repeat(64);
    upstream.route(
        "/dist/",
        Answer::html(&format!(
            "<table><tr><td>1.0</td>\n<td><code>{digest}</code></td></tr><tr><td>x</table>"
        )),
    );
    let rest = "css = 'tr'\npattern = '(?<version>[0-9]+\\.[0-9]+)(?<prerelease>-rc)?\\s+(?<sha256>[0-9a-f]{64})'";
    let listed = rows(&*driver("http-html", &table(&upstream, rest))).await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0"]);
    assert_eq!(listed[0].digests[0].hex(), digest);
    assert!(!listed[0].prerelease);
}

#[tokio::test]
async fn a_base_element_and_next_pages_count() {
    let upstream = Upstream::start();
    upstream.route(
        "/dist/",
        Answer::html("<base href='/cdn/'><a href='t-1.zip'>1</a> <a href='/dist/?page=2'>more</a>"),
    );
    upstream
        .route("/dist/?page=2", Answer::html("<a href='t-2.zip'>2</a> <a href='?page=2'>this</a>"));
    let rest = "pattern = 't-(?<version>\\d)\\.zip$'\nnext = '[?]page=\\d+$'";
    let listed = rows(&*driver("http-html", &table(&upstream, rest))).await.unwrap();
    assert_eq!(upstreams(&listed), ["1", "2"]);
    assert_eq!(listed[0].url.as_deref(), Some(upstream.url("/cdn/t-1.zip").as_str()));
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn a_link_that_is_no_address_of_a_file_is_told_while_planning() {
    let upstream = Upstream::start();
    upstream.route("/dist/", Answer::html("<a href='javascript:get(\"tool-1.0\")'>1.0</a>"));
    let table = table(&upstream, r"pattern = 'tool-(?<version>[0-9.]+)'");
    let error = rows(&*driver("http-html", &table)).await.unwrap_err().to_string();
    assert!(error.contains("of version `1.0` begins with `javascript:`"), "{error}");
}

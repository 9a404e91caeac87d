//! What every driver promises, whatever it reads.

use std::path::Path;

use depstate::{
    model::{Code, Row},
    source::{DRIVERS, SourceDriver},
};

use super::{driver, made, read, rows, setup, story};
use crate::support::upstream::{Answer, Upstream};

pub(super) const BYTES: &[u8] = b"the bytes of tool 1.2.0";

/// A driver over a source with one release, `1.2.0`, and its file of [`BYTES`].
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) driver: Box<dyn SourceDriver>,
    /// Breaks the index, where it comes over the network.
    pub(super) index: Option<&'static str>,
}

fn cases(upstream: &Upstream, folder: &Path) -> Vec<Case> {
    let mut all = first(upstream, folder);
    all.extend([
        super::http_text::case(upstream, folder),
        super::http_csv::case(upstream, folder),
        super::http_xml::case(upstream, folder),
        super::github_tags::case(upstream, folder),
        super::gitlab_releases::case(upstream, folder),
        super::gitea_releases::case(upstream, folder),
        super::git_tags::case(upstream, folder),
        super::pypi::case(upstream, folder),
        super::rubygems::case(upstream, folder),
        super::maven::case(upstream, folder),
        super::cargo::case(upstream, folder),
        super::debian::case(upstream, folder),
        super::oci_tags::case(upstream, folder),
        super::storage_list::case(upstream, folder),
    ]);
    all.sort_by_key(|case| DRIVERS.iter().position(|driver| driver.name == case.name));
    all
}

fn first(upstream: &Upstream, folder: &Path) -> Vec<Case> {
    let base = upstream.url("");
    let file = upstream.url("/files/tool-1.2.0.zip");
    upstream.route("/files/tool-1.2.0.zip", Answer::body(BYTES));
    upstream.route("/index.json", Answer::json(&format!(r#"[{{"v": "1.2.0", "u": "{file}"}}]"#)));
    upstream.route("/index.html", Answer::html("<a href='files/tool-1.2.0.zip'>1.2.0</a>"));
    upstream.route(
        "/repos/o/r/releases",
        Answer::json(&format!(
            r#"[{{"tag_name": "1.2.0", "assets": [{{"name": "tool-1.2.0.zip", "browser_download_url": "{file}"}}]}}]"#
        )),
    );
    upstream.route(
        "/tool",
        Answer::json(&format!(
            r#"{{"versions": {{"1.2.0": {{"dist": {{"tarball": "{file}"}}}}}}}}"#
        )),
    );
    fs_err::write(folder.join("tool-1.2.0.zip"), BYTES).unwrap();
    let http = |name, table: &str| driver(name, &format!("insecure = true\n{table}"));
    vec![
        Case {
            name: "static",
            driver: http(
                "static",
                &format!("versions = [{{ version = '1.2.0', url = '{file}' }}]"),
            ),
            index: None,
        },
        Case { name: "dir", driver: made("dir", &setup("path = '.'", folder, &[])), index: None },
        Case {
            name: "http-json",
            driver: http(
                "http-json",
                &format!(
                    "url = '{base}/index.json?key=s3cret'\nselect = '.[] | {{version: .v, url: .u}}'"
                ),
            ),
            index: Some("/index.json"),
        },
        Case {
            name: "http-html",
            driver: http(
                "http-html",
                &format!(
                    "url = '{base}/index.html?key=s3cret'\npattern = 'tool-(?<version>[0-9.]+)\\.zip$'"
                ),
            ),
            index: Some("/index.html"),
        },
        Case {
            name: "github-releases",
            driver: http("github-releases", &format!("repo = 'o/r'\napi = '{base}'")),
            index: Some("/repos/o/r/releases"),
        },
        Case {
            name: "npm",
            driver: http("npm", &format!("package = 'tool'\nregistry = '{base}'")),
            index: Some("/tool"),
        },
    ]
}

/// The file of a row; tags have none, `artifact` says where it is.
fn file(name: &str, row: &Row) -> Option<String> {
    let tags = ["github-tags", "git-tags", "oci-tags"].contains(&name);
    assert_eq!(row.url.is_none(), tags, "{name}: {row:?}");
    row.url.clone()
}

#[tokio::test]
async fn every_driver_is_here() {
    let (upstream, folder) = (Upstream::start(), tempfile::tempdir().unwrap());
    let here: Vec<_> = cases(&upstream, folder.path()).iter().map(|case| case.name).collect();
    let all: Vec<_> = DRIVERS.iter().map(|driver| driver.name).collect();
    assert_eq!(here, all);
}

#[tokio::test]
async fn what_is_listed_can_be_opened_from_any_byte() {
    let (upstream, folder) = (Upstream::start(), tempfile::tempdir().unwrap());
    for Case { name, driver, .. } in cases(&upstream, folder.path()) {
        let listed = rows(&*driver).await.unwrap();
        assert_eq!(listed.len(), 1, "{name}: {listed:?}");
        assert_eq!(listed[0].upstream, "1.2.0", "{name}");
        let Some(url) = file(name, &listed[0]) else { continue };
        for from in [0, 4, BYTES.len()] {
            let stream = driver.open(&url, from as u64).await.unwrap();
            assert_eq!(stream.size, Some((BYTES.len() - from) as u64), "{name} {from}");
            assert_eq!(read(stream).await.unwrap(), BYTES[from..], "{name} {from}");
        }
    }
}

#[tokio::test]
async fn a_listing_is_the_same_each_time() {
    let (upstream, folder) = (Upstream::start(), tempfile::tempdir().unwrap());
    for Case { name, driver, .. } in cases(&upstream, folder.path()) {
        let (one, two) = (rows(&*driver).await.unwrap(), rows(&*driver).await.unwrap());
        assert_eq!(one, two, "{name}");
    }
    assert!(upstream.requests().iter().all(|asked| asked.method == "GET"), "nothing is changed");
}

#[tokio::test]
async fn an_origin_is_named_without_secrets() {
    let (upstream, folder) = (Upstream::start(), tempfile::tempdir().unwrap());
    for Case { name, driver, .. } in cases(&upstream, folder.path()) {
        let origin = driver.origin();
        assert!(!origin.is_empty() && !origin.contains("s3cret"), "{name}: {origin}");
    }
}

#[tokio::test]
async fn absent_is_absent() {
    let (upstream, folder) = (Upstream::start(), tempfile::tempdir().unwrap());
    for Case { name, driver, .. } in cases(&upstream, folder.path()) {
        let listed = rows(&*driver).await.unwrap();
        let Some(url) = file(name, &listed[0]) else { continue };
        let missing = url.replace("1.2.0", "9");
        let error = driver.open(&missing, 0).await.unwrap_err();
        assert!(error.is_absent(), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_foreign_address_is_refused() {
    let (upstream, folder) = (Upstream::start(), tempfile::tempdir().unwrap());
    for Case { name, driver, .. } in cases(&upstream, folder.path()) {
        for url in ["file:///etc/hostname", "nonsense", "ftp://example.com/x", ""] {
            let error = driver.open(url, 0).await.unwrap_err();
            assert_eq!(error.code(), Code::UNSUPPORTED_ADDRESS, "{name} {url}: {error}");
        }
    }
}

#[tokio::test]
async fn a_listing_is_whole_or_an_error() {
    let (upstream, folder) = (Upstream::start(), tempfile::tempdir().unwrap());
    for Case { name, driver, index } in cases(&upstream, folder.path()) {
        let Some(index) = index else { continue };
        for (answer, code, tries) in [
            (Answer::status(404), Code::SOURCE_FAILED, 1),
            (Answer::status(500), Code::SOURCE_FAILED, 4),
            (Answer::status(403), Code::SOURCE_FAILED, 1),
            (Answer::json("[\"1.0\"]").cut_after(3), Code::TRUNCATED, 4),
            (Answer::redirect("ftp://example.com/i"), Code::REDIRECT_REFUSED, 1),
            (Answer::status(429).header("retry-after", "900"), Code::RATE_LIMITED, 1),
        ] {
            upstream.route(index, answer.clone()).forget_requests();
            let error = driver.releases(None).await.unwrap_err();
            let story = story(&error);
            let cut = code == Code::TRUNCATED;
            assert!(
                error.code() == code || (cut && error.code() == Code::SOURCE_FAILED),
                "{name} {answer:?}: {story}"
            );
            assert_eq!(upstream.asked(index), tries, "{name} {answer:?}");
            assert!(error.to_string().contains(index), "{name}: {error}");
            assert!(!story.contains("s3cret"), "{name}: {story}");
        }
    }
}

#[tokio::test]
async fn a_page_in_place_of_json_is_named() {
    let (upstream, folder) = (Upstream::start(), tempfile::tempdir().unwrap());
    for Case { name, driver, index } in cases(&upstream, folder.path()) {
        let other = |index: &&str| {
            [".html", ".xml", ".txt", ".csv", "info/refs"].iter().any(|end| index.ends_with(end))
        };
        let Some(index) = index.filter(|index| !other(index) && !index.ends_with("Packages"))
        else {
            continue;
        };
        for (answer, word) in [
            (Answer::html("<!DOCTYPE html><html>Sign in</html>"), "an HTML page"),
            (Answer::json(" \n<HTML><body>"), "an HTML page"),
            (Answer::json("<?xml version='1.0'?><feed/>"), "XML"),
            (Answer::json(""), "empty"),
            (Answer::json("nonsense"), "line 1 column 2"),
        ] {
            upstream.route(index, answer);
            let error = driver.releases(None).await.unwrap_err();
            assert_eq!(error.code(), Code::SOURCE_ANSWER, "{name}: {error}");
            assert!(error.to_string().contains(word), "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn an_empty_index_lists_nothing() {
    let (upstream, folder) = (Upstream::start(), tempfile::tempdir().unwrap());
    for Case { name, driver, index } in cases(&upstream, folder.path()) {
        let empty = match index {
            Some("/tool") => Answer::json("{\"versions\": {}}"),
            Some("/simple/tool/") => Answer::json("{\"files\": []}"),
            Some("/maven/org/example/tool/maven-metadata.xml") => Answer::body("<metadata/>"),
            // An empty index of these is one that does not hold the package at all.
            Some("/cargo/to/ol/tool" | "/debian/dists/stable/main/binary-amd64/Packages") => {
                continue;
            }
            Some("/index.html") => Answer::html("<p>nothing here"),
            Some("/index.xml") => Answer::body("<rss><channel/></rss>"),
            Some("/index.txt") => Answer::body("# nothing yet"),
            Some("/index.csv") => Answer::body("version,url\n"),
            Some("/o/r.git/info/refs") => super::git_tags::empty(),
            Some("/v2/library/tool/tags/list") => Answer::json("{\"tags\": []}"),
            _ => Answer::json("[]"),
        };
        let Some(index) = index else { continue };
        upstream.route(index, empty);
        assert_eq!(rows(&*driver).await.unwrap(), [], "{name}");
    }
}

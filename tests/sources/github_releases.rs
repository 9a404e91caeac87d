//! `github-releases`.

use std::path::Path;

use depstate::{model::Code, source::SourceDriver};

use super::{made, rows, setup, upstreams};
use crate::support::upstream::{Answer, Upstream};

const PATH: &str = "/repos/o/r/releases";

fn table(upstream: &Upstream) -> String {
    format!("insecure = true\nrepo = 'o/r'\napi = '{}'", upstream.url(""))
}

fn github(upstream: &Upstream, environment: &[(&str, &str)]) -> Box<dyn SourceDriver> {
    made("github-releases", &setup(&table(upstream), Path::new("."), environment))
}

#[tokio::test]
async fn there_is_one_row_for_each_file() {
    let upstream = Upstream::start();
    let sha = "0".repeat(64);
    upstream.route(
        PATH,
        Answer::json(&format!(
            r#"[{{"tag_name": "v2", "name": "Two", "prerelease": true, "published_at": "2024-01-02T03:04:05Z", "assets": [
                 {{"name": "a.zip", "size": 7, "browser_download_url": "https://example.com/a.zip", "digest": "sha256:{sha}"}},
                 {{"name": "b.zip", "size": 8, "browser_download_url": "https://example.com/b.zip", "digest": null}},
                 {{"name": "c.zip", "size": 0, "browser_download_url": "https://example.com/c.zip", "state": "starter"}}]}},
               {{"tag_name": "v1.9", "draft": true, "assets": []}},
               {{"tag_name": "v1", "assets": []}}]"#
        )),
    );
    let listed = rows(&*github(&upstream, &[])).await.unwrap();
    assert_eq!(upstreams(&listed), ["v2", "v2", "v1"]);
    assert_eq!(listed[0].name.as_deref(), Some("a.zip"));
    assert_eq!(listed[0].digests[0].hex(), sha);
    assert_eq!(listed[0].size, Some(7));
    assert!(listed[0].prerelease && listed[1].digests.is_empty());
    assert_eq!(listed[1].released.unwrap().to_string(), "2024-01-02T03:04:05Z");
    assert_eq!(listed[1].more["title"], "Two");
    assert_eq!(listed[2].url, None);
}

#[tokio::test]
async fn pages_are_read_to_the_end() {
    let upstream = Upstream::start();
    let next = |n: u32| format!("<{}?per_page=100&page={n}>; rel=\"next\"", upstream.url(PATH));
    let page = |tag: &str| Answer::json(&format!(r#"[{{"tag_name": "{tag}"}}]"#));
    upstream.route(PATH, page("3").header("link", &next(2)));
    upstream.route(&format!("{PATH}?per_page=100&page=2"), page("2").header("link", &next(3)));
    upstream.route(&format!("{PATH}?per_page=100&page=3"), page("1"));
    assert_eq!(upstreams(&rows(&*github(&upstream, &[])).await.unwrap()), ["3", "2", "1"]);
    assert_eq!(upstream.requests()[0].path, format!("{PATH}?per_page=100"));
}

#[tokio::test]
async fn the_token_goes_to_its_own_host_alone() {
    let upstream = Upstream::start();
    upstream.route(PATH, Answer::json("[]"));
    let own = upstream.url("/api");
    let token = ("GITHUB_TOKEN", "t0ken");
    for (environment, sent) in [
        (vec![token], None),
        (vec![token, ("GITHUB_API_URL", own.as_str())], Some("Bearer t0ken")),
        (vec![("GH_TOKEN", "other"), ("GITHUB_API_URL", own.as_str())], Some("Bearer other")),
        (vec![token, ("GITHUB_API_URL", "http://127.0.0.1:1")], None),
    ] {
        upstream.forget_requests();
        rows(&*github(&upstream, &environment)).await.unwrap();
        assert_eq!(upstream.requests()[0].header("authorization"), sent, "{environment:?}");
    }
}

#[tokio::test]
async fn a_used_up_quota_says_until_when() {
    let upstream = Upstream::start();
    upstream.route(
        PATH,
        Answer::status(403)
            .header("x-ratelimit-remaining", "0")
            .header("x-ratelimit-reset", "1445412480"),
    );
    let error = rows(&*github(&upstream, &[])).await.unwrap_err();
    assert_eq!(error.code(), Code::RATE_LIMITED);
    assert!(error.to_string().contains("2015-10-21T07:28:00Z"), "{error}");
    assert_eq!(upstream.asked(PATH), 1);
}

/// A page of so many releases.
fn full(first: usize, count: usize) -> Answer {
    let releases: Vec<_> =
        (first..first + count).map(|n| format!(r#"{{"tag_name": "v{n}"}}"#)).collect();
    Answer::json(&format!("[{}]", releases.join(",")))
}

/// GitHub lists so many releases and no more: with 422 for the page after them, or without a word.
#[tokio::test]
async fn more_releases_than_github_lists_are_an_error() {
    let refused = r#"{"message":"Only the first 1000 results are available.","documentation_url":"https://docs.github.com/rest/releases/releases#list-releases","status":"422"}"#;
    for silent in [false, true] {
        let upstream = Upstream::start();
        let page = |n: usize| format!("{PATH}?per_page=100&page={n}");
        for n in 1..=10 {
            let mut answer = full(n * 100, 100);
            if !silent || n < 10 {
                let next = format!("<{}>; rel=\"next\"", upstream.url(&page(n + 1)));
                answer = answer.header("link", &next);
            }
            upstream.route(&if n == 1 { PATH.to_owned() } else { page(n) }, answer);
        }
        upstream.route(&page(11), Answer::status(422).with_body(refused));
        let error = rows(&*github(&upstream, &[])).await.unwrap_err();
        assert_eq!(error.code(), Code::SOURCE_ANSWER);
        let text = error.to_string();
        assert!(text.contains("Only the first 1000 results"), "{text}");
        assert!(text.contains("`github-tags` and `git-tags` list all tags"), "{text}");

        // Where there are just so many, the page after them is empty.
        upstream.route(&page(11), Answer::json("[]"));
        assert_eq!(rows(&*github(&upstream, &[])).await.unwrap().len(), 1000);
    }
}

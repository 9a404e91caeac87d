//! `github-tags`: the tags of a GitHub repository.

use std::path::Path;

use depstate::model::Code;

use super::{contract::Case, driver, made, mistakes, rows, setup, upstreams};
use crate::support::upstream::{Answer, Upstream};

const PATH: &str = "/repos/o/r/tags";

fn table(upstream: &Upstream) -> String {
    format!("insecure = true\nrepo = 'o/r'\napi = '{}'", upstream.url(""))
}

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, _folder: &Path) -> Case {
    upstream.route(PATH, Answer::json(&tag("1.2.0")));
    Case { name: "github-tags", driver: driver("github-tags", &table(upstream)), index: Some(PATH) }
}

/// A page of one tag, as GitHub's documentation of `GET /repos/{owner}/{repo}/tags` shows it.
fn tag(name: &str) -> String {
    format!(
        r#"[{{"name": "{name}",
             "commit": {{"sha": "c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc", "url": "https://api.github.com/repos/o/r/commits/c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc"}},
             "zipball_url": "https://github.com/o/r/zipball/{name}", "tarball_url": "https://github.com/o/r/tarball/{name}", "node_id": "MDQ6VXNlcjE="}}]"#
    )
}

#[tokio::test]
async fn pages_are_read_to_the_end_and_tags_have_their_commit() {
    let upstream = Upstream::start();
    let next = format!(
        "<{}>; rel=\"next\", <{0}>; rel=\"last\"",
        upstream.url("/repositories/1/tags?per_page=100&page=2")
    );
    upstream.route(PATH, Answer::json(&tag("release-1.27.1")).header("link", &next));
    upstream
        .route("/repositories/1/tags?per_page=100&page=2", Answer::json(&tag("release-1.27.0")));
    let listed = rows(&*driver("github-tags", &table(&upstream))).await.unwrap();
    assert_eq!(upstreams(&listed), ["release-1.27.1", "release-1.27.0"]);
    assert_eq!(listed[0].more["commit"], "c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc");
    assert_eq!(listed[0].url, None, "archives that are made anew each time are no files");
    assert_eq!(upstream.requests()[0].path, format!("{PATH}?per_page=100"));
}

#[tokio::test]
async fn pages_that_lead_round_in_a_circle_are_an_error() {
    let upstream = Upstream::start();
    let to = |page: u8| format!("<{}?per_page=100&page={page}>; rel=\"next\"", upstream.url(PATH));
    upstream.route(PATH, Answer::json(&tag("3")).header("link", &to(2)));
    upstream.route(
        &format!("{PATH}?per_page=100&page=2"),
        Answer::json(&tag("2")).header("link", &to(3)),
    );
    upstream.route(
        &format!("{PATH}?per_page=100&page=3"),
        Answer::json(&tag("1")).header("link", &to(2)),
    );
    let error = rows(&*driver("github-tags", &table(&upstream))).await.unwrap_err();
    assert_eq!(error.code(), Code::SOURCE_ANSWER);
    assert!(error.to_string().contains("round in a circle, back to"), "{error}");
}

#[tokio::test]
async fn the_token_goes_to_its_own_host_alone() {
    let (upstream, other) = (Upstream::start(), Upstream::start());
    let next = format!("<{}>; rel=\"next\"", other.url("/page"));
    upstream.route(PATH, Answer::json(&tag("1")).header("link", &next));
    other.route("/page", Answer::json("[]"));
    let api = upstream.url("");
    let environment = [("GITHUB_TOKEN", "t0ken"), ("GITHUB_API_URL", api.as_str())];
    let driver = made("github-tags", &setup(&table(&upstream), Path::new("."), &environment));
    rows(&*driver).await.unwrap();
    assert_eq!(upstream.requests()[0].header("authorization"), Some("Bearer t0ken"));
    assert_eq!(other.requests()[0].header("authorization"), None);
}

#[test]
fn mistakes_point_at_their_key() {
    for repo in ["o", "o/r/s", "o/../r", "https://github.com/o/r", "o/r?x", "/r"] {
        let all = mistakes("github-tags", &format!("repo = '{repo}'"), &[]);
        assert_eq!(
            (all[0].0.as_str(), all[0].1.as_str()),
            ("bad-value", format!("'{repo}'").as_str())
        );
    }
    assert_eq!(mistakes("github-tags", "", &[])[0].0, "missing-key");
}

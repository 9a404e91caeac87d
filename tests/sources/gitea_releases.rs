//! `gitea-releases`: the releases of a Gitea or Forgejo repository and their files.

use std::path::Path;

use depstate::model::Code;

use super::{contract::Case, driver, mistakes, rows, upstreams};
use crate::support::upstream::{Answer, Upstream};

const PATH: &str = "/api/v1/repos/forgejo/runner/releases";

fn table(upstream: &Upstream) -> String {
    format!("insecure = true\nrepo = 'forgejo/runner'\napi = '{}'", upstream.url(""))
}

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, _folder: &Path) -> Case {
    let file = upstream.url("/files/tool-1.2.0.zip");
    upstream.route(PATH, Answer::json(&format!("[{}]", release("1.2.0", &file, false, false))));
    let driver = driver("gitea-releases", &table(upstream));
    Case { name: "gitea-releases", driver, index: Some(PATH) }
}

/// A release as `GET /repos/{owner}/{repo}/releases` of Gitea 1.22 and Forgejo 9 gives it, without
/// what nobody reads.
fn release(tag: &str, file: &str, draft: bool, prerelease: bool) -> String {
    format!(
        r#"{{"id": 2, "tag_name": "{tag}", "target_commitish": "main", "name": "Release {tag}", "body": "",
            "url": "https://codeberg.org/api/v1/repos/forgejo/runner/releases/2",
            "tarball_url": "https://codeberg.org/forgejo/runner/archive/{tag}.tar.gz",
            "draft": {draft}, "prerelease": {prerelease}, "created_at": "2024-10-28T15:26:19Z", "published_at": "2024-10-28T16:00:00+01:00",
            "assets": [{{"id": 9, "name": "forgejo-runner-amd64", "size": 23, "download_count": 5, "created_at": "2024-10-28T15:26:19Z",
                         "uuid": "f2b7d4f5", "browser_download_url": "{file}", "type": "attachment"}}]}}"#
    )
}

#[tokio::test]
async fn releases_have_files_and_drafts_are_none() {
    let upstream = Upstream::start();
    let page = [
        release("v5", "https://codeberg.org/f/v5", true, false),
        release("v4-rc1", "https://codeberg.org/f/v4-rc1", false, true),
        release("v3", "https://codeberg.org/f/v3", false, false),
    ];
    upstream
        .route(PATH, Answer::json(&format!("[{}]", page.join(","))).header("x-total-count", "3"));
    let listed = rows(&*driver("gitea-releases", &table(&upstream))).await.unwrap();
    assert_eq!(upstreams(&listed), ["v4-rc1", "v3"]);
    assert!(listed[0].prerelease && !listed[1].prerelease);
    assert_eq!(listed[1].name.as_deref(), Some("forgejo-runner-amd64"));
    assert_eq!(listed[1].size, Some(23));
    assert_eq!(listed[1].released.unwrap().to_string(), "2024-10-28T15:00:00Z");
    assert_eq!(upstream.requests()[0].path, format!("{PATH}?limit=50"));
}

#[tokio::test]
async fn pages_are_read_until_all_are_there() {
    let upstream = Upstream::start();
    let page = |tag: &str| {
        let body = format!("[{}]", release(tag, "https://codeberg.org/f/x", false, false));
        Answer::json(&body).header("x-total-count", "2")
    };
    let next = format!("<{}?limit=50&page=2>; rel=\"next\"", upstream.url(PATH));
    upstream.route(PATH, page("v2").header("link", &next));
    upstream.route(&format!("{PATH}?limit=50&page=2"), page("v1"));
    let driver = driver("gitea-releases", &table(&upstream));
    assert_eq!(upstreams(&rows(&*driver).await.unwrap()), ["v2", "v1"]);
    // Somebody between took the link out: what is missing is told by the count alone.
    upstream.route(PATH, page("v2"));
    let error = rows(&*driver).await.unwrap_err();
    assert_eq!(error.code(), Code::SOURCE_ANSWER);
    assert!(error.to_string().contains("says that it has 2 entries, and lists 1"), "{error}");
}

#[tokio::test]
async fn an_api_may_be_named_with_its_path() {
    let upstream = Upstream::start();
    upstream.route(&format!("/git{PATH}"), Answer::json("[]"));
    for api in ["/git", "/git/", "/git/api/v1", "/git/api/v1/"] {
        let table =
            format!("insecure = true\nrepo = 'forgejo/runner'\napi = '{}'", upstream.url(api));
        assert_eq!(rows(&*driver("gitea-releases", &table)).await.unwrap(), [], "{api}");
    }
}

#[test]
fn the_server_has_to_be_named() {
    let all = mistakes("gitea-releases", "repo = 'o/r'", &[]);
    assert_eq!((all[0].0.as_str(), all[0].2.as_str()), ("missing-key", "the source has no `api`"));
    let all = mistakes("gitea-releases", "repo = 'o/r'\napi = 'codeberg.org'", &[]);
    assert_eq!((all[0].0.as_str(), all[0].1.as_str()), ("bad-url", "'codeberg.org'"));
    assert_eq!(all.len(), 1);
}

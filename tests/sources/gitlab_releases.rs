//! `gitlab-releases`: the releases of a GitLab project and their files.

use std::path::Path;

use depstate::model::Code;

use super::{contract::Case, driver, mistakes, rows, upstreams};
use crate::support::upstream::{Answer, Upstream};

const PATH: &str = "/api/v4/projects/group%2Fsub%2Ftool/releases";

fn table(upstream: &Upstream) -> String {
    format!("insecure = true\nrepo = 'group/sub/tool'\napi = '{}'", upstream.url(""))
}

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, _folder: &Path) -> Case {
    let file = upstream.url("/files/tool-1.2.0.zip");
    let page = format!(
        r#"[{{"tag_name": "1.2.0", "assets": {{"count": 1, "links": [{{"id": 1, "name": "x", "url": "{file}"}}], "sources": []}}}}]"#
    );
    upstream.route(PATH, Answer::json(&page));
    let driver = driver("gitlab-releases", &table(upstream));
    Case { name: "gitlab-releases", driver, index: Some(PATH) }
}

/// As GitLab's documentation of `GET /projects/:id/releases` shows them, without what nobody reads.
const PAGE: &str = r#"[
 {"tag_name": "v0.3", "name": "Soon", "released_at": "2099-01-03T01:56:19.539Z", "upcoming_release": true,
  "assets": {"count": 0, "sources": [], "links": []}},
 {"tag_name": "v0.2", "description": "What is new", "name": "Awesome app v0.2", "created_at": "2019-01-03T01:56:19.539Z",
  "released_at": "2019-01-03T01:56:19.539Z", "author": {"id": 1, "name": "Administrator"},
  "commit": {"id": "079e90101242458910cccd35eab0e211dfc359c0", "short_id": "079e9010", "title": "Update README.md"},
  "upcoming_release": false, "commit_path": "/root/awesome-app/commit/079e9010", "tag_path": "/root/awesome-app/-/tags/v0.2",
  "assets": {"count": 4,
    "sources": [{"format": "zip", "url": "https://gitlab.example.com/root/awesome-app/-/archive/v0.2/awesome-app-v0.2.zip"},
                {"format": "tar.gz", "url": "https://gitlab.example.com/root/awesome-app/-/archive/v0.2/awesome-app-v0.2.tar.gz"}],
    "links": [{"id": 2, "name": "Installer for Windows", "url": "http://192.168.10.15:3000/awesome%20v0.2.msi", "link_type": "other"},
              {"id": 1, "name": "awesome-v0.2.dmg", "url": "https://files.example.com/x", "link_type": "other",
               "direct_asset_url": "https://gitlab.example.com/root/awesome-app/-/releases/v0.2/downloads/bin/awesome-v0.2.dmg"}],
    "evidence_file_path": "https://gitlab.example.com/root/awesome-app/-/releases/v0.2/evidence.json"}},
 {"tag_name": "v0.1", "name": null, "released_at": "2019-01-03T01:55:18.203Z", "assets": {"count": 0, "links": []}}
]"#;

#[tokio::test]
async fn links_and_archives_are_files_and_what_is_to_come_is_not_there() {
    let upstream = Upstream::start();
    upstream.route(PATH, Answer::json(PAGE));
    let listed = rows(&*driver("gitlab-releases", &table(&upstream))).await.unwrap();
    let named: Vec<_> =
        listed.iter().map(|row| (row.upstream.as_str(), row.name.as_deref())).collect();
    assert_eq!(
        named,
        [
            ("v0.2", Some("awesome v0.2.msi")),
            ("v0.2", Some("awesome-v0.2.dmg")),
            ("v0.2", Some("awesome-app-v0.2.zip")),
            ("v0.2", Some("awesome-app-v0.2.tar.gz")),
            ("v0.1", None),
        ]
    );
    assert_eq!(listed[0].more["link"], "Installer for Windows");
    assert!(
        listed[1].url.as_deref().unwrap().contains("/downloads/bin/"),
        "the address that stays"
    );
    assert_eq!(listed[2].more["commit"], "079e90101242458910cccd35eab0e211dfc359c0");
    assert_eq!(listed[2].released.unwrap().to_string(), "2019-01-03T01:56:19.539Z");
    let asked = &upstream.requests()[0];
    assert_eq!(
        asked.path,
        format!("{PATH}?per_page=100"),
        "a project's name is one part of the path"
    );
}

#[tokio::test]
async fn pages_are_read_to_the_end() {
    let upstream = Upstream::start();
    let link =
        format!("<{}?page=2&per_page=100>; rel=\"next\", <{0}>; rel=\"first\"", upstream.url(PATH));
    let first =
        Answer::json(r#"[{"tag_name": "v2"}]"#).header("link", &link).header("x-total", "2");
    upstream.route(PATH, first);
    upstream.route(&format!("{PATH}?page=2&per_page=100"), Answer::json(r#"[{"tag_name": "v1"}]"#));
    let driver = driver("gitlab-releases", &table(&upstream));
    assert_eq!(upstreams(&rows(&*driver).await.unwrap()), ["v2", "v1"]);
    upstream.route(PATH, Answer::json(r#"[{"tag_name": "v2"}]"#).header("x-total", "2"));
    let error = rows(&*driver).await.unwrap_err().to_string();
    assert!(error.contains("says that it has 2 entries, and lists 1"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error() {
    let upstream = Upstream::start();
    for (page, word) in [
        (r#"{"message": "404"}"#, "it is no list of releases"),
        (
            r#"[{"tag_name": "v1", "released_at": "soon"}]"#,
            "`v1` has a date that can't be read: `soon`",
        ),
        (
            r#"[{"tag_name": "v1", "assets": {"links": [{"name": "x", "url": "x.zip"}]}}]"#,
            "`x.zip`, which is no address",
        ),
    ] {
        upstream.route(PATH, Answer::json(page));
        let error = rows(&*driver("gitlab-releases", &table(&upstream))).await.unwrap_err();
        assert_eq!(error.code(), Code::SOURCE_ANSWER);
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn mistakes_point_at_their_key() {
    for repo in ["tool", "group//tool", "group/..", "https://gitlab.com/o/r", "group/tool?x"] {
        let all = mistakes("gitlab-releases", &format!("repo = '{repo}'"), &[]);
        assert_eq!(
            (all[0].0.as_str(), all[0].1.as_str()),
            ("bad-value", format!("'{repo}'").as_str())
        );
    }
}

//! `rubygems`: a gem of a RubyGems registry.

use std::path::Path;

use depstate::model::Code;

use super::{
    contract::{BYTES, Case},
    driver, mistakes, rows, upstreams,
};
use crate::support::upstream::{Answer, Upstream};

const INDEX: &str = "/rubygems/api/v1/versions/tool.json";

fn table(upstream: &Upstream) -> String {
    format!("insecure = true\npackage = 'tool'\nregistry = '{}'", upstream.url("/rubygems"))
}

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, _folder: &Path) -> Option<Case> {
    upstream.route(INDEX, Answer::json(r#"[{"number": "1.2.0"}]"#));
    upstream.route("/rubygems/gems/tool-1.2.0.gem", Answer::body(BYTES));
    Some(Case {
        name: "rubygems",
        driver: driver("rubygems", &table(upstream)),
        index: Some(INDEX),
    })
}

#[tokio::test]
async fn each_platform_of_a_version_is_a_file() {
    let upstream = Upstream::start();
    let (one, two) = ("1".repeat(64), "2".repeat(64));
    upstream.route(
        INDEX,
        Answer::json(&format!(
            r#"[{{"authors": "A", "built_at": "2024-03-04T00:00:00.000Z", "created_at": "2024-03-05T12:00:00.123Z", "downloads_count": 5,
                 "metadata": {{}}, "number": "2.0.0.rc1", "platform": "x86_64-linux", "prerelease": true, "licenses": ["MIT"],
                 "ruby_version": ">= 3.0", "sha": "{one}"}},
                {{"number": "1.9.0", "platform": "ruby", "prerelease": false, "licenses": null, "sha": "{two}"}}]"#
        )),
    );
    let listed = rows(&*driver("rubygems", &table(&upstream))).await.unwrap();
    assert_eq!(upstreams(&listed), ["2.0.0.rc1", "1.9.0"]);
    let row = &listed[0];
    assert_eq!(row.url.as_deref(), Some("registry:gems/tool-2.0.0.rc1-x86_64-linux.gem"));
    assert_eq!(row.name.as_deref(), Some("tool-2.0.0.rc1-x86_64-linux.gem"));
    assert!(row.prerelease && !row.yanked);
    assert_eq!(row.digests[0].to_string(), format!("sha256:{one}"));
    assert_eq!(row.released.unwrap().to_string(), "2024-03-05T12:00:00.123Z");
    assert_eq!(row.more["platform"], "x86_64-linux");
    assert_eq!(row.more["licenses"][0], "MIT");
    assert_eq!(row.more["ruby_version"], ">= 3.0");
    assert_eq!(listed[1].url.as_deref(), Some("registry:gems/tool-1.9.0.gem"));
    assert!(!listed[1].prerelease && !listed[1].more.contains_key("licenses"));
}

#[tokio::test]
async fn what_cannot_be_read_names_the_version() {
    let upstream = Upstream::start();
    for version in [
        r#"{"number": "1.0", "sha": "00"}"#,
        r#"{"number": "1.0", "created_at": "soon"}"#,
        r#"{"number": ""}"#,
    ] {
        upstream.route(INDEX, Answer::json(&format!("[{version}]")));
        let error = rows(&*driver("rubygems", &table(&upstream))).await.unwrap_err();
        assert_eq!(error.code(), Code::SOURCE_ANSWER, "{error}");
        assert!(error.to_string().contains("the version `"), "{error}");
    }
    // What a registry answers for a gem that was never there.
    upstream.route(INDEX, Answer::json(r#"{"status": 404}"#));
    let error = rows(&*driver("rubygems", &table(&upstream))).await.unwrap_err();
    assert!(error.to_string().contains("no list of versions"), "{error}");
}

#[test]
fn a_name_is_checked() {
    let found = mistakes("rubygems", "package = '../rack'\nregistry = 'https://example.com'", &[]);
    assert_eq!((found[0].0.as_str(), found[0].1.as_str()), ("bad-value", "'../rack'"));
}

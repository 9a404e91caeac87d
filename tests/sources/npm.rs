//! `npm`.

use std::path::Path;

use depstate::{model::Code, source::SourceDriver};

use super::{made, read, rows, setup, upstreams};
use crate::support::upstream::{Answer, Upstream};

fn npm(upstream: &Upstream, package: &str) -> Box<dyn SourceDriver> {
    let registry = upstream.url("/npm");
    let table = format!("insecure = true\npackage = '{package}'");
    made("npm", &setup(&table, Path::new("."), &[("DEPSTATE_NPM_REGISTRY", &registry)]))
}

#[tokio::test]
async fn versions_have_their_tarball_digest_and_date() {
    let upstream = Upstream::start();
    let base = upstream.url("/npm");
    let sri = "sha1-AAAA sha512-".to_owned() + &"A".repeat(86) + "==";
    upstream.route(
        "/npm/@scope%2ftool",
        Answer::json(&format!(
            r#"{{"name": "@scope/tool", "dist-tags": {{"latest": "1.0.0", "lts": "1.0.0", "gone": "0.1.0"}}, "time": {{"created": "2020-01-01T00:00:00Z", "1.0.0": "2020-03-05T12:00:00.123Z"}},
                "versions": {{
                  "1.0.0": {{"dist": {{"tarball": "{base}/@scope/tool/-/tool-1.0.0.tgz", "integrity": "{sri}",
                    "attestations": {{"url": "{base}/-/npm/v1/attestations/@scope%2ftool@1.0.0",
                      "provenance": {{"predicateType": "https://slsa.dev/provenance/v1"}}}}}}}},
                  "0.9.0": {{"deprecated": "use 1.0.0", "dist": {{"tarball": "https://other.example/tool-0.9.0.tgz", "shasum": "00"}}}},
                  "0.8.0": {{"deprecated": "", "dist": {{}}}}}}}}"#
        )),
    );
    upstream.route("/npm/@scope/tool/-/tool-1.0.0.tgz", Answer::body("bytes"));
    let driver = npm(&upstream, "@scope/tool");
    let listed = rows(&*driver).await.unwrap();
    assert_eq!(upstreams(&listed), ["0.8.0", "0.9.0", "1.0.0"]);
    assert!(listed[0].more.is_empty() && listed[0].url.is_none());
    assert_eq!(listed[1].more["deprecated"], "use 1.0.0");
    assert_eq!(listed[1].url.as_deref(), Some("https://other.example/tool-0.9.0.tgz"));
    let row = &listed[2];
    assert_eq!(row.url.as_deref(), Some("registry:@scope/tool/-/tool-1.0.0.tgz"));
    assert_eq!(row.name.as_deref(), Some("tool-1.0.0.tgz"));
    assert_eq!(row.digests.len(), 1);
    assert_eq!(row.digests[0].to_string(), format!("sha512:{}", "0".repeat(128)));
    assert_eq!(row.released.unwrap().to_string(), "2020-03-05T12:00:00.123Z");
    assert_eq!(row.more["tags"], serde_json::json!(["latest", "lts"]));
    let attestations = "registry:-/npm/v1/attestations/@scope%2ftool@1.0.0";
    assert_eq!(row.more["attestations"], attestations);
    assert_eq!(row.more["provenance"], "https://slsa.dev/provenance/v1");
    let stream = driver.open(row.url.as_deref().unwrap(), 0).await.unwrap();
    assert_eq!(read(stream).await.unwrap(), b"bytes");
}

#[tokio::test]
async fn an_address_does_not_leave_the_registry() {
    let upstream = Upstream::start();
    let driver = npm(&upstream, "tool");
    for url in ["registry:../secret", "registry:a/../../secret", "registry:%2e%2e/secret"] {
        let error = driver.open(url, 0).await.unwrap_err();
        assert_eq!(error.code(), Code::UNSUPPORTED_ADDRESS, "{url}: {error}");
    }
    assert!(upstream.requests().is_empty());
    // What looks like an address of its own is a path below the registry.
    let error = driver.open("registry:https://example.com/x", 0).await.unwrap_err();
    assert!(error.is_absent(), "{error}");
    assert!(upstream.requests()[0].path.starts_with("/npm/https:"));
}

#[tokio::test]
async fn what_cannot_be_read_names_the_version() {
    let upstream = Upstream::start();
    for about in
        [r#"{"dist": {"integrity": "sha512-AAAA"}}"#, r#"{"dist": {"tarball": "nonsense"}}"#]
    {
        let body = format!(r#"{{"versions": {{"1.0.0": {about}}}}}"#);
        upstream.route("/npm/tool", Answer::json(&body));
        let error = rows(&*npm(&upstream, "tool")).await.unwrap_err();
        assert!(error.to_string().contains("`1.0.0`"), "{error}");
    }
    upstream.route("/npm/tool", Answer::json(r#"{"versions": {"1.0.0": {}}}"#));
    assert_eq!(rows(&*npm(&upstream, "tool")).await.unwrap_err().code(), Code::SOURCE_ANSWER);
}

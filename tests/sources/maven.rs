//! `maven`: an artifact of a Maven repository.

use std::path::Path;

use depstate::{model::Code, source::SourceDriver};

use super::{
    contract::{BYTES, Case},
    driver, mistakes, read, rows, upstreams,
};
use crate::support::upstream::{Answer, Upstream};

const INDEX: &str = "/maven/org/example/tool/maven-metadata.xml";

fn maven(upstream: &Upstream, package: &str) -> Box<dyn SourceDriver> {
    let registry = upstream.url("/maven");
    let table = format!("insecure = true\npackage = '{package}'\nregistry = '{registry}'");
    driver("maven", &table)
}

fn metadata(versions: &[&str]) -> Answer {
    let versions: String =
        versions.iter().map(|version| format!("      <version>{version}</version>\n")).collect();
    Answer::body(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metadata modelVersion=\"1.1.0\">\n  \
         <groupId>org.example</groupId>\n  <artifactId>tool</artifactId>\n  <version>0.1</version>\n  \
         <versioning>\n    <latest>2.0</latest>\n    <release>2.0</release>\n    <versions>\n{versions}    \
         </versions>\n    <lastUpdated>20240305120000</lastUpdated>\n  </versioning>\n</metadata>\n"
    ))
}

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, _folder: &Path) -> Option<Case> {
    upstream.route(INDEX, metadata(&["1.2.0"]));
    upstream.route("/maven/org/example/tool/1.2.0/tool-1.2.0.jar", Answer::body(BYTES));
    let driver = maven(upstream, "org.example:tool");
    Some(Case { name: "maven", driver, index: Some(INDEX) })
}

#[tokio::test]
async fn versions_that_are_released_have_an_address() {
    let upstream = Upstream::start();
    upstream.route(INDEX, metadata(&["1.0.RELEASE", " 2.0-jre8 ", "2.1-SNAPSHOT"]));
    upstream.route("/maven/org/example/tool/2.0-jre8/tool-2.0-jre8.jar.sha512", Answer::body("00"));
    let jar = maven(&upstream, "org.example:tool");
    let listed = rows(&*jar).await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0.RELEASE", "2.0-jre8"]);
    let url = listed[1].url.clone().unwrap();
    assert_eq!(url, "registry:org/example/tool/2.0-jre8/tool-2.0-jre8.jar");
    assert!(listed[1].digests.is_empty(), "they are beside the file");
    let beside = jar.open(&format!("{url}.sha512"), 0).await.unwrap();
    assert_eq!(read(beside).await.unwrap(), b"00");

    let other = rows(&*maven(&upstream, "org.example:tool:tar.gz:linux-x86_64")).await.unwrap();
    let file = "tool-2.0-jre8-linux-x86_64.tar.gz";
    assert_eq!(other[1].name.as_deref(), Some(file));
    let url = format!("registry:org/example/tool/2.0-jre8/{file}");
    assert_eq!(other[1].url.as_deref(), Some(url.as_str()));
}

#[tokio::test]
async fn what_is_no_metadata_is_refused() {
    let upstream = Upstream::start();
    let driver = maven(&upstream, "org.example:tool");
    let deep = format!("<metadata>{}", "<a>".repeat(100));
    for (body, word) in [
        ("<html><body>Sign in</body></html>", "`<html>`"),
        ("", "no whole"),
        ("nonsense", "no whole"),
        ("<metadata><versioning><versions><version>1.0</version>", "no whole"),
        ("<metadata></versioning>", "no XML"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><metadata/>", "document type"),
        (
            "<metadata><versioning><versions><version>&b;</version></versions></versioning></metadata>",
            "entity",
        ),
        (
            "<metadata><versioning><versions><version>..</version></versions></versioning></metadata>",
            "no version",
        ),
        ("<metadata><versioning><versions><version/></versions></versioning></metadata>", ""),
        (deep.as_str(), "deep"),
    ] {
        upstream.route(INDEX, Answer::body(body.to_owned()));
        let answer = rows(&*driver).await;
        if word.is_empty() {
            assert_eq!(answer.unwrap(), [], "{body}");
            continue;
        }
        let error = answer.unwrap_err();
        assert_eq!(error.code(), Code::SOURCE_ANSWER, "{body}: {error}");
        assert!(error.to_string().contains(word), "{body}: {error}");
    }
}

#[test]
fn coordinates_are_checked() {
    for wrong in ["tool", "a:b:c:d:e", "a..b:tool", "a:../b", "a:", ":b", "a/b:c"] {
        let table = format!("package = '{wrong}'\nregistry = 'https://example.com'");
        let found = mistakes("maven", &table, &[]);
        assert_eq!((found.len(), found[0].0.as_str()), (1, "bad-value"), "{wrong}");
    }
}

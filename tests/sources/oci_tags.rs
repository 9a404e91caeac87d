//! `oci-tags`: the tags of an image in an OCI registry.

use std::path::Path;

use depstate::{model::Code, source::SourceDriver};

use super::{contract::Case, driver, made, mistakes, rows, setup, story, upstreams};
use crate::support::upstream::{Answer, Upstream};

const PATH: &str = "/v2/library/tool/tags/list";

fn oci(upstream: &Upstream) -> Box<dyn SourceDriver> {
    driver(
        "oci-tags",
        &format!("insecure = true\npackage = 'library/tool'\nregistry = '{}'", upstream.url("")),
    )
}

fn tags(tags: &[&str]) -> Answer {
    Answer::json(&serde_json::json!({ "name": "library/tool", "tags": tags }).to_string())
}

fn wanted(realm: &str) -> Answer {
    let challenge = format!(
        r#"Bearer realm="{realm}",service="images.x.example",scope="repository:library/tool:pull""#
    );
    Answer::status(401)
        .header("www-authenticate", &challenge)
        .with_body(r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#)
}

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, _folder: &Path) -> Case {
    upstream.route(PATH, tags(&["1.2.0"]));
    Case { name: "oci-tags", driver: oci(upstream), index: Some(PATH) }
}

#[tokio::test]
async fn pages_are_read_to_the_end() {
    let upstream = Upstream::start();
    let next = format!("<{PATH}?last=3.19&n=1000>; rel=\"next\"");
    upstream.route(PATH, tags(&["3.18", "3.19"]).header("link", &next));
    upstream.route(&format!("{PATH}?last=3.19&n=1000"), tags(&["3.20", "latest"]));
    let listed = rows(&*oci(&upstream)).await.unwrap();
    assert_eq!(upstreams(&listed), ["3.18", "3.19", "3.20", "latest"]);
    assert_eq!(upstream.requests()[0].path, format!("{PATH}?n=1000"));
    // An image without tags.
    upstream.route(PATH, Answer::json(r#"{"name": "library/tool", "tags": null}"#));
    assert_eq!(rows(&*oci(&upstream)).await.unwrap(), []);
}

#[tokio::test]
async fn a_full_page_without_a_word_of_more_is_not_believed() {
    let upstream = Upstream::start();
    let many: Vec<String> = (0..1000).map(|n| format!("v{n:04}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    upstream.route(PATH, tags(&many));
    upstream.route(&format!("{PATH}?n=1000&last=v0999"), tags(&["v1000"]));
    assert_eq!(rows(&*oci(&upstream)).await.unwrap().len(), 1001);
    // A registry that always gives all of them gives no more the second time.
    upstream.route(&format!("{PATH}?n=1000&last=v0999"), tags(&many)).forget_requests();
    rows(&*oci(&upstream)).await.unwrap();
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn a_token_that_everybody_may_have_is_asked_for_once() {
    let (upstream, realm) = (Upstream::start(), Upstream::start());
    upstream.script(
        PATH,
        [
            wanted(&realm.url("/token")),
            tags(&["1"]).header("link", &format!("<{PATH}?last=1>; rel=next")),
        ],
    );
    upstream.route(&format!("{PATH}?last=1"), tags(&["2"]));
    realm.route("/token", Answer::json(r#"{"token": "an0nymous", "expires_in": 300}"#));
    let listed = rows(&*oci(&upstream)).await.unwrap();
    assert_eq!(upstreams(&listed), ["1", "2"]);
    assert_eq!(
        realm.requests()[0].path,
        "/token?service=images.x.example&scope=repository%3Alibrary%2Ftool%3Apull"
    );
    assert_eq!(realm.requests()[0].header("authorization"), None, "no credential goes there");
    assert_eq!(realm.requests().len(), 1);
    let sent: Vec<_> =
        upstream.requests().iter().map(|r| r.header("authorization").map(str::to_owned)).collect();
    let bearer = Some("Bearer an0nymous".to_owned());
    assert_eq!(sent, [None, bearer.clone(), bearer]);
}

#[tokio::test]
async fn a_token_that_ran_out_is_asked_for_again() {
    let upstream = Upstream::start();
    let realm = upstream.url("/token");
    let next = format!("<{PATH}?last=1>; rel=next");
    upstream.script(PATH, [wanted(&realm), tags(&["1"]).header("link", &next)]);
    upstream.script(&format!("{PATH}?last=1"), [wanted(&realm), tags(&["2"])]);
    // The other name of the same.
    upstream.script(
        "/token",
        [Answer::json(r#"{"access_token": "one"}"#), Answer::json(r#"{"access_token": "two"}"#)],
    );
    assert_eq!(upstreams(&rows(&*oci(&upstream)).await.unwrap()), ["1", "2"]);
    assert_eq!(upstream.requests().last().unwrap().header("authorization"), Some("Bearer two"));
}

#[tokio::test]
async fn a_registry_that_wants_more_than_that_is_an_error() {
    let upstream = Upstream::start();
    let realm = upstream.url("/token");
    for (challenge, token, word) in [
        (
            Answer::status(401).header("www-authenticate", "Basic realm=\"x\""),
            Answer::json("{}"),
            "answered 401",
        ),
        (Answer::status(401), Answer::json("{}"), "answered 401"),
        (
            Answer::status(401).header("www-authenticate", "Bearer realm=\"nonsense\""),
            Answer::json("{}"),
            "answered 401",
        ),
        (
            Answer::status(401).header("www-authenticate", "Bearer realm=\"ftp://x.example\""),
            Answer::json("{}"),
            "only https",
        ),
        (wanted(&realm), Answer::json("{}"), "it holds no token"),
        (wanted(&realm), Answer::json(r#"{"token": ["s3cret"]}"#), "it holds no token"),
        (wanted(&realm), Answer::json("{\"token\": \"s3cret\\r\\nX: y\"}"), "it holds no token"),
        (wanted(&realm), Answer::html("<html>"), "an HTML page"),
        (wanted(&realm), Answer::status(403), "/token"),
        (wanted(&realm), Answer::json(r#"{"token": "s3cret"}"#), "answered 401"),
    ] {
        upstream.route(PATH, challenge).route("/token", token);
        let error = rows(&*oci(&upstream)).await.unwrap_err();
        let text = story(&error);
        assert!(text.contains(word) && !text.contains("s3cret"), "{text}");
    }
    assert!(upstream.asked(PATH) <= 11, "asked twice at most, and with a token only");
}

#[tokio::test]
async fn a_challenge_after_a_redirect_is_not_answered() {
    let (upstream, other) = (Upstream::start(), Upstream::start());
    upstream.route(PATH, Answer::redirect(&other.url("/list")));
    other.route("/list", wanted(&other.url("/token")));
    let error = rows(&*oci(&upstream)).await.unwrap_err();
    assert_eq!(error.code(), Code::SOURCE_FAILED);
    assert_eq!(other.asked("/token"), 0);
}

#[tokio::test]
async fn the_registry_comes_from_the_manifest_or_the_environment() {
    let upstream = Upstream::start();
    upstream.route("/mirror/v2/library/tool/tags/list", tags(&["1"]));
    let address = upstream.url("/mirror");
    let versioned = upstream.url("/mirror/v2/");
    for (rest, variable, value) in [
        ("registry = { env = 'DEPSTATE_MIRROR' }", "DEPSTATE_MIRROR", &address),
        ("", "DEPSTATE_OCI_REGISTRY", &address),
        ("", "DEPSTATE_OCI_REGISTRY", &versioned),
    ] {
        let table = format!("insecure = true\npackage = 'library/tool'\n{rest}");
        let driver = made("oci-tags", &setup(&table, Path::new("."), &[(variable, value)]));
        assert_eq!(upstreams(&rows(&*driver).await.unwrap()), ["1"]);
        assert!(
            driver.origin().starts_with("library/tool in http://127.0.0.1:"),
            "{}",
            driver.origin()
        );
    }
    assert_eq!(mistakes("oci-tags", "package = 'library/tool'", &[])[0].0, "no-registry");
}

#[test]
fn names_of_images_are_checked() {
    let registry = "registry = 'https://x.example'";
    for name in [
        "Library/tool",
        "library/tool:1.0",
        "library/../tool",
        "/tool",
        "tool/",
        "x.example/tool@sha256:1",
        "a//b",
        "-a",
    ] {
        let all = mistakes("oci-tags", &format!("package = '{name}'\n{registry}"), &[]);
        assert_eq!(
            (all[0].0.as_str(), all[0].1.as_str()),
            ("bad-value", format!("'{name}'").as_str())
        );
    }
}

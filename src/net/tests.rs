use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::{Secret, conditional::next_link, retry::Patience, send::redirected};

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
}

#[test]
fn a_secret_is_never_shown() {
    assert_eq!(format!("{:?}", Secret::new("ghp_123\n")), "Secret(…)");
    assert_eq!(Secret::new("ghp_123\n").expose(), "ghp_123");
}

#[test]
fn the_next_page_is_found() {
    let base = Url::parse("https://api.example.com/r/releases?page=1").unwrap();
    let next = |link: &str| next_link(link, &base).map(String::from);
    assert_eq!(
        next(
            r#"<https://api.example.com/a,b?page=2>; rel="next", <https://x.example/>; rel="last""#
        ),
        Some("https://api.example.com/a,b?page=2".to_owned())
    );
    assert_eq!(
        next(r#"</one>; rel=prev, </two?page=3>; title="x"; rel="first next""#),
        Some("https://api.example.com/two?page=3".to_owned())
    );
    assert_eq!(next(r#"</one>; rel="prev""#), None);
    assert_eq!(next("nonsense"), None);
}

#[test]
fn retry_after_is_seconds_or_a_date_by_the_servers_clock() {
    let read = |pairs: &[(&'static str, &'static str)]| Patience::read(&headers(pairs));
    assert_eq!(read(&[("retry-after", "7")]).after, Some(Duration::from_secs(7)));
    let date = read(&[
        ("date", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT"),
    ]);
    assert_eq!(date.after, Some(Duration::from_secs(30)));
    assert_eq!(date.until.unwrap().to_string(), "2015-10-21T07:28:30Z");
    let quota = read(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1445412480")]);
    assert!(quota.exhausted);
    assert_eq!(quota.until.unwrap().to_string(), "2015-10-21T07:28:00Z");
    assert_eq!(read(&[("retry-after", "soon")]), Patience::default());
}

#[test]
fn https_never_becomes_http() {
    let follow = |from: &str, to: &'static str, insecure| {
        redirected(&Url::parse(from).unwrap(), &HeaderValue::from_static(to), insecure)
            .map(String::from)
            .map_err(|(_, why)| why)
    };
    let no = Err("https may not become http");
    assert_eq!(follow("https://a.example/x", "http://a.example/x", false), no);
    assert_eq!(follow("https://a.example/x", "http://a.example/x", true), no);
    assert_eq!(
        follow("http://a.example/x", "http://b.example/x", false),
        Err("only https addresses are asked")
    );
    assert_eq!(
        follow("http://a.example/x", "http://b.example/x", true).unwrap(),
        "http://b.example/x"
    );
    assert_eq!(
        follow("http://a.example/x", "https://b.example/x", false).unwrap(),
        "https://b.example/x"
    );
    assert_eq!(follow("https://a.example/x/y", "../z", false).unwrap(), "https://a.example/z");
}

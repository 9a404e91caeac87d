//! The one HTTP client, streaming files.

use depstate::net::{ByteStream, StreamError};

use super::{client, read};
use crate::support::upstream::{Answer, Upstream};

const SIZE: u64 = 1_000_000;

async fn open(upstream: &Upstream, path: &str, from: u64) -> ByteStream {
    client().open(&upstream.url(path).parse().unwrap(), from, true).await.unwrap()
}

fn file() -> Answer {
    Answer::generated(SIZE).header("etag", "\"one\"").ranges()
}

#[tokio::test]
async fn a_file_comes_as_it_is_served() {
    let upstream = Upstream::start();
    let gzip = Answer::body("not really gzip").header("content-encoding", "gzip");
    upstream.route("/f", Answer::redirect("/g?sig=s3cret"));
    upstream.route("/g", gzip.header("content-type", "Application/X-Tar; a=b"));
    let stream = open(&upstream, "/f", 0).await;
    assert_eq!(stream.size, Some(15));
    assert_eq!(stream.content_type.as_deref(), Some("application/x-tar"));
    let url = stream.url.clone().unwrap().to_string();
    assert!(url.contains("/g?") && !url.contains("s3cret"), "{url}");
    assert_eq!(read(stream).await.unwrap(), b"not really gzip");
    assert!(upstream.requests().iter().all(|r| r.header("accept-encoding") == Some("identity")));
}

#[tokio::test]
async fn a_broken_transfer_is_taken_up_where_it_broke() {
    let upstream = Upstream::start();
    upstream.script("/f", [file().cut_after(300_000), file().cut_after(100_000), file()]);
    let stream = open(&upstream, "/f", 0).await;
    assert_eq!(stream.size, Some(SIZE));
    assert_eq!(read(stream).await.unwrap(), Answer::made(SIZE));
    let asked = upstream.requests();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[1].header("range"), Some("bytes=300000-"));
    assert_eq!(asked[1].header("if-range"), Some("\"one\""));
    assert_eq!(asked[2].header("range"), Some("bytes=400000-"));
}

#[tokio::test]
async fn a_file_that_changed_meanwhile_is_not_put_together() {
    let upstream = Upstream::start();
    let other = Answer::generated(SIZE).header("etag", "\"two\"").ranges();
    upstream.script("/f", [file().cut_after(300_000), other]);
    let error = read(open(&upstream, "/f", 0).await).await.unwrap_err();
    let StreamError::Truncated { got: 300_000, announced: SIZE } = error else {
        panic!("{error:?}")
    };
}

#[tokio::test]
async fn without_a_strong_tag_a_broken_transfer_is_truncated() {
    let upstream = Upstream::start();
    for (path, etag) in [("/none", None), ("/weak", Some("W/\"one\""))] {
        let mut answer = Answer::generated(SIZE).ranges().cut_after(1000);
        if let Some(etag) = etag {
            answer = answer.header("etag", etag);
        }
        upstream.route(path, answer);
        let error = read(open(&upstream, path, 0).await).await.unwrap_err();
        let StreamError::Truncated { got: 1000, announced: SIZE } = error else {
            panic!("{error:?}")
        };
        assert_eq!(upstream.asked(path), 1);
    }
}

#[tokio::test]
async fn a_transfer_that_always_breaks_ends() {
    let upstream = Upstream::start();
    upstream.route("/f", file().cut_after(10));
    let error = read(open(&upstream, "/f", 0).await).await.unwrap_err();
    let StreamError::Truncated { got: 40, announced: SIZE } = error else { panic!("{error:?}") };
    assert_eq!(upstream.asked("/f"), 4);
}

#[tokio::test]
async fn a_body_without_a_size_that_is_cut_is_an_error() {
    let upstream = Upstream::start();
    upstream.route("/f", Answer::generated(SIZE).chunked().cut_after(1000));
    let stream = open(&upstream, "/f", 0).await;
    assert_eq!(stream.size, None);
    assert!(read(stream).await.is_err());
}

#[tokio::test]
async fn a_file_is_opened_from_any_byte_on() {
    let upstream = Upstream::start();
    upstream.route("/ranges", file()).route("/plain", Answer::generated(SIZE));
    let all = Answer::made(SIZE);
    for path in ["/ranges", "/plain"] {
        for from in [0, 1, 65_536, SIZE - 1, SIZE] {
            let stream = open(&upstream, path, from).await;
            assert_eq!(stream.size, Some(SIZE - from), "{path} from {from}");
            assert_eq!(
                read(stream).await.unwrap(),
                all[usize::try_from(from).unwrap()..],
                "{path} from {from}"
            );
        }
    }
}

#[tokio::test]
async fn opening_is_tried_again_and_absent_is_absent() {
    let upstream = Upstream::start();
    upstream.script("/f", [Answer::status(502), Answer::body("x")]);
    assert_eq!(read(open(&upstream, "/f", 0).await).await.unwrap(), b"x");
    let url = upstream.url("/none").parse().unwrap();
    assert!(client().open(&url, 0, true).await.unwrap_err().is_absent());
}

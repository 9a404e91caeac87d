//! How the `s3` driver treats a store that is slow, down, or that names a time.

use bytes::Bytes;
use depstate::storage::{Precondition, PutError, StorageReader as _, StorageWriter as _};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::stores::{bucket, key, text};
use crate::support::s3::{Answer, S3Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_wants_fewer_requests_gets_fewer_and_everything_succeeds() {
    let server = S3Server::start();
    let store = bucket(&server, "");
    server.put_raw("head.json", "{}");
    server.slow_above(Some(8));
    let read = |_| async {
        let object = store.get(&key("head.json"), None).await?.unwrap();
        assert_eq!(text(object).await, "{}");
        Ok(())
    };
    let rounds = async |count| {
        let all = stream::iter(0..count).map(read).buffer_unordered(64);
        all.try_collect::<Vec<_>>().await
    };
    let held = server.hold("GetObject");
    let release = async {
        // All that may be under way have arrived.
        while server.counts().get("GetObject").copied().unwrap_or(0) < 64 {
            tokio::task::yield_now().await;
        }
        drop(held);
    };
    let (all, ()) = tokio::join!(rounds(300), release);
    all.unwrap_or_else(|error: depstate::storage::StorageError| panic!("{error}"));
    assert_eq!(server.most_at_once("GetObject"), 64, "it begins generously");
    let slowed = server.slowed();
    assert!(slowed >= 56, "{slowed}");
    // It has learnt: of as many again, few are one too many.
    server.clear_most();
    rounds(300).await.unwrap();
    let again = server.slowed() - slowed;
    assert!(again < slowed / 2, "{slowed}, then {again}");
    let most = server.most_at_once("GetObject");
    assert!(most < 32, "{most} at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_down_is_not_asked_as_often_as_each_would_alone() {
    let server = S3Server::start();
    let store = bucket(&server, "");
    server.put_raw("head.json", "{}");
    for _ in 0..1000 {
        server.fail("GetObject", 1, Answer::Error(500, "InternalError"), false);
    }
    let ask = |_| async { store.get(&key("head.json"), None).await.unwrap_err().to_string() };
    let errors: Vec<String> = stream::iter(0..100).map(ask).buffer_unordered(32).collect().await;
    let asked = server.counts()["GetObject"];
    assert_eq!(asked, 160, "100 first tries, and 60 to spare");
    let told = errors.iter().filter(|error| error.contains("it is not tried again")).count();
    assert!(told > 0, "{errors:?}");
    let error = ask(0).await;
    insta::assert_snapshot!(error, @"GetObject of `s3://deps/head.json`: answered 500 InternalError: scripted (request REQ-1, 1 try); it is not tried again, as too many requests to this store have failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_names_too_long_a_time_is_not_asked_again() {
    let server = S3Server::start();
    let store = bucket(&server, "");
    let busy = |seconds| Answer::ErrorWith(503, "SlowDown", "retry-after", seconds);
    server.fail("GetObject", 1, busy("3600"), false);
    let error = store.get(&key("head.json"), None).await.unwrap_err();
    insta::assert_snapshot!(error, @"GetObject of `s3://deps/head.json`: answered 503 SlowDown: scripted (request REQ-1, 1 try); the store wants to be left alone for 3600 s");
    // One that can be waited for is, also by the next write.
    server.put_raw("head.json", "{}");
    server.fail("GetObject", 1, busy("1"), false);
    let since = std::time::Instant::now();
    assert!(store.get(&key("head.json"), None).await.unwrap().is_some());
    assert!(since.elapsed().as_millis() >= 1000);
    server.fail("PutObject", 1, busy("1"), false);
    let name = key("a");
    let put = || store.put(&name, Bytes::from("a"), Precondition::Absent);
    let since = std::time::Instant::now();
    assert!(matches!(put().await, Err(PutError::Unknown(_))));
    put().await.unwrap();
    assert!(since.elapsed().as_millis() >= 1000);
}

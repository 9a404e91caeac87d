//! What the probe says of stores, true ones and others.

use std::time::Duration;

use depstate::{
    model::{Checksums, Conditions, Probe},
    state::{Chance, StateError, probe},
    storage::{FsStorage, MemoryStorage, Op, PutError, StorageError, StorageWriter},
};
use futures::TryStreamExt as _;

use crate::{
    contract::stores::{bucket, bucket_with},
    support::s3::{Answer, Digests, Keeps, Nature, S3Server},
};

async fn verdict(store: &dyn StorageWriter) -> Result<Probe, StateError> {
    probe(store, &Chance::system(), "2025-03-01T12:00:00Z".parse().unwrap()).await
}

/// Returns the verdict in two words, having seen that nothing is left behind.
async fn words(store: &dyn StorageWriter) -> (Conditions, Checksums) {
    let found = verdict(store).await.unwrap();
    let left: Vec<_> = store.list("").try_collect().await.unwrap();
    assert!(left.is_empty(), "{left:?}");
    let unfinished: Vec<_> = store.unfinished("").try_collect().await.unwrap();
    assert!(unfinished.is_empty(), "{unfinished:?}");
    (found.conditions, found.checksums)
}

async fn of_server(conditions: Keeps, digests: Digests) -> (Conditions, Checksums) {
    let server = S3Server::start_as(Nature { conditions, digests });
    words(&bucket(&server, "prefix = \"ruby\"")).await
}

#[tokio::test]
async fn a_true_store_in_memory() {
    let store = MemoryStorage::new();
    let found = verdict(&store).await.unwrap();
    assert_eq!((found.conditions, found.checksums), (Conditions::Atomic, Checksums::Verified));
    assert_eq!(found.location, "memory:");
    assert_eq!(found.at.to_string(), "2025-03-01T12:00:00Z");
    assert!(store.objects().is_empty());
    assert!(store.ops().iter().all(|op| op.contains(" probe/")), "{:?}", store.ops());
    store.set_checksums(Checksums::Echoed);
    assert_eq!(words(&store).await, (Conditions::Atomic, Checksums::Echoed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_keeps_conditions_and_no_digest() {
    let folder = tempfile::tempdir().unwrap();
    let store = FsStorage::new(folder.path().join("mirror"));
    assert_eq!(words(&store).await, (Conditions::Atomic, Checksums::None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_true_bucket_costs_few_requests() {
    let server = S3Server::start();
    let found = words(&bucket(&server, "")).await;
    assert_eq!(found, (Conditions::Atomic, Checksums::Verified));
    let requests: u64 = server.counts().values().sum();
    assert!(requests <= 55, "{:?}", server.counts());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_lie_has_its_word() {
    for (conditions, wanted) in [
        (Keeps::None, Conditions::Ignored),
        (Keeps::NoIfMatch, Conditions::Broken),
        (Keeps::Racing(Duration::from_millis(40)), Conditions::Raced),
        (Keeps::Racing(Duration::from_millis(200)), Conditions::Raced),
    ] {
        for _ in 0..3 {
            let found = of_server(conditions, Digests::Checked).await;
            assert_eq!(found, (wanted, Checksums::Verified), "{conditions:?}");
        }
    }
    for (digests, wanted) in
        [(Digests::Echoed, Checksums::Echoed), (Digests::Silent, Checksums::None)]
    {
        let found = of_server(Keeps::Atomic, digests).await;
        assert_eq!(found, (Conditions::Atomic, wanted), "{digests:?}");
    }
}

#[tokio::test]
async fn where_no_digest_is_sent_none_is_asked_about() {
    let server = S3Server::start();
    let found = words(&bucket(&server, "checksum = \"when-required\"")).await;
    assert_eq!(found, (Conditions::Atomic, Checksums::None));
    assert!(!server.counts().contains_key("CreateMultipartUpload"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_no_verdict() {
    for applied in [true, false] {
        // Each request in turn.
        for nth in 1..=37 {
            let store = MemoryStorage::new();
            let lost = PutError::Unknown("reset".to_owned());
            store.fail_nth(Op::Put, "probe/*/*", nth, lost, applied);
            let found = words(&store).await;
            assert_eq!(found.0, Conditions::Atomic, "{nth} {applied}: {:#?}", store.ops());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn losers_may_be_told_of_a_conflict() {
    let store = MemoryStorage::new();
    // One of the first race, and one that is alone.
    for nth in [2, 7, 9, 14] {
        let met = PutError::Conflict("ConditionalRequestConflict".to_owned());
        store.fail_nth(Op::Put, "probe/*/*", nth, met, false);
    }
    assert_eq!(words(&store).await.0, Conditions::Atomic);
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_asked_has_no_verdict() {
    let denied = || StorageError::Denied { message: "no".to_owned(), help: None };
    for nth in [1, 2, 5, 8, 38] {
        let store = MemoryStorage::new();
        store.fail_nth(Op::Put, "probe/*/*", nth, denied(), false);
        let error = verdict(&store).await.unwrap_err();
        assert_eq!(error.code().as_str(), "storage-denied", "{nth}");
        assert!(store.objects().is_empty());
    }
    let store = MemoryStorage::new();
    for _ in 0..60 {
        store.fail_next(Op::Put, "probe/*/*", PutError::Unknown("reset".to_owned()), false);
    }
    let error = verdict(&store).await.unwrap_err();
    assert_eq!(error.code().as_str(), "storage-failed");
    assert_eq!(error.to_string(), "finding out what the store does");
}

/// In real time: a server answers.
#[tokio::test]
async fn nor_has_a_store_that_says_no() {
    let server = S3Server::start();
    let store =
        bucket_with(&server, "", &[("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")]);
    let error = verdict(&store).await.unwrap_err();
    assert_eq!(error.code().as_str(), "storage-denied", "{error:?}");
}

#[tokio::test]
async fn a_delete_that_is_denied_changes_nothing() {
    let server = S3Server::start();
    let store = bucket(&server, "");
    for _ in 0..9 {
        server.fail("DeleteObject", 1, Answer::Error(403, "AccessDenied"), false);
    }
    let found = verdict(&store).await.unwrap();
    assert_eq!(found.conditions, Conditions::Atomic);
    assert!(server.objects().keys().all(|key| key.starts_with("probe/")));
    assert!(!server.objects().is_empty());
}

#[tokio::test]
async fn tags_that_repeat_are_no_conditions() {
    // A revision that stays the same while the bytes change can't guard anything.
    let server = S3Server::start();
    let store = bucket(&server, "checksum = \"when-required\"");
    for nth in 1..=3 {
        server.fail("PutObject", nth, Answer::Header("etag", "\"same\""), true);
    }
    let found = verdict(&store).await.unwrap();
    assert_eq!(found.conditions, Conditions::Broken);
}

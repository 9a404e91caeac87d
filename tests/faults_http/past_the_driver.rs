//! What no driver can see, and who sees it.

use std::sync::Arc;

use bytes::Bytes;
use depstate::{
    model::{Checksums, Conditions},
    state::{Chance, probe},
    storage::{Precondition, StorageReader as _, StorageWriter as _},
};

use crate::{
    contract::stores::{bucket_at, key, text},
    support::{
        proxy::{Fault, Proxy},
        s3::S3Server,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn the_probe_gets_through_a_bad_network() {
    let now = "2025-03-01T12:00:00Z".parse().unwrap();
    for fault in [
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::Twice,
        Fault::Answer(503, "SlowDown"),
        Fault::AnswerAfter(500, "InternalError"),
        Fault::Answer(409, "ConditionalRequestConflict"),
    ] {
        let server = S3Server::start();
        let proxy = Proxy::start(&server.endpoint()).await;
        let store = bucket_at(&server, &proxy.endpoint(), "");
        // Among what one writer does alone, and in two rounds of the races.
        for pass in [0, 2, 6, 20] {
            proxy.spoil_later("PutObject", pass, 1, fault.clone());
        }
        let found = probe(&store, &Chance::system(), now).await.unwrap();
        let words = (found.conditions, found.checksums);
        assert_eq!(words, (Conditions::Atomic, Checksums::Verified), "{fault:?}");
        proxy.settled().await;
        assert!(server.objects().is_empty(), "{fault:?}: {:?}", server.objects().keys());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_comes_late_can_not_undo_a_newer_one() {
    let server = S3Server::start();
    let proxy = Proxy::start(&server.endpoint()).await;
    let store = Arc::new(bucket_at(&server, &proxy.endpoint(), ""));
    let direct = bucket_at(&server, &server.endpoint(), "");
    let head = key("head.json");
    let base = direct.put(&head, Bytes::from("base"), Precondition::Absent).await.unwrap();
    let matches = Precondition::Matches(base.revision);
    proxy.spoil("PutObject", 1, Fault::Late(std::time::Duration::from_millis(600)));
    let late = {
        let (store, head, matches) = (Arc::clone(&store), head.clone(), matches.clone());
        tokio::spawn(async move { store.put(&head, Bytes::from("late"), matches).await })
    };
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    // Its sender is gone; a fence is written.
    late.abort();
    direct.put(&head, Bytes::from("fence"), matches).await.unwrap();
    proxy.settled().await;
    assert_eq!(text(direct.get(&head, None).await.unwrap().unwrap()).await, "fence");
}

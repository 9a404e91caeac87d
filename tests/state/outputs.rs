//! Outputs of builds that are kept for other machines.

use std::time::Duration;

use bytes::Bytes;
use depstate::{
    model::{BuildEvidence, BuiltOutput, InputDigest, ObjectKey, Sha256},
    net::StreamError,
    state::outputs::{find, keep, open, survey, sweep},
    storage::{MemoryStorage, Op, Precondition, StorageError, StorageReader, StorageWriter},
};
use jiff::{SignedDuration, Timestamp};

fn output(input: &str, bytes: &[u8]) -> BuiltOutput {
    BuiltOutput {
        input: InputDigest(Sha256::of(input.as_bytes())),
        sha256: Sha256::of(bytes),
        size: bytes.len() as u64,
        build: BuildEvidence {
            contract: 1,
            executor: "sandbox (bubblewrap)".to_owned(),
            image: None,
            network: false,
            reproduced: Some(true),
            log_sha256: Sha256::of(b"log"),
            duration_ms: 12,
        },
        licenses: Some(vec!["MIT".to_owned()]),
    }
}

async fn kept(store: &MemoryStorage, output: &BuiltOutput, bytes: &[u8]) {
    let chunks: Vec<Result<Bytes, StreamError>> =
        bytes.chunks(1 << 20).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    keep(store, output, futures::stream::iter(chunks)).await.unwrap();
}

async fn taken(store: &MemoryStorage, input: &str) -> Option<Vec<u8>> {
    let input = InputDigest(Sha256::of(input.as_bytes()));
    let output = find(store, &input).await.unwrap()?;
    let body = open(store, &output).await.unwrap()?;
    Some(body.collect(64 << 20).await.unwrap().to_vec())
}

#[tokio::test]
async fn what_is_kept_is_found_by_its_inputs() {
    let store = MemoryStorage::new();
    assert_eq!(taken(&store, "a").await, None);
    kept(&store, &output("a", b"bytes"), b"bytes").await;
    assert_eq!(taken(&store, "a").await.unwrap(), b"bytes");
    assert_eq!(taken(&store, "b").await, None);
    // More than goes in one request.
    let large = vec![7; 20 << 20];
    kept(&store, &output("large", &large), &large).await;
    assert!(taken(&store, "large").await.unwrap() == large);
    // Twice is once, and another output of the same inputs takes its place.
    kept(&store, &output("a", b"bytes"), b"bytes").await;
    kept(&store, &output("a", b"other"), b"other").await;
    assert_eq!(taken(&store, "a").await.unwrap(), b"other");
}

#[tokio::test]
async fn what_does_not_belong_to_its_inputs_is_not_found() {
    let store = MemoryStorage::new();
    kept(&store, &output("a", b"bytes"), b"bytes").await;
    let a = ObjectKey::new(format!("cache/{}/output.json", Sha256::of(b"a")));
    let b = ObjectKey::new(format!("cache/{}/output.json", Sha256::of(b"b")));
    let object = store.get(&a, None).await.unwrap().unwrap();
    let text = object.body.collect(1 << 20).await.unwrap();
    store.put(&b, text, Precondition::Absent).await.unwrap();
    assert_eq!(taken(&store, "b").await, None, "another's output under a name of one's own");
    store
        .delete(&ObjectKey::new(format!("cache/{}/{}", Sha256::of(b"a"), Sha256::of(b"bytes"))))
        .await
        .unwrap();
    assert_eq!(taken(&store, "a").await, None, "its bytes have gone");
    let c = ObjectKey::new(format!("cache/{}/output.json", Sha256::of(b"c")));
    store.put(&c, Bytes::from_static(b"{\"format\":1"), Precondition::Absent).await.unwrap();
    assert_eq!(taken(&store, "c").await, None, "no document at all");
}

#[tokio::test]
async fn a_store_that_fails_is_an_error_and_leaves_nothing_that_is_found() {
    let store = MemoryStorage::new();
    let down = StorageError::Failed { message: "down".to_owned(), help: None };
    store.fail_next(Op::Put, "cache/*/output.json", down, false);
    let chunk: Vec<Result<Bytes, StreamError>> = vec![Ok(Bytes::from_static(b"bytes"))];
    let ended = keep(&store, &output("a", b"bytes"), futures::stream::iter(chunk)).await;
    assert!(ended.is_err());
    assert_eq!(taken(&store, "a").await, None);
}

#[tokio::test]
async fn the_old_go_and_the_oldest_beyond_the_bound() {
    let store = MemoryStorage::new();
    let day = Duration::from_hours(24);
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    for n in 0..5 {
        store.set_clock(start + SignedDuration::from_hours(24 * n));
        let name = format!("{n}");
        kept(&store, &output(&name, &[0; 10_000]), &[0; 10_000]).await;
    }
    store.put(&ObjectKey::new("cache/README"), Bytes::new(), Precondition::Absent).await.unwrap();
    let now = start + SignedDuration::from_hours(24 * 5);
    let all = survey(&store, now, day * 14, 1 << 30).await.unwrap();
    assert!(all.is_clean() && all.objects == 11 && all.foreign == 1, "{all:?}");
    // Two of five are younger than 60 hours.
    let old = survey(&store, now, Duration::from_hours(60), 1 << 30).await.unwrap();
    assert_eq!(old.stale.len(), 6, "{old:?}");
    // Three folders of 10,000 bytes and a bit fit into 35,000.
    let many = survey(&store, now, day * 14, 35_000).await.unwrap();
    assert_eq!(many.stale.len(), 4, "{many:?}");
    assert_eq!(sweep(&store, &many).await, (4, Vec::new()));
    for n in 0..5 {
        assert_eq!(taken(&store, &format!("{n}")).await.is_some(), n >= 2, "{n}");
    }
    let after = survey(&store, now, day * 14, 35_000).await.unwrap();
    assert!(after.is_clean(), "{after:?}");
}

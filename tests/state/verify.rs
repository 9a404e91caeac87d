//! `verify` on a store in memory: what changes meanwhile, and what can't be read.

use std::sync::Arc;

use depstate::{
    model::{Code, Severity, Sink},
    ops::{
        Project,
        verify::{Verified, bucket},
    },
    render::lines::Silent,
    storage::{MemoryStorage, Op, StorageError, StorageReader},
};

use super::{
    fixture::{Bucket, Meddler},
    rollback::{MANIFEST, project},
};
use crate::support::sandbox::Sandbox;

async fn verify(project: &Project, storage: &dyn StorageReader, deep: bool) -> Verified {
    let sink: Arc<dyn Sink> = Arc::new(Silent);
    bucket(project, storage, &[], deep, &sink).await.unwrap()
}

fn codes(found: &Verified) -> Vec<(Severity, Code)> {
    found.findings.iter().map(|finding| (finding.severity, finding.code)).collect()
}

async fn two() -> (Bucket, Sandbox) {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any", "ruby@2/any"]).await;
    bucket.publish(&["node@1/any"]).await;
    (bucket, Sandbox::with(MANIFEST))
}

fn key(storage: &MemoryStorage, part: &str) -> String {
    storage.objects().into_keys().find(|key| key.contains(part)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn everything_is_read_from_the_store_and_nothing_written() {
    let (bucket, sandbox) = two().await;
    let project = project(&sandbox).await;
    bucket.storage.clear_ops();
    let found = verify(&project, &bucket.storage, true).await;
    assert_eq!(codes(&found), []);
    assert_eq!((found.documents, found.listed, found.read, found.bytes), (4, 3, 3, 30));
    let ops = bucket.storage.ops();
    assert!(ops.iter().all(|op| op.starts_with("GET ") || op == "LIST artifacts/"), "{ops:?}");
    assert_eq!(ops.iter().filter(|op| op.contains("index/")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_collector_took_meanwhile_is_no_damage() {
    let (bucket, sandbox) = two().await;
    let project = project(&sandbox).await;
    let old = bucket.storage.objects()["head.json"].clone();
    let gone = key(&bucket.storage, "artifacts/node/");
    bucket.retire(&["node@1/any"]).await;
    let lagging = Meddler::new(&bucket.storage, move |storage| {
        storage.remove(&gone);
        Some(old)
    });
    let found = verify(&project, &lagging, true).await;
    assert_eq!(codes(&found), [(Severity::Warning, Code::OBJECT_MISSING)], "it is retired now");
    assert_eq!(found.serial, Some(3));
}

#[tokio::test(start_paused = true)]
async fn wrong_bytes_and_unreadable_ones_are_told_apart() {
    let (bucket, sandbox) = two().await;
    let project = project(&sandbox).await;
    let (one, two) =
        (key(&bucket.storage, "artifacts/ruby/1/"), key(&bucket.storage, "artifacts/ruby/2/"));
    bucket.storage.put_raw(&one, "ruby@1/ANY");
    let down = StorageError::Failed { message: "down".to_owned(), help: None };
    bucket.storage.fail_next(Op::Get, &two, down.clone(), false);
    let found = verify(&project, &bucket.storage, true).await;
    assert_eq!(
        codes(&found),
        [(Severity::Refused, Code::OBJECT_ALTERED), (Severity::Error, Code::STORAGE_FAILED)]
    );
    assert!(found.findings[0].message.contains(&one), "{:?}", found.findings);
    // The listing.
    bucket.storage.put_raw(&one, "ruby@1/any");
    bucket.storage.fail_next(Op::List, "artifacts/", down, false);
    let found = verify(&project, &bucket.storage, false).await;
    assert_eq!(codes(&found), [(Severity::Error, Code::STORAGE_FAILED)]);
    assert_eq!(codes(&verify(&project, &bucket.storage, true).await), []);
}

#[tokio::test(start_paused = true)]
async fn the_chain_is_walked_as_far_as_it_is_kept() {
    let (bucket, sandbox) = two().await;
    let project = project(&sandbox).await;
    let first = key(&bucket.storage, "gen/0000000001-");
    let bytes = bucket.storage.objects()[&first].clone();
    bucket.storage.put_raw(&first, &b"{}"[..]);
    let found = verify(&project, &bucket.storage, false).await;
    assert_eq!(codes(&found), [(Severity::Refused, Code::STORAGE_DAMAGED)]);
    bucket.storage.remove(&first);
    // It was made a day ago: a collector would have kept it.
    let lost = verify(&project, &bucket.storage, false).await;
    assert_eq!(codes(&lost), [(Severity::Refused, Code::STORAGE_DAMAGED)]);
    assert!(lost.findings[0].message.contains(&first), "{:?}", lost.findings);
    let short = Sandbox::with(&format!("{MANIFEST}\n[retention]\nhistory = \"1h\"\n"));
    let kept = verify(&self::project(&short).await, &bucket.storage, false).await;
    assert_eq!((codes(&kept), kept.documents), (vec![], 3));
    bucket.storage.put_raw(&first, bytes);
    assert_eq!(verify(&project, &bucket.storage, false).await.documents, 4);
}

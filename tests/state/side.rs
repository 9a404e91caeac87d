//! Side documents: which a commit may name, and when they go.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use depstate::{
    commit::Rules,
    model::{Code, Metadata, ObjectKey, Record},
    state::{Changes, CommitOutcome, Transaction, collect, survey},
    storage::{Precondition, StorageWriter},
    wire::side::SideKind,
};
use jiff::SignedDuration;

use super::fixture::{Bucket, address, committed, setting};

async fn say(bucket: &Bucket, tx: &Transaction, record: &Record) -> ObjectKey {
    let key = tx.side_key(record, SideKind::Provenance, 0);
    let body = Bytes::from(record.key.to_string());
    bucket.storage.put(&key, body, Precondition::Absent).await.unwrap();
    key
}

/// Publishes an artifact with a side document.
async fn publish(bucket: &Bucket, name: &str) -> Record {
    let mut tx = bucket.begin().await;
    let mut record = bucket.upload(&tx, name).await;
    record.side = vec![say(bucket, &tx, &record).await];
    let _head = committed(tx.commit(&setting([record.clone()])).await.unwrap());
    record
}

fn named(record: &Record, name: &str) -> Record {
    let metadata = Metadata { name: Some(name.to_owned()), ..Metadata::default() };
    Record { metadata, ..record.clone() }
}

/// Tells something else of an artifact, with a new side document.
async fn update(bucket: &Bucket, record: &Record, name: &str) -> Record {
    let mut tx = bucket.begin().await;
    let mut record = named(record, name);
    record.side = vec![say(bucket, &tx, &record).await];
    let _head = committed(tx.commit(&setting([record.clone()])).await.unwrap());
    record
}

async fn gc(bucket: &Bucket, days: i64) -> u64 {
    let rules = Rules {
        now: bucket.author.now + SignedDuration::from_hours(24 * days),
        grace: Duration::from_hours(24 * 30),
        history: Duration::from_hours(24 * 90),
        dead_after: Duration::from_hours(24),
    };
    let found = survey(&bucket.storage, &*bucket.cache, &rules).await.unwrap().unwrap();
    let storage: Arc<dyn StorageWriter> = Arc::new(bucket.storage.clone());
    let mut author = bucket.author.clone();
    author.now = rules.now;
    bucket.storage.set_clock(rules.now);
    let cache = Arc::clone(&bucket.cache) as _;
    collect(storage, cache, author, rules, found).await.unwrap().deleted
}

fn there(bucket: &Bucket, key: &ObjectKey) -> bool {
    bucket.storage.objects().contains_key(key.as_str())
}

fn bucket() -> Bucket {
    let bucket = Bucket::new();
    bucket.storage.set_clock(bucket.author.now);
    bucket
}

async fn refused(tx: &mut Transaction, record: Record) -> String {
    match tx.commit(&setting([record])).await.unwrap() {
        CommitOutcome::NotCommitted(why) => why,
        other @ (CommitOutcome::Committed(_)
        | CommitOutcome::LostRace(_)
        | CommitOutcome::Unknown(_)) => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_update_replaces_waits_for_its_grace_alone() {
    let bucket = bucket();
    let first = publish(&bucket, "ruby@1/any").await;
    assert!(first.side[0].as_str().starts_with("side/ruby/1/any/"), "{:?}", first.side);
    assert!(first.side[0].as_str().ends_with("/file.tgz.provenance.json"), "{:?}", first.side);
    let second = update(&bucket, &first, "Ruby").await;
    let now = bucket.read().await.unwrap();
    assert!(now.condemned.is_empty());
    assert_eq!(now.replaced.keys().collect::<Vec<_>>(), first.side.iter().collect::<Vec<_>>());
    assert_eq!(gc(&bucket, 29).await, 0);
    assert!(there(&bucket, &first.side[0]));
    assert_eq!(gc(&bucket, 30).await, 1);
    assert!(!there(&bucket, &first.side[0]) && there(&bucket, &second.side[0]));
    assert!(there(&bucket, &second.key));
    let now = bucket.read().await.unwrap();
    assert!(now.replaced.is_empty() && now.doomed.is_empty());
    assert_eq!(now.live[&address("ruby@1/any")], second);
}

#[tokio::test(start_paused = true)]
async fn what_is_retired_takes_its_side_documents_along() {
    let bucket = bucket();
    let first = publish(&bucket, "ruby@1/any").await;
    let second = update(&bucket, &first, "Ruby").await;
    bucket.retire(&["ruby@1/any"]).await;
    assert_eq!(gc(&bucket, 30).await, 3, "the artifact, its document, the one before");
    for key in [&first.key, &first.side[0], &second.side[0]] {
        assert!(!there(&bucket, key), "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_back_may_name_what_was_replaced() {
    let bucket = bucket();
    let first = publish(&bucket, "ruby@1/any").await;
    let second = update(&bucket, &first, "Ruby").await;
    // Back to what was told at first.
    let mut tx = bucket.begin().await;
    let _head = committed(tx.commit(&setting([first.clone()])).await.unwrap());
    let now = bucket.read().await.unwrap();
    assert_eq!(now.replaced.keys().collect::<Vec<_>>(), second.side.iter().collect::<Vec<_>>());
    // Retired and wanted again, with something else told: nothing is forgotten.
    bucket.retire(&["ruby@1/any"]).await;
    let mut tx = bucket.begin().await;
    let mut third = named(&first, "ruby");
    third.side = vec![say(&bucket, &tx, &third).await];
    let mut changes = setting([third.clone()]);
    changes.take_back.insert(third.key.clone());
    let _head = committed(tx.commit(&changes).await.unwrap());
    let now = bucket.read().await.unwrap();
    assert!(now.condemned.is_empty());
    assert_eq!(now.replaced.len(), 2, "{:?}", now.replaced);
    assert_eq!(gc(&bucket, 31).await, 2);
    assert!(there(&bucket, &third.side[0]));
}

#[tokio::test(start_paused = true)]
async fn a_commit_names_no_side_document_that_may_go() {
    let bucket = bucket();
    let first = publish(&bucket, "ruby@1/any").await;
    let other = publish(&bucket, "ruby@2/any").await;
    let second = update(&bucket, &first, "Ruby").await;
    // Another artifact's.
    let mut tx = bucket.begin().await;
    let wrong = Record { side: other.side.clone(), ..second.clone() };
    assert!(refused(&mut tx, wrong).await.contains(other.side[0].as_str()));
    // One that nobody reaches, though it is there.
    let mut tx = bucket.begin().await;
    let lost = say(&bucket, &tx, &second).await;
    tx.abandon().await;
    tx = bucket.begin().await;
    let wrong = Record { side: vec![lost], ..second.clone() };
    assert!(refused(&mut tx, wrong).await.contains("HEAD does not reach"));
    // One that is gone.
    gc(&bucket, 31).await;
    let mut tx = bucket.begin().await;
    assert!(refused(&mut tx, first).await.contains("HEAD does not reach"));
}

#[tokio::test(start_paused = true)]
async fn what_is_left_over_is_collected() {
    let bucket = bucket();
    // Written, and then something else was committed.
    let mut tx = bucket.begin().await;
    let kept = bucket.upload(&tx, "ruby@1/any").await;
    let over = say(&bucket, &tx, &kept).await;
    let _head = committed(tx.commit(&setting([kept.clone()])).await.unwrap());
    // Written by an apply that died.
    let tx = bucket.begin().await;
    let dead = bucket.upload(&tx, "ruby@2/any").await;
    let said = say(&bucket, &tx, &dead).await;
    std::mem::forget(tx);
    assert_eq!(gc(&bucket, 2).await, 3);
    for key in [&over, &said, &dead.key] {
        assert!(!there(&bucket, key), "{key}");
    }
    assert!(there(&bucket, &kept.key));
}

#[tokio::test(start_paused = true)]
async fn a_repair_dooms_what_was_said_of_the_lost_bytes() {
    let bucket = bucket();
    let first = publish(&bucket, "ruby@1/any").await;
    let mut tx = bucket.begin().await;
    let mut again = bucket.upload(&tx, "ruby@1/any").await;
    again.side = vec![say(&bucket, &tx, &again).await];
    let mut changes: Changes = setting([again.clone()]);
    changes.doom.insert(first.address.clone());
    let _head = committed(tx.commit(&changes).await.unwrap());
    let now = bucket.read().await.unwrap();
    assert!(now.doomed.contains(&first.side[0]) && now.condemned.is_empty());
    assert_eq!(gc(&bucket, 0).await, 2);
    assert!(there(&bucket, &again.side[0]));
    bucket.retire(&["ruby@1/any"]).await;
    assert_eq!(
        bucket.read().await.unwrap().condemned[&again.key].reason,
        Code::LINE_KEEPS.as_str()
    );
}

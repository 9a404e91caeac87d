//! The collector: what it takes away, and what it must leave.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use depstate::{
    commit::Rules,
    model::{Code, HeadKind, ObjectKey},
    state::{Collected, CommitOutcome, StateError, Transaction, collect, survey},
    storage::{Op, Precondition, StorageError, StorageWriter},
};
use jiff::{SignedDuration, Timestamp};

use super::fixture::{Bucket, committed, retiring, setting};

const DAY: u64 = 24;

fn hours(n: u64) -> Duration {
    Duration::from_hours(n)
}

/// A collector that comes so many days after everything.
fn rules(bucket: &Bucket, days: i64) -> Rules {
    Rules {
        now: bucket.author.now + SignedDuration::from_hours(24 * days),
        grace: hours(30 * DAY),
        history: hours(90 * DAY),
        dead_after: hours(DAY),
    }
}

async fn try_gc(bucket: &Bucket, rules: Rules) -> Result<Collected, StateError> {
    let found = survey(&bucket.storage, &*bucket.cache, &rules).await?.unwrap();
    let storage: Arc<dyn StorageWriter> = Arc::new(bucket.storage.clone());
    let mut author = bucket.author.clone();
    author.now = rules.now;
    bucket.storage.set_clock(rules.now);
    collect(storage, Arc::clone(&bucket.cache) as _, author, rules, found).await
}

async fn gc(bucket: &Bucket, days: i64) -> Collected {
    try_gc(bucket, rules(bucket, days)).await.unwrap()
}

fn artifacts(bucket: &Bucket) -> Vec<String> {
    bucket.keys().into_iter().filter(|key| key.starts_with("artifacts/")).collect()
}

/// A bucket whose store's clock is the authors'.
fn bucket() -> Bucket {
    let bucket = Bucket::new();
    bucket.storage.set_clock(bucket.author.now);
    bucket
}

#[tokio::test(start_paused = true)]
async fn what_is_retired_goes_after_its_grace_and_not_before() {
    let bucket = bucket();
    bucket.publish(&["ruby@1/any", "ruby@2/any"]).await;
    bucket.retire(&["ruby@1/any"]).await;
    assert_eq!(gc(&bucket, 29).await, Collected::default());
    assert_eq!(artifacts(&bucket).len(), 2);
    let did = gc(&bucket, 30).await;
    assert_eq!((did.doomed, did.deleted), (1, 1), "{did:?}");
    assert_eq!(artifacts(&bucket), ["artifacts/ruby/2/any/TX/file.tgz"]);
    let found = bucket.read().await.unwrap();
    assert!(found.condemned.is_empty() && found.doomed.is_empty());
    assert_eq!(found.head.serial, 4, "one commit to doom, one to forget");
    assert_eq!(gc(&bucket, 30).await, Collected::default(), "twice is once");
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_died_is_followed_by_one_that_goes_on() {
    let bucket = bucket();
    bucket.publish(&["ruby@1/any"]).await;
    bucket.retire(&["ruby@1/any"]).await;
    let down = StorageError::Failed { message: "down".to_owned(), help: None };
    bucket.storage.fail_next(Op::Delete, "artifacts/*", down, false);
    let did = gc(&bucket, 31).await;
    assert_eq!((did.doomed, did.deleted, did.left.len()), (1, 0, 1), "{did:?}");
    let found = bucket.read().await.unwrap();
    assert_eq!((found.doomed.len(), found.condemned.len()), (1, 0));
    let did = gc(&bucket, 31).await;
    assert_eq!((did.doomed, did.deleted), (0, 1), "{did:?}");
    assert!(bucket.read().await.unwrap().doomed.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_wanted_again_is_not_collected() {
    let bucket = bucket();
    bucket.publish(&["ruby@1/any"]).await;
    bucket.retire(&["ruby@1/any"]).await;
    let rules = rules(&bucket, 31);
    let found = survey(&bucket.storage, &*bucket.cache, &rules).await.unwrap().unwrap();
    assert_eq!(found.collection.doom.len(), 1);
    // Between the look and the deed an applier takes it back.
    let base = bucket.read().await.unwrap();
    let (key, condemned) = base.condemned.first_key_value().unwrap();
    let mut changes = setting([condemned.record.clone()]);
    changes.take_back.insert(key.clone());
    let mut tx = bucket.begin().await;
    committed(tx.commit(&changes).await.unwrap());
    let storage: Arc<dyn StorageWriter> = Arc::new(bucket.storage.clone());
    bucket.storage.set_clock(rules.now);
    let mut author = bucket.author.clone();
    author.now = rules.now;
    let cache = Arc::clone(&bucket.cache) as _;
    let did = collect(storage, cache, author, rules, found).await.unwrap();
    assert_eq!((did.doomed, did.deleted), (0, 0), "{did:?}");
    assert_eq!(artifacts(&bucket).len(), 1);
}

/// An apply that uploaded and went away.
async fn dead(bucket: &Bucket) -> Transaction {
    let tx = bucket.begin().await;
    bucket.upload(&tx, "node@1/any").await;
    let big = ObjectKey::new(format!("artifacts/node/2/any/{}/big", tx.tx()));
    let mut upload = bucket.storage.upload(&big).await.unwrap();
    upload.write(Bytes::from_static(b"part")).await.unwrap();
    std::mem::forget(upload);
    tx
}

#[tokio::test(start_paused = true)]
async fn a_dead_apply_is_fenced_and_swept() {
    let bucket = bucket();
    bucket.publish(&["ruby@1/any"]).await;
    let mut zombie = dead(&bucket).await;
    let hours = |n| {
        let now = bucket.author.now + SignedDuration::from_hours(n);
        Rules { now, ..rules(&bucket, 0) }
    };
    assert_eq!(try_gc(&bucket, hours(23)).await.unwrap(), Collected::default());
    assert_eq!(artifacts(&bucket).len(), 2);
    let did = try_gc(&bucket, hours(24)).await.unwrap();
    assert_eq!(did.swept, [zombie.tx().clone()]);
    assert_eq!((did.deleted, did.discarded), (1, 1), "{did:?}");
    assert_eq!(artifacts(&bucket), ["artifacts/ruby/1/any/TX/file.tgz"]);
    let found = bucket.read().await.unwrap();
    assert_eq!((found.head.kind, found.head.serial), (HeadKind::Fence, 2));
    // It was only slow: what it wants to commit is gone, and it can't.
    let record = super::fixture::record(
        super::fixture::address("node@1/any"),
        zombie.artifact_key(&super::fixture::address("node@1/any"), "file.tgz").unwrap(),
        depstate::model::Revision("r".to_owned()),
        "node@1/any",
    );
    let outcome = zombie.commit(&setting([record])).await.unwrap();
    assert!(matches!(outcome, CommitOutcome::LostRace(_)), "{outcome:?}");
    assert!(!zombie.rebase(bucket.read().await.unwrap()).await.unwrap(), "its journal is aborted");
    // What lands later is swept later, and what it wrote for its commit; HEAD is past its base, so no
    // fence is needed.
    let late = ObjectKey::new(format!("artifacts/node/1/any/{}/late", zombie.tx()));
    bucket.storage.put(&late, Bytes::new(), Precondition::Absent).await.unwrap();
    let did = try_gc(&bucket, hours(30)).await.unwrap();
    assert_eq!((did.deleted, bucket.read().await.unwrap().head.serial), (3, 2), "{did:?}");
}

#[tokio::test(start_paused = true)]
async fn an_apply_that_committed_and_could_not_say_so_is_not_dead() {
    let bucket = bucket();
    bucket.publish(&["ruby@1/any"]).await;
    let mut tx = bucket.begin().await;
    let record = bucket.upload(&tx, "node@1/any").await;
    // A rest that no record names.
    bucket.upload(&tx, "node@2/any").await;
    bucket.lose("tx/*", false);
    committed(tx.commit(&setting([record])).await.unwrap());
    let did = gc(&bucket, 2).await;
    assert_eq!((did.swept.len(), did.deleted), (0, 1), "only the rest goes: {did:?}");
    assert_eq!(bucket.read().await.unwrap().live.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn nothing_of_an_open_apply_and_nothing_foreign_is_touched() {
    let bucket = bucket();
    bucket.publish(&["ruby@1/any"]).await;
    let tx = bucket.begin().await;
    bucket.upload(&tx, "node@1/any").await;
    // One looks nearly like a transaction's name.
    let near = "artifacts/a/b/c/RELEASE2026Q4INTERNALBUILD/f";
    for key in
        ["artifacts/ruby/1/any/mine.tgz", "artifacts/readme", "gen/old.json", "other/x", near]
    {
        bucket.storage.put_raw(key, "mine");
    }
    let before = bucket.storage.objects();
    let rules = Rules { now: bucket.author.now, ..rules(&bucket, 0) };
    let found = survey(&bucket.storage, &*bucket.cache, &rules).await.unwrap().unwrap();
    assert!(found.collection.is_empty(), "{:?}", found.collection);
    assert_eq!(found.foreign, 4);
    gc(&bucket, 0).await;
    assert_eq!(bucket.storage.objects(), before);
    let much_later = gc(&bucket, 400).await;
    assert_eq!(much_later.swept, [tx.tx().clone()]);
    for key in ["artifacts/ruby/1/any/mine.tgz", "artifacts/readme", "gen/old.json", "other/x"] {
        assert!(bucket.storage.objects().contains_key(key), "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn history_is_kept_for_its_time() {
    let mut bucket = bucket();
    for (n, name) in ["ruby@1/any", "node@1/any", "php@1/any"].iter().enumerate() {
        bucket.author.now += SignedDuration::from_hours(24 * 40 * i64::from(n > 0));
        bucket.storage.set_clock(bucket.author.now);
        bucket.publish(&[name]).await;
    }
    // Commits are of day 0, 40 and 80.
    let generations =
        |bucket: &Bucket| bucket.keys().iter().filter(|key| key.starts_with("gen/")).count();
    assert_eq!(gc(&bucket, 5).await, Collected::default());
    assert_eq!(generations(&bucket), 3);
    // Day 95: the first is too old. Its index document is still named by the others.
    let did = gc(&bucket, 15).await;
    assert_eq!(generations(&bucket), 2, "{did:?}");
    assert_eq!(bucket.keys().iter().filter(|key| key.starts_with("index/")).count(), 3);
    let live = bucket.read().await.unwrap().live;
    // A year later HEAD's own is left, and all that it reaches.
    gc(&bucket, 365).await;
    assert_eq!(generations(&bucket), 1);
    assert_eq!(bucket.read().await.unwrap().live, live);
    assert_eq!(gc(&bucket, 365).await, Collected::default());
}

#[tokio::test(start_paused = true)]
async fn a_broken_chain_keeps_all_metadata() {
    let bucket = bucket();
    for name in ["ruby@1/any", "node@1/any", "php@1/any"] {
        bucket.publish(&[name]).await;
    }
    let middle = bucket.storage.objects().into_keys().find(|key| key.starts_with("gen/0000000002"));
    bucket.storage.remove(&middle.unwrap());
    let rules = rules(&bucket, 1);
    let found = survey(&bucket.storage, &*bucket.cache, &rules).await.unwrap().unwrap();
    assert!(found.collection.broken);
    assert!(found.collection.is_empty(), "{:?}", found.collection);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_dooms_nothing() {
    let bucket = bucket();
    bucket.publish(&["ruby@1/any"]).await;
    bucket.retire(&["ruby@1/any"]).await;
    let rules = rules(&bucket, 31);
    let found = survey(&bucket.storage, &*bucket.cache, &rules).await.unwrap().unwrap();
    let storage: Arc<dyn StorageWriter> = Arc::new(bucket.storage.clone());
    let mut author = bucket.author.clone();
    author.now = rules.now;
    let right: Timestamp = author.now - SignedDuration::from_hours(2);
    bucket.storage.set_clock(right);
    let cache = Arc::clone(&bucket.cache) as _;
    let error = collect(storage, cache, author, rules, found).await.unwrap_err();
    assert_eq!(error.code(), Code::CLOCK_SKEW);
    assert_eq!(bucket.read().await.unwrap().condemned.len(), 1);
    assert_eq!(artifacts(&bucket).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn retire_then_collect_then_publish_again() {
    let bucket = bucket();
    bucket.publish(&["ruby@1/any"]).await;
    let mut tx = bucket.begin().await;
    committed(tx.commit(&retiring(&["ruby@1/any"])).await.unwrap());
    gc(&bucket, 31).await;
    bucket.publish(&["ruby@1/any"]).await;
    assert_eq!(artifacts(&bucket).len(), 1);
    assert_eq!(bucket.read().await.unwrap().live.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_old_head_and_one_of_another_lineage_stop_it() {
    let bucket = bucket();
    bucket.publish(&["ruby@1/any"]).await;
    let old = bucket.storage.objects()["head.json"].clone();
    for name in ["node@1/any", "php@1/any"] {
        bucket.publish(&[name]).await;
    }
    bucket.storage.put_raw("head.json", old);
    let before = bucket.storage.objects();
    for journals in [true, false] {
        if !journals {
            for key in before.keys().filter(|key| key.starts_with("tx/")) {
                bucket.storage.remove(key);
            }
        }
        let error = try_gc(&bucket, rules(&bucket, 400)).await.unwrap_err();
        assert_eq!(error.code(), Code::HEAD_WENT_BACK, "{error}");
    }
    let left: Vec<String> = bucket.storage.objects().into_keys().collect();
    assert_eq!(
        left,
        before.keys().filter(|key| !key.starts_with("tx/")).cloned().collect::<Vec<_>>()
    );
    // Another bucket's HEAD over this one's.
    let other = self::bucket();
    other.publish(&["ruby@1/any"]).await;
    for (key, bytes) in other.storage.objects() {
        bucket.storage.put_raw(&key, bytes);
    }
    let error = try_gc(&bucket, rules(&bucket, 400)).await.unwrap_err();
    assert_eq!(error.code(), Code::HEAD_WENT_BACK, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_somebody_removed_makes_nobody_dead_without_a_fence() {
    let bucket = bucket();
    bucket.publish(&["ruby@1/any"]).await;
    let mut tx = bucket.begin().await;
    let record = bucket.upload(&tx, "node@1/any").await;
    bucket.storage.remove(&format!("tx/{}.json", tx.tx()));
    // It is young: it may be at work.
    let hours =
        |n| Rules { now: bucket.author.now + SignedDuration::from_hours(n), ..rules(&bucket, 0) };
    assert_eq!(try_gc(&bucket, hours(20)).await.unwrap(), Collected::default());
    assert_eq!(artifacts(&bucket).len(), 2);
    // It is old: only when HEAD is fenced is what carries its name taken away.
    let did = try_gc(&bucket, hours(25)).await.unwrap();
    assert_eq!((did.deleted, did.swept.len()), (1, 1), "{did:?}");
    assert_eq!(bucket.read().await.unwrap().head.kind, HeadKind::Fence);
    let outcome = tx.commit(&setting([record])).await.unwrap();
    assert!(matches!(outcome, CommitOutcome::LostRace(_)), "{outcome:?}");
    assert!(!tx.rebase(bucket.read().await.unwrap()).await.unwrap());
    assert_eq!(bucket.read().await.unwrap().live.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_says_nothing_protects_what_carries_its_name() {
    for junk in [String::new(), "{{{".to_owned(), "x".repeat(1 << 20)] {
        let bucket = bucket();
        bucket.publish(&["ruby@1/any", "ruby@2/any"]).await;
        bucket.retire(&["ruby@1/any"]).await;
        let tx = bucket.begin().await;
        bucket.upload(&tx, "node@1/any").await;
        let key = format!("tx/{}.json", tx.tx());
        bucket.storage.put_raw(&key, junk);
        let rules = rules(&bucket, 31);
        let found = survey(&bucket.storage, &*bucket.cache, &rules).await.unwrap().unwrap();
        assert_eq!(found.unreadable, [ObjectKey::new(key)]);
        let did = gc(&bucket, 31).await;
        assert_eq!((did.doomed, did.deleted), (1, 1), "the rest is collected: {did:?}");
        assert_eq!(artifacts(&bucket).len(), 2);
    }
    // One that is another's.
    let bucket = bucket();
    bucket.publish(&["ruby@1/any"]).await;
    let (one, two) = (bucket.begin().await, bucket.begin().await);
    bucket.upload(&one, "node@1/any").await;
    let journal = bucket.storage.objects()[&format!("tx/{}.json", two.tx())].clone();
    bucket.storage.put_raw(&format!("tx/{}.json", one.tx()), journal);
    gc(&bucket, 400).await;
    assert_eq!(artifacts(&bucket).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_could_not_say_so_is_said_for_it() {
    let bucket = bucket();
    let mut tx = bucket.begin().await;
    let record = bucket.upload(&tx, "node@1/any").await;
    bucket.lose("tx/*", false);
    committed(tx.commit(&setting([record])).await.unwrap());
    let did = gc(&bucket, 0).await;
    assert_eq!((did.committed, did.deleted), (vec![tx.tx().clone()], 0));
    let journal = &bucket.storage.objects()[&format!("tx/{}.json", tx.tx())];
    assert!(String::from_utf8_lossy(journal).contains("\"done\""));
    assert_eq!(gc(&bucket, 0).await, Collected::default());
}

#[tokio::test(start_paused = true)]
async fn a_newer_format_is_not_collected() {
    let bucket = bucket();
    bucket.publish(&["ruby@1/any"]).await;
    bucket.retire(&["ruby@1/any"]).await;
    let head = String::from_utf8_lossy(&bucket.storage.objects()["head.json"]).into_owned();
    bucket.storage.put_raw("head.json", head.replace("\"format\":1", "\"format\":2"));
    let error = try_gc(&bucket, rules(&bucket, 400)).await.unwrap_err();
    assert_eq!(error.code(), Code::STORE_NEWER);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_takes_no_history_away() {
    let bucket = bucket();
    for name in ["ruby@1/any", "node@1/any"] {
        bucket.publish(&[name]).await;
    }
    let before = bucket.storage.objects();
    let rules = rules(&bucket, 365);
    let found = survey(&bucket.storage, &*bucket.cache, &rules).await.unwrap().unwrap();
    assert!(!found.collection.is_empty());
    let storage: Arc<dyn StorageWriter> = Arc::new(bucket.storage.clone());
    let mut author = bucket.author.clone();
    author.now = rules.now;
    let cache = Arc::clone(&bucket.cache) as _;
    let error = collect(storage, cache, author, rules, found).await.unwrap_err();
    assert_eq!(error.code(), Code::CLOCK_SKEW);
    assert_eq!(bucket.storage.objects(), before);
}

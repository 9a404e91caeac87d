//! What leaves the index, what comes back, and what is written again.

use depstate::{
    model::{Code, ObjectKey, Sha256},
    state::{Changes, CommitOutcome},
};

use super::fixture::{Bucket, address, committed, retiring, setting};

#[tokio::test(start_paused = true)]
async fn what_is_retired_waits_as_a_whole_record() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any", "ruby@2/any"]).await;
    let old = bucket.read().await.unwrap().live[&address("ruby@1/any")].clone();
    bucket.retire(&["ruby@1/any"]).await;
    let found = bucket.read().await.unwrap();
    assert!(!found.live.contains_key(&address("ruby@1/any")));
    let condemned = &found.condemned[&old.key];
    assert_eq!((&condemned.record, condemned.reason.as_str()), (&old, "line-keeps"));
    assert_eq!(condemned.retired, found.generation.as_ref().unwrap().at);
    assert!(bucket.storage.objects().contains_key(old.key.as_str()), "apply deletes nothing");

    // Wanted again: the same key is live, and no longer condemned.
    let mut tx = bucket.begin().await;
    let mut changes = setting([old.clone()]);
    changes.take_back.insert(old.key.clone());
    let _head = committed(tx.commit(&changes).await.unwrap());
    let found = bucket.read().await.unwrap();
    assert_eq!(found.live[&old.address], old);
    assert!(found.condemned.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_rebuilt_is_condemned_and_what_is_repaired_is_doomed() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any", "ruby@2/any", "ruby@3/any"]).await;
    let before = bucket.read().await.unwrap();
    let key = |name: &str| before.live[&address(name)].key.clone();
    let mut tx = bucket.begin().await;
    let mut rebuilt = bucket.upload(&tx, "ruby@1/any").await;
    rebuilt.input = depstate::model::InputDigest(Sha256::of(b"another script"));
    let repaired = bucket.upload(&tx, "ruby@2/any").await;
    let mut changes = setting([rebuilt.clone(), repaired.clone()]);
    changes.retire.insert(address("ruby@3/any"), Code::NO_LINE);
    changes.doom.extend([address("ruby@2/any"), address("ruby@3/any")]);
    let _head = committed(tx.commit(&changes).await.unwrap());
    let found = bucket.read().await.unwrap();
    assert_eq!(found.live[&rebuilt.address], rebuilt);
    assert_eq!(found.live[&repaired.address], repaired);
    let condemned: Vec<&ObjectKey> = found.condemned.keys().collect();
    assert_eq!(condemned, [&key("ruby@1/any")]);
    assert_eq!(found.condemned[&key("ruby@1/any")].reason, "input-changed");
    let doomed: Vec<ObjectKey> = found.doomed.iter().cloned().collect();
    let mut expected = vec![key("ruby@2/any"), key("ruby@3/any")];
    expected.sort();
    assert_eq!(doomed, expected);
    // Both stay through commits of other things.
    bucket.publish(&["node@1/any"]).await;
    let later = bucket.read().await.unwrap();
    assert_eq!((later.condemned, later.doomed), (found.condemned, found.doomed));
}

#[tokio::test(start_paused = true)]
async fn only_what_changed_is_written_again() {
    let bucket = Bucket::new();
    bucket.publish(&["node@1/any", "php@1/any", "ruby@1/any"]).await;
    let before = bucket.read().await.unwrap().generation.unwrap().index;
    bucket.storage.clear_ops();
    bucket.retire(&["ruby@1/any"]).await;
    bucket.publish(&["node@2/any"]).await;
    let after = bucket.read().await.unwrap().generation.unwrap().index;
    let php = "php".to_owned().try_into().unwrap();
    let node = "node".to_owned().try_into().unwrap();
    assert_eq!(after[&php], before[&php]);
    assert_ne!(after[&node], before[&node]);
    assert_eq!(after.len(), 2, "a dependency without records has no document: {after:?}");
    let documents: Vec<String> =
        bucket.writes().into_iter().filter(|op| op.contains("index/")).collect();
    assert_eq!(documents, ["PUT index/node/0000000003-TX.json if-none-match"]);
}

#[tokio::test(start_paused = true)]
async fn a_metadata_change_moves_no_object() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let mut tx = bucket.begin().await;
    let mut record = tx.base().live[&address("ruby@1/any")].clone();
    record.metadata.licenses = vec!["MIT".to_owned()];
    let _head = committed(tx.commit(&setting([record.clone()])).await.unwrap());
    let found = bucket.read().await.unwrap();
    assert_eq!(found.live[&record.address], record);
    assert!(found.condemned.is_empty() && found.doomed.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_object_may_be_named_only_by_who_wrote_it_or_by_what_head_reaches() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any", "node@1/any"]).await;
    let left_over = {
        let tx = bucket.begin().await;
        bucket.upload(&tx, "php@1/any").await
    };
    let mut tx = bucket.begin().await;
    let base = tx.base().clone();
    let mut shared = base.live[&address("ruby@1/any")].clone();
    shared.address = address("ruby@2/any");
    shared.version = shared.address.version.clone();
    let mut twice = setting([bucket.upload(&tx, "ruby@3/any").await]);
    twice.retire.insert(address("ruby@3/any"), Code::NO_LINE);
    let not_condemned = Changes {
        take_back: [base.live[&address("ruby@1/any")].key.clone()].into(),
        ..Changes::default()
    };
    bucket.storage.clear_ops();
    for (changes, word) in [
        (setting([left_over]), "did not write"),
        (setting([shared]), "did not write"),
        (twice, "at once"),
        (not_condemned, "not condemned"),
    ] {
        let CommitOutcome::NotCommitted(why) = tx.commit(&changes).await.unwrap() else {
            panic!("{changes:?} was committed");
        };
        assert!(why.contains(word), "{why}");
    }
    assert_eq!(bucket.writes(), [""; 0]);

    // What is doomed never comes back.
    let mut changes = retiring(&["ruby@1/any"]);
    changes.doom.insert(address("ruby@1/any"));
    let _head = committed(tx.commit(&changes).await.unwrap());
    let mut tx = bucket.begin().await;
    let doomed = base.live[&address("ruby@1/any")].clone();
    let outcome = tx.commit(&setting([doomed])).await.unwrap();
    assert!(matches!(outcome, CommitOutcome::NotCommitted(why) if why.contains("being deleted")));
}

#[tokio::test(start_paused = true)]
async fn a_generation_is_never_older_than_its_parent() {
    let mut bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let now = bucket.author.now;
    bucket.author.now = "2020-01-01T00:00:00Z".parse().unwrap();
    bucket.publish(&["ruby@2/any"]).await;
    assert_eq!(bucket.read().await.unwrap().generation.unwrap().at, now);
    let generation = bucket.read().await.unwrap().generation.unwrap();
    assert_eq!(generation.by.as_deref(), Some("ci"));
}

#[tokio::test(start_paused = true)]
async fn the_generation_counts_the_actions() {
    let bucket = Bucket::new();
    let mut tx = bucket.begin().await;
    let record = bucket.upload(&tx, "ruby@1/any").await;
    let _head = committed(tx.commit(&setting([record])).await.unwrap());
    assert_eq!(tx.base().generation.as_ref().unwrap().summary["create"], 1);
}

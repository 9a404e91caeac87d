//! The commit point: races, and answers that are lost at every step.

use std::sync::Arc;

use depstate::{
    model::{Code, HeadKind, JournalState, ObjectKey, Sha256},
    state::{CommitOutcome, StateError, Transaction},
    storage::{MemoryStorage, Op, PutError, StorageError},
    wire::objects::{decode_generation, decode_head, decode_journal, encode_head},
};

use super::fixture::{Bucket, Meddler, committed, names, retiring, setting};

#[tokio::test(start_paused = true)]
async fn of_two_transactions_one_commits_and_the_other_rebases() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let (mut one, mut two) = (bucket.begin().await, bucket.begin().await);
    let first = setting([bucket.upload(&one, "node@1/any").await]);
    let second = setting([bucket.upload(&two, "php@1/any").await]);
    let winner = committed(one.commit(&first).await.unwrap());
    let outcome = two.commit(&second).await.unwrap();
    assert_eq!(outcome, CommitOutcome::LostRace(winner));
    assert!(two.rebase(bucket.read().await.unwrap()).await.unwrap());
    let head = committed(two.commit(&second).await.unwrap());
    assert_eq!(head.serial, 3);
    let found = bucket.read().await.unwrap();
    assert_eq!(names(found.live.keys()), names(two.base().live.keys()));
    assert_eq!(found.live.len(), 3);
    let generation = found.generation.unwrap();
    assert_eq!(generation.transactions[1..], [one.tx().clone(), two.tx().clone()]);
    // The keys of the try that lost are still there, and others than those that were committed.
    assert!(bucket.keys().contains(&"gen/0000000002-TX.json".to_owned()));
    assert_eq!(bucket.keys().iter().filter(|key| key.starts_with("index/php/")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_a_collector_aborted_ends_the_transaction() {
    for gone in [false, true] {
        let bucket = Bucket::new();
        bucket.publish(&["ruby@1/any"]).await;
        let mut tx = bucket.begin().await;
        let changes = setting([bucket.upload(&tx, "node@1/any").await]);
        let key = format!("tx/{}.json", tx.tx());
        if gone {
            bucket.storage.remove(&key);
        } else {
            let mut journal = decode_journal(&bucket.storage.objects()[&key]).unwrap();
            journal.state = JournalState::Aborted;
            bucket.storage.put_raw(&key, serde_json::to_vec(&journal).unwrap());
        }
        bucket.publish(&["php@1/any"]).await;
        assert!(matches!(tx.commit(&changes).await.unwrap(), CommitOutcome::LostRace(_)));
        assert!(!tx.rebase(bucket.read().await.unwrap()).await.unwrap());
        assert!(matches!(tx.commit(&changes).await, Err(StateError::Ended)));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_at_any_step_changes_nothing() {
    for key in ["index/node/*", "gen/*", "head.json", "tx/*"] {
        for applied in [true, false] {
            let bucket = Bucket::new();
            bucket.publish(&["ruby@1/any"]).await;
            let mut tx = bucket.begin().await;
            let changes = setting([bucket.upload(&tx, "node@1/any").await]);
            bucket.lose(key, applied);
            let head = committed(tx.commit(&changes).await.unwrap());
            assert_eq!(head.serial, 2, "{key} {applied}");
            let found = bucket.read().await.unwrap();
            assert_eq!((&found, &found.head), (tx.base(), &head), "{key} {applied}");
            assert_eq!(found.live.len(), 2);
            // The transaction goes on: another stands on its base without reading again.
            bucket.storage.clear_ops();
            let next = bucket.begin_on(Some(tx.base().clone())).await.unwrap();
            assert_eq!(
                bucket.storage.ops().len(),
                2,
                "is there a later generation? then the journal"
            );
            next.abandon().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_swap_whose_outcome_cant_be_asked_for_is_unknown() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let mut tx = bucket.begin().await;
    let changes = setting([bucket.upload(&tx, "node@1/any").await]);
    bucket.lose("head.json", true);
    let down = StorageError::Failed { message: "down".to_owned(), help: None };
    bucket.storage.fail_next(Op::Get, "head.json", down, false);
    let outcome = tx.commit(&changes).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Unknown(tx.tx().clone()));
    assert_eq!(bucket.read().await.unwrap().head.tx.as_ref(), Some(tx.tx()));
}

#[tokio::test(start_paused = true)]
async fn a_swap_that_was_applied_unseen_is_found_below_others() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    // Another puts a HEAD of the same generation on top before this one can look.
    let fence = |storage: &MemoryStorage| {
        let mut head = decode_head(&storage.objects()["head.json"]).unwrap();
        let (serial, nonce) = (head.serial + 1, "fence".to_owned());
        (head.kind, head.serial, head.nonce) = (HeadKind::Fence, serial, nonce);
        storage.put_raw("head.json", encode_head(&head).unwrap());
        None
    };
    let base = bucket.read().await;
    let storage = Arc::new(Meddler::new(&bucket.storage, fence));
    let cache = Arc::clone(&bucket.cache) as _;
    let mut tx = Transaction::begin(storage, cache, bucket.author.clone(), base).await.unwrap();
    let changes = setting([bucket.upload(&tx, "node@1/any").await]);
    bucket.lose("head.json", true);
    let head = committed(tx.commit(&changes).await.unwrap());
    assert_eq!((head.serial, head.kind), (2, HeadKind::Commit));
    // The next one stands on what is there now.
    assert_eq!((tx.base().head.serial, tx.base().head.kind), (3, HeadKind::Fence));
    assert_eq!(bucket.read().await.as_ref(), Some(tx.base()));
    let mut next = bucket.begin_on(Some(tx.base().clone())).await.unwrap();
    let changes = setting([bucket.upload(&next, "php@1/any").await]);
    assert_eq!(committed(next.commit(&changes).await.unwrap()).serial, 4);
}

#[tokio::test(start_paused = true)]
async fn what_the_store_refuses_is_not_committed() {
    let bucket = Bucket::new();
    let before = bucket.publish(&["ruby@1/any"]).await;
    let refused = || StorageError::Denied { message: "403 AccessDenied".to_owned(), help: None };
    // HEAD: refused for good, by its first answer.
    let mut tx = bucket.begin().await;
    let changes = setting([bucket.upload(&tx, "node@1/any").await]);
    bucket.storage.fail_next(Op::Put, "head.json", refused(), false);
    let CommitOutcome::NotCommitted(why) = tx.commit(&changes).await.unwrap() else {
        panic!("committed");
    };
    assert!(why.contains("403 AccessDenied"), "{why}");
    // A document: before the commit point.
    let mut tx = bucket.begin().await;
    let changes = setting([bucket.upload(&tx, "node@1/any").await]);
    bucket.storage.fail_next(Op::Put, "index/*", refused(), false);
    let error = tx.commit(&changes).await.unwrap_err();
    assert_eq!(error.code(), Code::STORAGE_DENIED);
    // HEAD went away.
    let mut tx = bucket.begin().await;
    let changes = setting([bucket.upload(&tx, "node@1/any").await]);
    let kept = bucket.storage.objects()["head.json"].clone();
    bucket.storage.remove("head.json");
    let error = tx.commit(&changes).await.unwrap_err();
    assert_eq!(error.code(), Code::STORAGE_DAMAGED);
    bucket.storage.put_raw("head.json", kept);
    assert_eq!(bucket.read().await.unwrap().head, before);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_refuses_a_right_condition_is_told_so() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let mut tx = bucket.begin().await;
    for _ in 0..5 {
        let lie = PutError::Precondition("412".to_owned());
        bucket.storage.fail_next(Op::Put, "head.json", lie, false);
    }
    let CommitOutcome::NotCommitted(why) = tx.commit(&retiring(&["ruby@1/any"])).await.unwrap()
    else {
        panic!("committed");
    };
    assert!(why.contains("did not change"), "{why}");
    assert_eq!(bucket.read().await.unwrap().head.serial, 1);
}

#[tokio::test(start_paused = true)]
async fn the_heads_are_a_chain_of_digests() {
    let bucket = Bucket::new();
    let mut tx = bucket.begin().await;
    let mut before = tx.base().head.clone();
    for n in 1..=70 {
        let record = bucket.upload(&tx, &format!("ruby@{n}/any")).await;
        let head = committed(tx.commit(&setting([record])).await.unwrap());
        let previous = Sha256::of(&encode_head(&before).unwrap());
        assert_eq!(head.prev_head_sha256, Some(previous));
        assert_ne!(head.nonce, before.nonce);
        let bytes = &bucket.storage.objects()[head.r#gen.as_ref().unwrap().key.as_str()];
        let generation = decode_generation(bytes).unwrap();
        assert_eq!(generation.parent, before);
        assert_eq!(generation.serial, n);
        assert_eq!(generation.transactions.len() as u64, n.min(64));
        assert_eq!(generation.transactions.last(), Some(tx.tx()));
        before = head;
        tx = bucket.begin_on(Some(tx.base().clone())).await.unwrap();
    }
    assert_eq!(decode_head(&bucket.storage.objects()["head.json"]).unwrap(), before);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_where_nothing_changes() {
    let bucket = Bucket::new();
    let head = bucket.publish(&["ruby@1/any"]).await;
    let mut tx = bucket.begin().await;
    let same = setting(tx.base().live.values().cloned());
    bucket.storage.clear_ops();
    assert_eq!(committed(tx.commit(&same).await.unwrap()), head);
    assert_eq!(committed(tx.commit(&retiring(&["node@1/any"])).await.unwrap()), head);
    assert_eq!(bucket.storage.ops(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_commits_once() {
    let bucket = Bucket::new();
    let mut tx = bucket.begin().await;
    let ruby = bucket.upload(&tx, "ruby@1/any").await;
    let _head = committed(tx.commit(&setting([ruby])).await.unwrap());
    let node = bucket.upload(&tx, "node@1/any").await;
    bucket.storage.clear_ops();
    assert!(matches!(tx.commit(&setting([node])).await, Err(StateError::Ended)));
    assert_eq!(bucket.storage.ops(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_ones_own_with_other_bytes_stops_everything() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let mut tx = bucket.begin().await;
    let key = ObjectKey::new(format!("index/node/0000000002-{}.json", tx.tx()));
    bucket.storage.put_raw(key.as_str(), "something else");
    let changes = setting([bucket.upload(&tx, "node@1/any").await]);
    let error = tx.commit(&changes).await.unwrap_err();
    assert_eq!(error.code(), Code::STORAGE_DAMAGED);
    assert!(error.to_string().contains(key.as_str()), "{error}");
    assert_eq!(bucket.read().await.unwrap().head.serial, 1);
}

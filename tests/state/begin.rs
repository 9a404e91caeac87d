//! The first apply on a prefix, and who may begin.

use depstate::{
    model::{Code, Conditions, HeadKind, JournalState},
    state::{CommitOutcome, StateError},
    storage::{Op, StorageError},
    wire::objects::{decode_head, decode_journal},
};

use super::fixture::{Bucket, committed, retiring, setting};

#[tokio::test(start_paused = true)]
async fn an_empty_prefix_is_laid_out_step_by_step() {
    let bucket = Bucket::new();
    assert_eq!(bucket.read().await, None);
    let mut tx = bucket.begin().await;
    let all = bucket.storage.ops();
    let (probes, others): (Vec<_>, Vec<_>) = all.iter().partition(|op| op.contains(" probe/"));
    assert!((10..60).contains(&probes.len()), "the store is probed once: {probes:?}");
    assert!(all[5].contains(" probe/"), "before anything is written: {all:?}");
    assert_eq!(
        others[4..],
        [
            "LIST gen/",
            "PUT head.json if-none-match",
            &format!("PUT tx/{}.json if-none-match", tx.tx()),
        ],
        "HEAD, then the journal, before any upload"
    );
    let genesis = decode_head(&bucket.storage.objects()["head.json"]).unwrap();
    let probe = genesis.probe.unwrap();
    assert_eq!((probe.conditions, probe.location.as_str()), (Conditions::Atomic, "memory:"));
    let genesis = decode_head(&bucket.storage.objects()["head.json"]).unwrap();
    assert_eq!((genesis.serial, genesis.r#gen.clone(), genesis.tx.clone()), (0, None, None));
    assert_eq!(genesis.project, "buildpack");
    let ruby = bucket.upload(&tx, "ruby@8u492+9/jammy-amd64").await;
    let node = bucket.upload(&tx, "node@22.1.0/any").await;
    bucket.storage.clear_ops();
    let head = committed(tx.commit(&setting([ruby, node])).await.unwrap());
    assert_eq!((head.serial, &head.lineage), (1, &genesis.lineage));
    let writes = bucket.writes();
    assert_eq!(
        writes[2..],
        [
            "PUT gen/0000000001-TX.json if-none-match",
            "PUT head.json if-match",
            "PUT tx/TX.json if-match",
        ],
        "{writes:?}"
    );
    assert_eq!(
        bucket.keys(),
        [
            "artifacts/node/22.1.0/any/TX/file.tgz",
            "artifacts/ruby/8u492~2b9/jammy-amd64/TX/file.tgz",
            "gen/0000000001-TX.json",
            "head.json",
            "index/node/0000000001-TX.json",
            "index/ruby/0000000001-TX.json",
            "tx/TX.json",
        ]
    );
    let journal = &bucket.storage.objects()[&format!("tx/{}.json", tx.tx())];
    let journal = decode_journal(journal).unwrap();
    assert_eq!((journal.state, journal.base_serial), (JournalState::Done, 0));
    // What was committed is what is read.
    assert_eq!(bucket.read().await.as_ref(), Some(tx.base()));
    assert_eq!(tx.base().live.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn generations_without_a_head_are_damage() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    bucket.storage.remove("head.json");
    bucket.storage.clear_ops();
    let error = bucket.begin_on(None).await.unwrap_err();
    assert_eq!(error.code(), Code::STORAGE_DAMAGED);
    assert!(error.to_string().contains("head.json"), "{error}");
    assert_eq!(bucket.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn who_loses_the_race_for_the_first_head_takes_the_winners() {
    // Both saw no HEAD; the other has even committed since.
    let bucket = Bucket::new();
    let first = bucket.publish(&["ruby@1/any"]).await;
    let mut tx = bucket.begin_on(None).await.unwrap();
    assert_eq!(tx.base().head, first);
    let node = bucket.upload(&tx, "node@1/any").await;
    let second = committed(tx.commit(&setting([node])).await.unwrap());
    assert_eq!((second.serial, &second.lineage), (2, &first.lineage));
    assert_eq!(tx.base().live.len(), 2);

    // Between the look at `gen/` and the write.
    let bucket = Bucket::new();
    let mut other = bucket.clone();
    other.author.project = "other".to_owned();
    let theirs = other.begin().await;
    let error = bucket.begin_on(None).await.unwrap_err();
    assert_eq!(error.code(), Code::NOT_OWNER);
    assert!(error.to_string().contains("`other`"), "{error}");
    theirs.abandon().await;
}

#[tokio::test(start_paused = true)]
async fn lost_answers_at_the_beginning_do_no_harm() {
    for key in ["head.json", "tx/*.json"] {
        for applied in [true, false] {
            let bucket = Bucket::new();
            bucket.lose(key, applied);
            let mut tx = bucket.begin().await;
            let ruby = bucket.upload(&tx, "ruby@1/any").await;
            let head = committed(tx.commit(&setting([ruby])).await.unwrap());
            assert_eq!(head.serial, 1, "{key} {applied}");
            let journals = bucket.keys().iter().filter(|key| key.starts_with("tx/")).count();
            assert_eq!(journals, 1);
        }
    }
    // For ever: nothing was uploaded, and the store's word is told.
    let bucket = Bucket::new();
    for _ in 0..5 {
        bucket.lose("tx/*.json", false);
    }
    let error = bucket.begin_on(None).await.unwrap_err();
    assert!(matches!(error, StateError::Storage { .. }), "{error:?}");
    let writes = bucket.writes();
    assert_eq!(writes.iter().filter(|op| !op.contains(" probe/")).count(), 6, "{writes:?}");
    let denied = StorageError::Denied { message: "403".to_owned(), help: None };
    bucket.storage.fail_next(Op::Put, "tx/*.json", denied, false);
    let error = bucket.begin_on(bucket.read().await).await.unwrap_err();
    assert_eq!(error.code(), Code::STORAGE_DENIED);
}

#[tokio::test(start_paused = true)]
async fn another_project_and_a_newer_format_are_never_written() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    bucket.storage.clear_ops();
    let mut other = bucket.clone();
    other.author.project = "other".to_owned();
    let error = other.begin_on(bucket.read().await).await.unwrap_err();
    assert_eq!(error.code(), Code::NOT_OWNER);
    let mut head = decode_head(&bucket.storage.objects()["head.json"]).unwrap();
    head.format = 2;
    bucket.storage.put_raw("head.json", serde_json::to_vec(&head).unwrap());
    let read = bucket.read().await;
    assert!(read.is_some(), "a newer format may be read");
    let error = bucket.begin_on(read).await.unwrap_err();
    assert_eq!(error.code(), Code::STORE_NEWER);
    assert_eq!(bucket.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn giving_up_marks_the_journal() {
    let bucket = Bucket::new();
    let tx = bucket.begin().await;
    let key = format!("tx/{}.json", tx.tx());
    tx.abandon().await;
    let journal = decode_journal(&bucket.storage.objects()[&key]).unwrap();
    assert_eq!(journal.state, JournalState::Aborted);
    // After an outcome that can't be told it stays open.
    bucket.publish(&["ruby@1/any"]).await;
    let mut tx = bucket.begin().await;
    let key = format!("tx/{}.json", tx.tx());
    // Five sendings of the swap, and five of the fence.
    for _ in 0..10 {
        bucket.lose("head.json", false);
    }
    let outcome = tx.commit(&retiring(&["ruby@1/any"])).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Unknown(tx.tx().clone()));
    tx.abandon().await;
    let journal = decode_journal(&bucket.storage.objects()[&key]).unwrap();
    assert_eq!(journal.state, JournalState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_fence_makes_not_committed_final() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let mut tx = bucket.begin().await;
    for _ in 0..5 {
        bucket.lose("head.json", false);
    }
    let outcome = tx.commit(&retiring(&["ruby@1/any"])).await.unwrap();
    let CommitOutcome::NotCommitted(why) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("reset"), "{why}");
    let found = bucket.read().await.unwrap();
    assert_eq!((found.head.kind, found.head.serial), (HeadKind::Fence, 2));
    assert_eq!(found.live.len(), 1, "what was published is still there");
    assert_ne!(found.head.tx.as_ref(), Some(tx.tx()));
    tx.abandon().await;
    // The next one stands on the fence.
    let mut next = bucket.begin().await;
    let head = committed(next.commit(&retiring(&["ruby@1/any"])).await.unwrap());
    assert_eq!(head.serial, 3);
}

#[tokio::test(start_paused = true)]
async fn an_old_head_is_not_built_upon() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let old = bucket.storage.objects()["head.json"].clone();
    bucket.publish(&["node@1/any"]).await;
    bucket.storage.put_raw("head.json", old);
    bucket.storage.clear_ops();
    let error = bucket.begin_on(bucket.read().await).await.unwrap_err();
    assert_eq!(error.code(), Code::HEAD_WENT_BACK);
    assert!(error.to_string().contains("gen/0000000002-"), "{error}");
    assert_eq!(bucket.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn names_become_keys() {
    let bucket = Bucket::new();
    let tx = bucket.begin().await;
    let address = super::fixture::address("ruby@1.0~rc1/any");
    let key = tx.artifact_key(&address, ".. a/ü.tgz").unwrap();
    let expected = format!("artifacts/ruby/1.0~7erc1/any/{}/~2e.~20a~2f~c3~bc.tgz", tx.tx());
    assert_eq!(key.as_str(), expected);
    for (file, word) in [(String::new(), "no file name"), ("x".repeat(201), "201 bytes")] {
        let error = tx.artifact_key(&address, &file).unwrap_err();
        assert_eq!(error.code(), Code::BAD_NAME);
        assert!(error.to_string().contains(word), "{error}");
        assert!(error.help().unwrap().contains("`file`"));
    }
    assert!(tx.artifact_key(&address, &"x".repeat(200)).is_ok());
}

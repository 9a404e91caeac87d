//! Reading: what it costs, and what is noticed.

use std::sync::Arc;

use depstate::{
    model::Code,
    state::{objects, read},
    storage::{Op, StorageError},
};

use super::fixture::{Bucket, Meddler, MemoryCache, Moving, address, committed, record, setting};

#[tokio::test(start_paused = true)]
async fn ten_thousand_records_cost_two_requests_when_the_cache_is_warm() {
    let bucket = Bucket::new();
    let mut tx = bucket.begin().await;
    let mut records = Vec::new();
    for n in 0..10_000 {
        let address = address(&format!("dep{}@{n}/any", n % 20));
        let key = tx.artifact_key(&address, "file.tgz").unwrap();
        let revision = depstate::model::Revision(format!("r{n}"));
        records.push(record(address, key, revision, "bytes"));
    }
    let _head = committed(tx.commit(&setting(records)).await.unwrap());
    let generation = tx.base().head.r#gen.as_ref().unwrap().key.clone();
    bucket.storage.clear_ops();
    let found = bucket.read().await.unwrap();
    assert_eq!(found.live.len(), 10_000);
    assert_eq!(bucket.storage.ops(), ["GET head.json".to_owned(), format!("GET {generation}")]);

    // Cold: one more for each document, and never twice.
    let cold = Bucket { cache: Arc::default(), ..bucket.clone() };
    bucket.storage.clear_ops();
    assert_eq!(cold.read().await.unwrap(), found);
    assert_eq!(bucket.storage.ops().len(), 22);
    cold.read().await.unwrap();
    assert_eq!(bucket.storage.ops().len(), 24);

    // What rotted in the cache is not believed.
    bucket.cache.rot();
    bucket.storage.clear_ops();
    assert_eq!(bucket.read().await.unwrap(), found);
    assert_eq!(bucket.storage.ops().len(), 22);
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_or_is_missing_is_named() {
    for kind in ["gen/", "index/"] {
        let bucket = Bucket::new();
        bucket.publish(&["ruby@1/any"]).await;
        let key = bucket.storage.objects().into_keys().find(|key| key.starts_with(kind)).unwrap();
        let bytes = bucket.storage.objects()[&key].clone();
        let cache = MemoryCache::default();
        for change in ["{}", "", "\u{0}\u{1}", "[[[[[[[["] {
            bucket.storage.put_raw(&key, change);
            let error = read(&bucket.storage, &cache).await.unwrap_err();
            assert_eq!(error.code(), Code::STORAGE_DAMAGED);
            assert!(error.to_string().contains(&key), "{error}");
        }
        bucket.storage.remove(&key);
        let error = read(&bucket.storage, &cache).await.unwrap_err();
        assert_eq!(error.code(), Code::STORAGE_DAMAGED);
        assert!(error.to_string().contains(&key), "{error}");
        bucket.storage.put_raw(&key, bytes);
        assert!(read(&bucket.storage, &cache).await.unwrap().is_some());
    }
    let bucket = Bucket::new();
    for junk in ["", "{}", "null", "<html>", "{\"format\":1}"] {
        bucket.storage.put_raw("head.json", junk);
        let error = read(&bucket.storage, &*bucket.cache).await.unwrap_err();
        assert_eq!(error.code(), Code::STORAGE_DAMAGED, "{junk}");
    }
    bucket.storage.put_raw("head.json", "{\"format\":2,\"everything\":\"else\"}");
    let error = read(&bucket.storage, &*bucket.cache).await.unwrap_err();
    assert_eq!(error.code(), Code::STORE_NEWER);
    bucket.storage.put_raw("head.json", vec![b' '; 9000]);
    let error = read(&bucket.storage, &*bucket.cache).await.unwrap_err();
    assert_eq!(error.code(), Code::STORAGE_DAMAGED);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_moved_on_is_read_once_more() {
    let bucket = Bucket::new();
    let old = bucket.publish(&["ruby@1/any"]).await;
    let bytes = bucket.storage.objects()["head.json"].clone();
    bucket.publish(&["ruby@2/any"]).await;
    bucket.storage.remove(old.r#gen.unwrap().key.as_str());
    let lagging = Meddler::new(&bucket.storage, move |_| Some(bytes));
    let found = read(&lagging, &*bucket.cache).await.unwrap().unwrap();
    assert_eq!(Some(found), bucket.read().await);
}

/// Another commits whenever something of a generation was read, and a collector takes that away.
#[tokio::test(start_paused = true)]
async fn a_head_that_moves_on_a_few_times_is_no_damage() {
    // With so many moves it is read; one more is given up.
    for (moves, read_at_last) in [(0, true), (1, true), (5, true), (6, false)] {
        let bucket = Bucket::new();
        let mut heads = Vec::new();
        for n in 0..=moves {
            let head = bucket.publish(&[&format!("ruby@{n}/any")]).await;
            heads.push((bucket.storage.objects()["head.json"].clone(), head));
        }
        let (newest, _) = heads.pop().unwrap();
        for (_, head) in &heads {
            bucket.storage.remove(head.r#gen.as_ref().unwrap().key.as_str());
        }
        let mut shown = heads.into_iter().map(|(bytes, _)| bytes).chain([newest]);
        let moving = Moving::new(&bucket.storage, move || shown.next());
        let found = read(&moving, &*bucket.cache).await;
        if read_at_last {
            assert_eq!(found.unwrap().unwrap().head.serial, moves + 1);
        } else {
            assert_eq!(found.unwrap_err().code(), Code::STORAGE_DAMAGED);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn objects_are_listed_whole_or_not() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any", "node@1/any"]).await;
    assert_eq!(objects(&bucket.storage).await.unwrap().len(), 2);
    let down = StorageError::Failed { message: "down".to_owned(), help: None };
    bucket.storage.fail_next(Op::List, "artifacts/", down, false);
    assert_eq!(objects(&bucket.storage).await.unwrap_err().code(), Code::STORAGE_FAILED);
}

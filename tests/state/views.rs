//! Views follow HEAD and never go back.

use depstate::{
    model::{Code, Snapshot},
    state::refresh_views,
    storage::{Op, PutError, StorageError},
};
use serde_json::Value;

use super::fixture::{Bucket, committed, setting};

const PUBLIC: Option<&str> = Some("https://deps.example.com/ruby/");

fn view(bucket: &Bucket, key: &str) -> Value {
    serde_json::from_slice(&bucket.storage.objects()[key]).unwrap()
}

fn urls(view: &Value) -> Vec<&str> {
    view["records"].as_array().unwrap().iter().map(|r| r["url"].as_str().unwrap()).collect()
}

async fn refresh(bucket: &Bucket, snapshot: &Snapshot) -> Vec<String> {
    bucket.storage.clear_ops();
    refresh_views(&bucket.storage, snapshot, PUBLIC, &depstate::state::Chance::system())
        .await
        .unwrap();
    bucket.writes()
}

#[tokio::test(start_paused = true)]
async fn views_are_made_from_what_changed_and_listed_last() {
    let bucket = Bucket::new();
    bucket.publish(&["node@1/any", "ruby@1/any"]).await;
    let first = bucket.read().await.unwrap();
    let writes = refresh(&bucket, &first).await;
    assert_eq!(writes.len(), 3);
    assert_eq!(writes[2], "PUT views/index.json if-none-match");
    let ruby = view(&bucket, "views/ruby.json");
    let key = &first.live[&super::fixture::address("ruby@1/any")].key;
    assert_eq!(urls(&ruby), [format!("https://deps.example.com/ruby/{key}")]);
    assert_eq!(ruby["serial"], 1);
    // Right already: one look, no write.
    assert_eq!(refresh(&bucket, &first).await, [""; 0]);
    assert_eq!(bucket.storage.ops(), ["GET views/index.json"]);
    // One dependency changes.
    bucket.publish(&["ruby@2/any"]).await;
    let second = bucket.read().await.unwrap();
    let writes = refresh(&bucket, &second).await;
    assert_eq!(writes, ["PUT views/ruby.json if-match", "PUT views/index.json if-match"]);
    let list = view(&bucket, "views/index.json");
    assert_eq!(
        (&list["views"]["node"]["serial"], &list["views"]["ruby"]["serial"]),
        (&1.into(), &2.into())
    );
    // An older snapshot changes nothing.
    assert_eq!(refresh(&bucket, &first).await, [""; 0]);
    assert_eq!(urls(&view(&bucket, "views/ruby.json")).len(), 2);
    // A dependency goes: its view is emptied, for whoever still reads it.
    bucket.retire(&["node@1/any"]).await;
    let third = bucket.read().await.unwrap();
    let writes = refresh(&bucket, &third).await;
    assert_eq!(writes, ["PUT views/node.json if-match", "PUT views/index.json if-match"]);
    assert_eq!(urls(&view(&bucket, "views/node.json")), [""; 0]);
    assert_eq!(view(&bucket, "views/index.json")["views"].as_object().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_public_address_views_tell_keys() {
    let bucket = Bucket::new();
    bucket.publish(&["index@1/any"]).await;
    let snapshot = bucket.read().await.unwrap();
    refresh_views(&bucket.storage, &snapshot, None, &depstate::state::Chance::system())
        .await
        .unwrap();
    let key = snapshot.live.values().next().unwrap().key.to_string();
    assert_eq!(urls(&view(&bucket, "views/~index.json")), [key.as_str()]);
    // Another public address: all of them again, at the same serial.
    let writes = refresh(&bucket, &snapshot).await;
    assert_eq!(writes, ["PUT views/~index.json if-match", "PUT views/index.json if-match"]);
    assert_eq!(
        urls(&view(&bucket, "views/~index.json")),
        [format!("https://deps.example.com/ruby/{key}")]
    );
}

#[tokio::test(start_paused = true)]
async fn a_view_that_is_newer_is_left_alone() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let old = bucket.read().await.unwrap();
    bucket.publish(&["ruby@2/any"]).await;
    let new = bucket.read().await.unwrap();
    // The newer writer is killed before the list; the older one comes late.
    bucket.storage.fail_next(
        Op::Put,
        "views/index.json",
        StorageError::Denied { message: "403".to_owned(), help: None },
        false,
    );
    let error = refresh_views(&bucket.storage, &new, PUBLIC, &depstate::state::Chance::system())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::STORAGE_DENIED);
    let writes = refresh(&bucket, &old).await;
    assert_eq!(writes, ["PUT views/index.json if-none-match"]);
    assert_eq!(urls(&view(&bucket, "views/ruby.json")).len(), 2);
    // The next run at HEAD puts the list right, and the view with it if need be.
    refresh(&bucket, &new).await;
    assert_eq!(view(&bucket, "views/index.json")["serial"], 2);
    assert_eq!(urls(&view(&bucket, "views/ruby.json")).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn lost_answers_and_junk_are_gone_over_again() {
    for applied in [true, false] {
        let bucket = Bucket::new();
        bucket.publish(&["ruby@1/any"]).await;
        bucket.storage.put_raw("views/index.json", "junk");
        bucket.lose("views/ruby.json", applied);
        bucket.lose("views/index.json", applied);
        let snapshot = bucket.read().await.unwrap();
        refresh(&bucket, &snapshot).await;
        assert_eq!(view(&bucket, "views/ruby.json")["serial"], 1);
        assert_eq!(view(&bucket, "views/index.json")["serial"], 1);
    }
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    for _ in 0..5 {
        let busy = PutError::Conflict("409".to_owned());
        bucket.storage.fail_next(Op::Put, "views/ruby.json", busy, false);
    }
    let snapshot = bucket.read().await.unwrap();
    let error =
        refresh_views(&bucket.storage, &snapshot, PUBLIC, &depstate::state::Chance::system())
            .await
            .unwrap_err();
    assert!(error.to_string().contains("views/ruby.json"), "{error}");
    assert!(!bucket.storage.objects().contains_key("views/index.json"));
}

#[tokio::test(start_paused = true)]
async fn a_prefix_that_was_begun_anew_gets_new_views() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    bucket.publish(&["ruby@2/any"]).await;
    let snapshot = bucket.read().await.unwrap();
    refresh(&bucket, &snapshot).await;
    for key in bucket.storage.objects().into_keys().filter(|key| !key.starts_with("views/")) {
        bucket.storage.remove(&key);
    }
    let mut tx = bucket.begin().await;
    let record = bucket.upload(&tx, "node@1/any").await;
    let _head = committed(tx.commit(&setting([record])).await.unwrap());
    refresh(&bucket, tx.base()).await;
    let list = view(&bucket, "views/index.json");
    assert_eq!(list["views"].as_object().unwrap().keys().collect::<Vec<_>>(), ["node"]);
    // Before anything is committed there is nothing to show.
    let bucket = Bucket::new();
    let tx = bucket.begin().await;
    assert_eq!(refresh(&bucket, tx.base()).await, [""; 0]);
}

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

/// What is written where one dependency changed, the list last.
fn written(id: &str, how: &str) -> Vec<String> {
    let follow = [format!("views/dependency/{id}.json"), "views/feed.atom".to_owned()];
    std::iter::once(format!("views/{id}.json"))
        .chain(follow)
        .chain(["views/sbom.cdx.json".to_owned(), "views/index.json".to_owned()])
        .map(|key| format!("PUT {key} {how}"))
        .collect()
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
    let (mut stamped, mut rest) = (writes[..2].to_vec(), writes[2..].to_vec());
    stamped.sort();
    assert_eq!(
        stamped.iter().map(|it| it.split(' ').nth(1).unwrap()).collect::<Vec<_>>(),
        ["views/node.json", "views/ruby.json"]
    );
    assert_eq!(rest.pop().unwrap(), "PUT views/index.json if-none-match");
    rest.sort();
    assert_eq!(
        rest,
        [
            "PUT views/dependency/node.json if-none-match",
            "PUT views/dependency/ruby.json if-none-match",
            "PUT views/feed.atom if-none-match",
            "PUT views/sbom.cdx.json if-none-match",
        ]
    );
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
    assert_eq!(writes, written("ruby", "if-match"));
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
    assert_eq!(writes, written("node", "if-match"));
    assert_eq!(view(&bucket, "views/dependency/node.json"), Value::Array(Vec::new()));
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
    assert_eq!(writes.first().unwrap(), "PUT views/~index.json if-match");
    assert_eq!(writes.last().unwrap(), "PUT views/index.json if-match");
    assert_eq!(writes.len(), 5);
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
    // The feed and what follows the view were written by the newer one too.
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

#[tokio::test(start_paused = true)]
async fn views_of_an_older_depstate_are_completed() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let snapshot = bucket.read().await.unwrap();
    refresh(&bucket, &snapshot).await;
    let mut list = view(&bucket, "views/index.json");
    for name in ["feed", "sbom"] {
        assert!(list.as_object_mut().unwrap().remove(name).is_some());
    }
    bucket.storage.put_raw("views/index.json", list.to_string());
    for key in ["views/feed.atom", "views/sbom.cdx.json", "views/dependency/ruby.json"] {
        bucket.storage.remove(key);
    }
    let stale = depstate::state::stale_views(&bucket.storage, &snapshot, PUBLIC).await.unwrap();
    assert_eq!(stale, 1);
    let writes = refresh(&bucket, &snapshot).await;
    assert_eq!(writes.len(), 4, "the view itself is right: {writes:?}");
    let stale = depstate::state::stale_views(&bucket.storage, &snapshot, PUBLIC).await.unwrap();
    assert_eq!(stale, 0);
    assert_eq!(refresh(&bucket, &snapshot).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_follower_without_a_serial_goes_by_its_view() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let old = bucket.read().await.unwrap();
    bucket.publish(&["ruby@2/any"]).await;
    let new = bucket.read().await.unwrap();
    refresh(&bucket, &new).await;
    // The list is lost, so the older writer does not see at once that it is late.
    bucket.storage.remove("views/index.json");
    let writes = refresh(&bucket, &old).await;
    assert_eq!(writes, ["PUT views/index.json if-none-match"]);
    let uris = view(&bucket, "views/dependency/ruby.json");
    assert_eq!(uris.as_array().unwrap().len(), 2);
    // Of an array that is not there nobody knows more than its view: the newer writer makes it.
    bucket.storage.remove("views/dependency/ruby.json");
    bucket.storage.remove("views/index.json");
    refresh(&bucket, &old).await;
    assert!(!bucket.storage.objects().contains_key("views/dependency/ruby.json"));
    refresh(&bucket, &new).await;
    assert!(bucket.storage.objects().contains_key("views/dependency/ruby.json"));
}

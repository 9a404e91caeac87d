//! The store in memory: what it adds to the contract for the tests that use it.

use bytes::Bytes;
use depstate::storage::{
    MemoryStorage, Op, Precondition, PutError, StorageError, StorageReader as _, StorageWriter as _,
};

use super::stores::{key, keys};

async fn create(store: &MemoryStorage, name: &str) -> Result<(), PutError> {
    store.put(&key(name), Bytes::from("x"), Precondition::Absent).await.map(drop)
}

#[tokio::test]
async fn requests_are_kept_in_order() {
    let store = MemoryStorage::new();
    create(&store, "head.json").await.unwrap();
    let meta = store.head(&key("head.json")).await.unwrap().unwrap();
    let precondition = Precondition::Matches(meta.revision);
    store.put(&key("head.json"), Bytes::from("y"), precondition).await.unwrap();
    let mut upload = store.upload(&key("artifacts/a")).await.unwrap();
    upload.write(Bytes::from("z")).await.unwrap();
    upload.finish(Precondition::Absent).await.unwrap();
    keys(&store, "artifacts/").await;
    assert_eq!(
        store.ops(),
        [
            "PUT head.json if-none-match",
            "HEAD head.json",
            "PUT head.json if-match",
            "BEGIN artifacts/a",
            "PART artifacts/a",
            "COMPLETE artifacts/a if-none-match",
            "LIST artifacts/",
        ]
    );
    store.clear_ops();
    assert!(store.ops().is_empty());
}

#[tokio::test]
async fn a_key_is_never_used_twice() {
    let store = MemoryStorage::new();
    create(&store, "gen/1.json").await.unwrap();
    store.delete(&key("gen/1.json")).await.unwrap();
    let again = create(&store, "gen/1.json").await;
    assert!(matches!(again, Err(PutError::Refused(_))), "{again:?}");
    // An accident is no deletion of ours.
    create(&store, "gen/2.json").await.unwrap();
    assert!(store.remove("gen/2.json"));
    create(&store, "gen/2.json").await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_leaves_the_write() {
    let store = MemoryStorage::new();
    let lost = || PutError::Unknown("reset".to_owned());
    store.fail_next(Op::Put, "head.json", lost(), true);
    assert!(matches!(create(&store, "gen/1.json").await, Ok(())));
    assert!(matches!(create(&store, "head.json").await, Err(PutError::Unknown(_))));
    assert_eq!(store.objects()["head.json"], "x");
    store.fail_next(Op::Put, "views/*", lost(), false);
    assert!(matches!(create(&store, "views/a.json").await, Err(PutError::Unknown(_))));
    assert!(!store.objects().contains_key("views/a.json"));
    create(&store, "views/a.json").await.unwrap();
}

#[tokio::test]
async fn a_fault_waits_for_its_turn() {
    let store = MemoryStorage::new();
    let denied = StorageError::Denied { message: "no".to_owned(), help: None };
    store.fail_nth(Op::Head, "*", 3, denied, false);
    let ask = async || store.head(&key("head.json")).await.is_ok();
    assert_eq!([ask().await, ask().await, ask().await, ask().await], [true, true, false, true]);
}

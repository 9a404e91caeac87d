//! The contract of a store, held by every driver.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use depstate::{
    model::{ObjectMeta, Sha256},
    storage::{Precondition, PutError, StorageWriter},
};
use futures::{StreamExt as _, TryStreamExt as _};

use super::stores::{by_a_program, in_bucket, in_folder, in_memory, key, keys, noise, text};

type Store = Arc<dyn StorageWriter>;

macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod memory { $( #[tokio::test(flavor = "multi_thread")] async fn $name() {
            let (store, _guard) = super::in_memory();
            super::$name(store).await;
        } )* }
        mod fs { $( #[tokio::test(flavor = "multi_thread")] async fn $name() {
            let (store, _guard) = super::in_folder();
            super::$name(store).await;
        } )* }
        mod s3 { $( #[tokio::test(flavor = "multi_thread")] async fn $name() {
            let (store, _guard) = super::in_bucket();
            super::$name(store).await;
        } )* }
        mod external { $( #[tokio::test(flavor = "multi_thread")] async fn $name() {
            let (store, _guard) = super::by_a_program().await;
            super::$name(store).await;
        } )* }

        /// Holds the stores that are opened, one for each name, to all of it, at the same time.
        pub(super) fn all(
            open: impl Fn(&'static str) -> Store,
        ) -> Vec<(&'static str, tokio::task::JoinHandle<()>)> {
            vec![$( {
                let store = open(stringify!($name));
                let here = tokio::runtime::Handle::current();
                let task = tokio::task::spawn_blocking(move || here.block_on($name(store)));
                (stringify!($name), task)
            }, )*]
        }
    };
}

contract!(
    nothing_is_there_at_first,
    a_key_is_created_once,
    one_of_many_creates,
    a_write_needs_the_state_it_saw,
    no_increment_is_lost,
    an_answer_is_of_one_state,
    a_part_of_an_object,
    a_listing_is_whole_and_in_order,
    a_listing_can_begin_after_a_key,
    an_upload_is_seen_when_it_is_finished,
    an_upload_may_be_empty,
    an_upload_that_comes_late_changes_nothing,
    an_upload_can_replace_the_state_it_saw,
    an_aborted_upload_leaves_nothing,
    an_unfinished_upload_can_be_thrown_away,
    deleting_twice_is_fine,
);

async fn put(store: &Store, name: &str, body: &str) -> ObjectMeta {
    store.put(&key(name), Bytes::from(body.to_owned()), Precondition::Absent).await.unwrap()
}

async fn nothing_is_there_at_first(store: Store) {
    assert_eq!(store.head(&key("head.json")).await.unwrap(), None);
    assert!(store.get(&key("head.json"), None).await.unwrap().is_none());
    assert!(keys(&*store, "").await.is_empty());
    assert!(keys(&*store, "artifacts/node/").await.is_empty());
    assert_eq!(store.unfinished("").count().await, 0);
}

async fn a_key_is_created_once(store: Store) {
    let first = put(&store, "gen/0000000001-T.json", "{\"n\":1}").await;
    assert_eq!(first.size, 7);
    let name = key("gen/0000000001-T.json");
    let again = store.put(&name, Bytes::from("{}"), Precondition::Absent).await;
    assert!(matches!(again, Err(PutError::Precondition(_))), "{again:?}");
    let object = store.get(&name, None).await.unwrap().unwrap();
    assert_eq!(object.meta.revision, first.revision);
    assert_eq!(object.meta.size, 7);
    assert_eq!(text(object).await, "{\"n\":1}");
    assert_eq!(store.head(&name).await.unwrap().unwrap().revision, first.revision);
    let listed: Vec<_> = store.list("gen/").try_collect().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].0, &listed[0].1.revision), (&name, &first.revision));
    // Of an artifact as well, where a driver may make revisions in another way.
    let artifact = put(&store, "artifacts/a/1/any/T/a.tgz", "bytes").await;
    let head = store.head(&key("artifacts/a/1/any/T/a.tgz")).await.unwrap().unwrap();
    assert_eq!((head.size, head.revision), (5, artifact.revision.clone()));
    let listed: Vec<_> = store.list("artifacts/").try_collect().await.unwrap();
    assert_eq!(listed[0].1.revision, artifact.revision);
}

async fn one_of_many_creates(store: Store) {
    let tries = (0..16).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let body = Bytes::from(format!("writer {n}"));
            (n, store.put(&key("head.json"), body, Precondition::Absent).await)
        })
    });
    let mut winners = Vec::new();
    for outcome in futures::future::join_all(tries).await {
        match outcome.unwrap() {
            (n, Ok(_)) => winners.push(n),
            (_, Err(PutError::Precondition(_) | PutError::Conflict(_))) => {}
            (n, Err(e)) => panic!("writer {n}: {e}"),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    let object = store.get(&key("head.json"), None).await.unwrap().unwrap();
    assert_eq!(text(object).await, format!("writer {}", winners[0]));
}

async fn a_write_needs_the_state_it_saw(store: Store) {
    let head = key("head.json");
    let write = |body: &'static str, at: &ObjectMeta| {
        let precondition = Precondition::Matches(at.revision.clone());
        let (store, head) = (Arc::clone(&store), head.clone());
        async move { store.put(&head, Bytes::from(body), precondition).await }
    };
    let first = put(&store, "head.json", "first").await;
    let second = write("second", &first).await.unwrap();
    assert_ne!(second.revision, first.revision);
    assert_eq!(store.head(&head).await.unwrap().unwrap().revision, second.revision);
    let late = write("late", &first).await;
    assert!(matches!(late, Err(PutError::Precondition(_))), "{late:?}");
    let object = store.get(&head, None).await.unwrap().unwrap();
    assert_eq!(text(object).await, "second");
    let precondition = Precondition::Matches(second.revision);
    let gone = store.put(&key("views/none.json"), Bytes::from("x"), precondition).await;
    assert!(matches!(gone, Err(PutError::Missing(_))), "{gone:?}");
    assert_eq!(store.head(&key("views/none.json")).await.unwrap(), None);
}

async fn no_increment_is_lost(store: Store) {
    const WRITERS: u64 = 16;
    const EACH: u64 = 6;
    put(&store, "head.json", "0").await;
    let writers = (0..WRITERS).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut done = 0;
            while done < EACH {
                let object = store.get(&key("head.json"), None).await.unwrap().unwrap();
                let precondition = Precondition::Matches(object.meta.revision.clone());
                let next = text(object).await.parse::<u64>().unwrap() + 1;
                let body = Bytes::from(next.to_string());
                match store.put(&key("head.json"), body, precondition).await {
                    Ok(_) => done += 1,
                    Err(PutError::Precondition(_) | PutError::Conflict(_)) => {}
                    Err(e) => panic!("{e}"),
                }
            }
        })
    });
    for writer in futures::future::join_all(writers).await {
        writer.unwrap();
    }
    let object = store.get(&key("head.json"), None).await.unwrap().unwrap();
    assert_eq!(text(object).await, (WRITERS * EACH).to_string());
}

async fn an_answer_is_of_one_state(store: Store) {
    let name = key("views/index.json");
    // Small and large in turn: a driver may read them in other ways.
    let body =
        |n: usize| Bytes::from(n.to_string().repeat(if n.is_multiple_of(2) { 40 } else { 50_000 }));
    let mut meta = store.put(&name, body(10), Precondition::Absent).await.unwrap();
    let mut written = BTreeMap::from([(meta.revision.clone(), body(10))]);
    let reader = {
        let (store, name) = (Arc::clone(&store), name.clone());
        tokio::spawn(async move {
            let mut read = Vec::new();
            for _ in 0..150 {
                let object = store.get(&name, None).await.unwrap().unwrap();
                let (revision, size) = (object.meta.revision.clone(), object.meta.size);
                let bytes = object.body.collect(1 << 20).await.unwrap();
                assert_eq!(size, bytes.len() as u64);
                read.push((revision, bytes));
            }
            read
        })
    };
    for n in 11..90 {
        let precondition = Precondition::Matches(meta.revision);
        meta = store.put(&name, body(n), precondition).await.unwrap();
        written.insert(meta.revision.clone(), body(n));
    }
    for (revision, bytes) in reader.await.unwrap() {
        assert!(written[&revision] == bytes, "other bytes than were written at {revision:?}");
    }
}

async fn a_part_of_an_object(store: Store) {
    for name in ["gen/small.json", "artifacts/large.bin"] {
        let size = if name.starts_with("gen") { 1_000 } else { 700_000 };
        let bytes = noise(size);
        store.put(&key(name), bytes.clone(), Precondition::Absent).await.unwrap();
        let whole = size as u64;
        let cases =
            [0..10, 5..8, whole - 3..whole, 0..whole, 7..whole + 100, 3..3, whole..whole + 5];
        for range in cases {
            let part = store.get(&key(name), Some(range.clone())).await.unwrap().unwrap();
            assert_eq!(part.meta.size, whole, "{name} {range:?}");
            let got = part.body.collect(1 << 20).await.unwrap();
            let index = |n: u64| usize::try_from(n.min(whole)).unwrap();
            let wanted = bytes.slice(index(range.start)..index(range.end).max(index(range.start)));
            assert!(got == wanted, "{name} {range:?}: {} bytes", got.len());
        }
    }
    assert!(store.get(&key("gen/none.json"), Some(0..4)).await.unwrap().is_none());
}

async fn a_listing_is_whole_and_in_order(store: Store) {
    const MANY: usize = 2_500;
    // A slash sorts behind `-` and `.`: an order by folders is not the order of keys.
    let mut wanted: Vec<String> = ["a-b/x", "a/x", "a.b/x", "a/x-y/z", "a/x.json", "a~2b/x"]
        .iter()
        .map(|name| format!("artifacts/{name}"))
        .collect();
    wanted.extend((0..MANY).map(|n| {
        format!("artifacts/node/{}.{}.0/any/01J{n:05}/node.tar.xz", n % 50, (n * 7_919) % MANY)
    }));
    wanted.push("artifactsX/never".to_owned());
    let writes = wanted.iter().map(|name| put(&store, name, name));
    futures::stream::iter(writes).buffer_unordered(32).collect::<Vec<_>>().await;
    wanted.sort();
    assert_eq!(keys(&*store, "").await, wanted);
    for prefix in ["artifacts/", "artifacts/node/1", "artifacts/node/7.", "artifacts/a", "zzz"] {
        let fitting: Vec<_> =
            wanted.iter().filter(|name| name.starts_with(prefix)).cloned().collect();
        assert_eq!(keys(&*store, prefix).await, fitting, "{prefix}");
    }
    let sizes: Vec<_> = store.list("artifacts/").try_collect().await.unwrap();
    assert!(sizes.iter().all(|(key, meta)| meta.size == key.as_str().len() as u64));
    // Whoever stops early is not waited for.
    assert_eq!(store.list("").take(3).count().await, 3);
}

async fn a_listing_can_begin_after_a_key(store: Store) {
    let mut all: Vec<String> = (1..=1_200).map(|n| format!("gen/{n:010}-T.json")).collect();
    // Before and behind, and where a slash sorts behind other bytes.
    all.extend(["gem/x", "gen-1/x", "gen.json", "genx/x", "head.json"].map(ToOwned::to_owned));
    let writes = all.iter().map(|name| put(&store, name, "x"));
    futures::stream::iter(writes).buffer_unordered(32).collect::<Vec<_>>().await;
    all.sort();
    for (prefix, after) in [
        ("gen/", "gen/0000000000"),
        ("gen/", "gen/0000000007-T.json"),
        // Names that no object has: a serial, and what lies behind all of it.
        ("gen/", "gen/0000000100"),
        ("gen/", "gen/0000000100~"),
        // More than a page is left, and less.
        ("gen/", "gen/0000000100-T.json"),
        ("gen/", "gen/0000001199-T.json"),
        ("gen/", "gen/0000001200-T.json"),
        ("gen/", "gen/~"),
        // A beginning that lies before, or behind, all that the prefix has.
        ("gen/", "a"),
        ("gen/", "head.json"),
        ("gen", "gen-1/x"),
        ("", "gen/0000001190-T.json"),
        ("", "zzz"),
        ("gen/", ""),
    ] {
        let wanted: Vec<&String> =
            all.iter().filter(|name| name.starts_with(prefix) && name.as_str() > after).collect();
        let found: Vec<String> = store
            .list_after(prefix, after)
            .map_ok(|(key, _)| key.as_str().to_owned())
            .try_collect()
            .await
            .unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), wanted, "`{prefix}` after `{after}`");
    }
}

async fn an_upload_is_seen_when_it_is_finished(store: Store) {
    let name = key("artifacts/node/22.11.0/any/T/node.tar.xz");
    let bytes = noise(19 * 1024 * 1024 + 123);
    let mut upload = store.upload(&name).await.unwrap();
    let mut rest = bytes.clone();
    let mut step = 1;
    while !rest.is_empty() {
        // Chunks of all sizes, as a network gives them.
        step = (step * 7 + 11) % 400_000 + 1;
        upload.write(rest.split_to(step.min(rest.len()))).await.unwrap();
    }
    assert_eq!(store.head(&name).await.unwrap(), None);
    assert!(keys(&*store, "").await.is_empty());
    let open: Vec<_> = store.unfinished("artifacts/node/").try_collect().await.unwrap();
    assert_eq!(open.iter().map(|upload| &upload.key).collect::<Vec<_>>(), [&name]);
    assert!(open[0].begun.is_some());
    assert_eq!(store.unfinished("artifacts/php/").count().await, 0);
    let meta = upload.finish(Precondition::Absent).await.unwrap();
    assert_eq!(meta.size, bytes.len() as u64);
    assert_eq!(store.unfinished("").count().await, 0);
    let object = store.get(&name, None).await.unwrap().unwrap();
    assert_eq!((object.meta.size, &object.meta.revision), (meta.size, &meta.revision));
    assert_eq!(object.body.size, Some(meta.size));
    let read = object.body.collect(1 << 30).await.unwrap();
    assert_eq!(Sha256::of(&read), Sha256::of(&bytes));
    let listed: Vec<_> = store.list("").try_collect().await.unwrap();
    assert_eq!((&listed[0].0, &listed[0].1.revision), (&name, &meta.revision));
}

async fn an_upload_may_be_empty(store: Store) {
    let upload = store.upload(&key("artifacts/empty")).await.unwrap();
    let meta = upload.finish(Precondition::Absent).await.unwrap();
    assert_eq!(meta.size, 0);
    let object = store.get(&key("artifacts/empty"), None).await.unwrap().unwrap();
    assert_eq!(text(object).await, "");
    put(&store, "views/empty.json", "").await;
    assert_eq!(store.head(&key("views/empty.json")).await.unwrap().unwrap().size, 0);
}

async fn an_upload_that_comes_late_changes_nothing(store: Store) {
    let name = key("artifacts/a.tgz");
    let mut upload = store.upload(&name).await.unwrap();
    upload.write(Bytes::from("late")).await.unwrap();
    put(&store, "artifacts/a.tgz", "early").await;
    let late = upload.finish(Precondition::Absent).await;
    assert!(matches!(late, Err(PutError::Precondition(_))), "{late:?}");
    let object = store.get(&name, None).await.unwrap().unwrap();
    assert_eq!(text(object).await, "early");
    assert_eq!(store.unfinished("").count().await, 0, "what was sent is thrown away");
}

async fn an_upload_can_replace_the_state_it_saw(store: Store) {
    let name = key("views/feed.json");
    let first = put(&store, "views/feed.json", "first").await;
    let mut upload = store.upload(&name).await.unwrap();
    upload.write(Bytes::from("second")).await.unwrap();
    let second = upload.finish(Precondition::Matches(first.revision.clone())).await.unwrap();
    assert_eq!(store.head(&name).await.unwrap().unwrap().revision, second.revision);
    let upload = store.upload(&name).await.unwrap();
    let late = upload.finish(Precondition::Matches(first.revision)).await;
    assert!(matches!(late, Err(PutError::Precondition(_))), "{late:?}");
    let upload = store.upload(&key("views/none.json")).await.unwrap();
    let gone = upload.finish(Precondition::Matches(second.revision)).await;
    assert!(matches!(gone, Err(PutError::Missing(_))), "{gone:?}");
    let object = store.get(&name, None).await.unwrap().unwrap();
    assert_eq!(text(object).await, "second");
}

async fn an_aborted_upload_leaves_nothing(store: Store) {
    let mut upload = store.upload(&key("artifacts/a.tgz")).await.unwrap();
    upload.write(noise(9 * 1024 * 1024)).await.unwrap();
    upload.abort().await.unwrap();
    assert_eq!(store.unfinished("").count().await, 0);
    assert!(keys(&*store, "").await.is_empty());
    put(&store, "artifacts/a.tgz", "another").await;
}

async fn an_unfinished_upload_can_be_thrown_away(store: Store) {
    let mut upload = store.upload(&key("artifacts/x/T/a.tgz")).await.unwrap();
    upload.write(noise(9 * 1024 * 1024)).await.unwrap();
    let open: Vec<_> = store.unfinished("artifacts/").try_collect().await.unwrap();
    assert_eq!(open.len(), 1);
    store.discard(&open[0]).await.unwrap();
    store.discard(&open[0]).await.unwrap();
    assert_eq!(store.unfinished("").count().await, 0);
    assert!(upload.finish(Precondition::Absent).await.is_err());
    assert!(keys(&*store, "").await.is_empty());
}

async fn deleting_twice_is_fine(store: Store) {
    put(&store, "artifacts/x/a.tgz", "a").await;
    put(&store, "artifacts/x/b.tgz", "b").await;
    for _ in 0..2 {
        store.delete(&key("artifacts/x/a.tgz")).await.unwrap();
        assert_eq!(keys(&*store, "").await, ["artifacts/x/b.tgz"]);
    }
    store.delete(&key("never/there")).await.unwrap();
}

//! Promises of a store: single objects.

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};

use super::{Scratch, Tried, ensure, noise};
use crate::storage::{Precondition, StorageWriter};

pub(super) async fn empty(store: &dyn StorageWriter) -> Tried {
    let first = store.list("").next().await.transpose()?;
    if let Some((key, _)) = first {
        return Err(format!("`{key}` is there; name an empty place, which nobody else uses").into());
    }
    let begun: Vec<_> = store.unfinished("").try_collect().await?;
    ensure!(begun.is_empty(), "there is an unfinished upload of `{}`", begun[0].key);
    Ok(())
}

pub(super) async fn absent(scratch: Scratch) -> Tried {
    let (store, key) = (&scratch.store, scratch.key("none.json"));
    ensure!(store.head(&key).await?.is_none(), "`head` finds it");
    ensure!(store.get(&key, None).await?.is_none(), "`get` finds it");
    ensure!(store.get(&key, Some(0..4)).await?.is_none(), "`get` finds a part of it");
    ensure!(
        scratch.keys("", "").await?.is_empty(),
        "something is listed where nothing was written"
    );
    ensure!(store.unfinished(&scratch.folder).count().await == 0, "an upload is there");
    Ok(())
}

pub(super) async fn read_back(scratch: Scratch) -> Tried {
    let store = &scratch.store;
    for (name, body) in [("gen/1-T.json", "{\"n\":1}"), ("artifacts/a/1/any/T/a.tgz", "bytes")] {
        let key = scratch.key(name);
        let written = store.put(&key, Bytes::from(body), Precondition::Absent).await?;
        let size = body.len() as u64;
        ensure!(written.size == size, "`put` says {} bytes of {size}", written.size);
        let Some(said) = store.head(&key).await? else { return Err("`head` finds nothing".into()) };
        ensure!(said.revision == written.revision, "`head` and `put` tell different revisions");
        let Some(object) = store.get(&key, None).await? else {
            return Err("`get` finds nothing".into());
        };
        ensure!(
            object.meta.revision == written.revision,
            "`get` and `put` tell different revisions"
        );
        ensure!(object.meta.size == size, "`get` says {} bytes of {size}", object.meta.size);
        let read = object.body.collect(1 << 20).await?;
        ensure!(read == body, "other bytes are read than were written");
        let listed: Vec<_> = store.list(key.as_str()).try_collect().await?;
        ensure!(listed.len() == 1 && listed[0].0 == key, "it is not listed once");
        ensure!(
            listed[0].1.revision == written.revision,
            "`list` and `put` tell different revisions"
        );
        ensure!(listed[0].1.size == size, "`list` says {} bytes of {size}", listed[0].1.size);
    }
    Ok(())
}

pub(super) async fn parts(scratch: Scratch) -> Tried {
    let store = &scratch.store;
    for (name, size) in [("small.json", 1_000_usize), ("large.bin", 700_000)] {
        let (key, bytes) = (scratch.key(name), noise(size));
        store.put(&key, bytes.clone(), Precondition::Absent).await?;
        let whole = size as u64;
        let ranges =
            [0..10, 5..8, whole - 3..whole, 0..whole, 7..whole + 100, 3..3, whole..whole + 5];
        for range in ranges {
            let Some(part) = store.get(&key, Some(range.clone())).await? else {
                return Err(format!("bytes {range:?} of {size}: nothing is found").into());
            };
            ensure!(part.meta.size == whole, "bytes {range:?}: the size of the whole is not said");
            let got = part.body.collect(1 << 20).await?;
            let index = |n: u64| usize::try_from(n.min(whole)).unwrap_or(size);
            let wanted = bytes.slice(index(range.start)..index(range.end).max(index(range.start)));
            ensure!(got == wanted, "bytes {range:?} of {size}: {} other bytes come", got.len());
        }
    }
    Ok(())
}

pub(super) async fn sizes(scratch: Scratch) -> Tried {
    for size in [0, 1, 65_536, 65_537, 262_144, 262_145, 1_048_576, 1_048_577, 3_000_001] {
        let (key, bytes) = (scratch.key(&format!("{size}.bin")), noise(size));
        scratch.store.put(&key, bytes.clone(), Precondition::Absent).await?;
        let Some(object) = scratch.store.get(&key, None).await? else {
            return Err(format!("{size} bytes: nothing is found").into());
        };
        let got = object.body.collect(8 << 20).await?;
        ensure!(got == bytes, "{size} bytes: {} other bytes come", got.len());
    }
    Ok(())
}

pub(super) async fn deleted(scratch: Scratch) -> Tried {
    let store = &scratch.store;
    let (gone, stays) = (scratch.key("x/a.tgz"), scratch.key("x/b.tgz"));
    for key in [&gone, &stays] {
        store.put(key, Bytes::from_static(b"x"), Precondition::Absent).await?;
    }
    for _ in 0..2 {
        store.delete(&gone).await?;
        ensure!(scratch.keys("", "").await? == ["x/b.tgz"], "not just the other is left");
        ensure!(store.head(&gone).await?.is_none(), "`head` still finds it");
    }
    store.delete(&scratch.key("never/there")).await?;
    Ok(())
}

/// Removes what the other promises have left.
pub(super) async fn clean(store: &dyn StorageWriter) -> Tried {
    let begun: Vec<_> = store.unfinished("depstate-test/").try_collect().await?;
    for upload in &begun {
        store.discard(upload).await?;
    }
    let keys: Vec<_> = store.list("depstate-test/").map_ok(|(key, _)| key).try_collect().await?;
    for key in &keys {
        store.delete(key).await?;
    }
    empty(store).await
}

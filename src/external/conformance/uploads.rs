//! Promises of a store: large objects, written in pieces.

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};

use super::{Scratch, Stop, Tried, ensure, noise};
use crate::{
    model::Sha256,
    storage::{Precondition, PutError, UploadRef},
};

async fn begun(scratch: &Scratch) -> Result<Vec<UploadRef>, Stop> {
    Ok(scratch.store.unfinished(&scratch.folder).try_collect().await?)
}

pub(super) async fn finished(scratch: Scratch) -> Tried {
    let (store, key) = (&scratch.store, scratch.key("artifacts/n/1/any/T/n.tar.xz"));
    let bytes = noise(9 * 1024 * 1024 + 123);
    let mut upload = store.upload(&key).await?;
    let mut rest = bytes.clone();
    let mut step = 1;
    while !rest.is_empty() {
        // Chunks of all sizes, as a network gives them.
        step = (step * 7 + 11) % 400_000 + 1;
        upload.write(rest.split_to(step.min(rest.len()))).await?;
    }
    ensure!(store.head(&key).await?.is_none(), "it is seen before it is finished");
    ensure!(scratch.keys("", "").await?.is_empty(), "it is listed before it is finished");
    let open = begun(&scratch).await?;
    ensure!(open.len() == 1 && open[0].key == key, "it is not listed as unfinished");
    ensure!(open[0].begun.is_some(), "when it was begun is not said");
    let elsewhere = format!("{}other/", scratch.folder);
    ensure!(store.unfinished(&elsewhere).count().await == 0, "it is listed below another prefix");
    let meta = upload.finish(Precondition::Absent).await?;
    ensure!(meta.size == bytes.len() as u64, "it has {} bytes, it says", meta.size);
    ensure!(begun(&scratch).await?.is_empty(), "it is still listed as unfinished");
    let Some(object) = store.get(&key, None).await? else { return Err("it is not there".into()) };
    ensure!(object.meta.revision == meta.revision, "`get` and `finish` tell different revisions");
    let read = object.body.collect(1 << 26).await?;
    ensure!(Sha256::of(&read) == Sha256::of(&bytes), "other bytes are read than were written");
    Ok(())
}

pub(super) async fn empty(scratch: Scratch) -> Tried {
    let key = scratch.key("empty");
    let upload = scratch.store.upload(&key).await?;
    let meta = upload.finish(Precondition::Absent).await?;
    ensure!(meta.size == 0, "it has {} bytes, it says", meta.size);
    ensure!(scratch.store.head(&key).await?.is_some_and(|meta| meta.size == 0), "it is not there");
    Ok(())
}

pub(super) async fn late(scratch: Scratch) -> Tried {
    let (store, key) = (&scratch.store, scratch.key("a.tgz"));
    let mut upload = store.upload(&key).await?;
    upload.write(Bytes::from("late")).await?;
    store.put(&key, Bytes::from("early"), Precondition::Absent).await?;
    match upload.finish(Precondition::Absent).await {
        Err(PutError::Precondition(_)) => {}
        Err(error) => return Err(format!("not the error 10, but {error}").into()),
        Ok(_) => return Err("it replaced what came before it".into()),
    }
    let Some(object) = store.get(&key, None).await? else { return Err("it is gone".into()) };
    ensure!(object.body.collect(100).await? == "early", "it has other bytes now");
    ensure!(begun(&scratch).await?.is_empty(), "what was sent is not thrown away");
    Ok(())
}

pub(super) async fn replaces(scratch: Scratch) -> Tried {
    let (store, key) = (&scratch.store, scratch.key("feed.json"));
    let first = store.put(&key, Bytes::from("first"), Precondition::Absent).await?;
    let mut upload = store.upload(&key).await?;
    upload.write(Bytes::from("second")).await?;
    let second = upload.finish(Precondition::Matches(first.revision.clone())).await?;
    let now = store.head(&key).await?.map(|meta| meta.revision);
    ensure!(now.as_ref() == Some(&second.revision), "`head` and `finish` tell different revisions");
    let upload = store.upload(&key).await?;
    match upload.finish(Precondition::Matches(first.revision)).await {
        Err(PutError::Precondition(_)) => {}
        Err(error) => return Err(format!("an old revision: not the error 10, but {error}").into()),
        Ok(_) => return Err("it was finished under an old revision".into()),
    }
    let upload = store.upload(&scratch.key("none.json")).await?;
    match upload.finish(Precondition::Matches(second.revision)).await {
        Err(PutError::Missing(_)) => Ok(()),
        Err(error) => Err(format!("a gone object: not the error 12, but {error}").into()),
        Ok(_) => Err("an object that is gone was replaced".into()),
    }
}

pub(super) async fn aborted(scratch: Scratch) -> Tried {
    let key = scratch.key("a.tgz");
    let mut upload = scratch.store.upload(&key).await?;
    upload.write(noise(1_000_000)).await?;
    upload.abort().await?;
    ensure!(begun(&scratch).await?.is_empty(), "it is still listed as unfinished");
    ensure!(scratch.keys("", "").await?.is_empty(), "something of it is listed");
    scratch.store.put(&key, Bytes::from("x"), Precondition::Absent).await?;
    Ok(())
}

pub(super) async fn unfinished(scratch: Scratch) -> Tried {
    let store = &scratch.store;
    let mut upload = store.upload(&scratch.key("x/T/a.tgz")).await?;
    upload.write(noise(1_000_000)).await?;
    let open = begun(&scratch).await?;
    ensure!(open.len() == 1, "{} are listed as unfinished", open.len());
    store.discard(&open[0]).await?;
    store.discard(&open[0]).await?;
    ensure!(begun(&scratch).await?.is_empty(), "it is still listed as unfinished");
    ensure!(
        upload.finish(Precondition::Absent).await.is_err(),
        "what was thrown away could be finished"
    );
    ensure!(scratch.keys("", "").await?.is_empty(), "something of it is listed");
    Ok(())
}

//! Promises of a store: conditional writes, on which every commit rests.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Scratch, Stop, Tried, ensure};
use crate::{
    model::{Checksums, ObjectKey},
    storage::{Precondition, PutError, StorageWriter},
};

const MANY: u64 = 8;

async fn text(store: &dyn StorageWriter, key: &ObjectKey) -> Result<String, Stop> {
    let Some(object) = store.get(key, None).await? else {
        return Err(Stop::Broken(format!("`{key}` is gone")));
    };
    Ok(String::from_utf8_lossy(&object.body.collect(1 << 20).await?).into_owned())
}

fn refused<T>(outcome: Result<T, PutError>, what: &str) -> Tried {
    match outcome {
        Err(PutError::Precondition(_)) => Ok(()),
        Err(error) => Err(Stop::Broken(format!("{what}: not the error 10, but {error}"))),
        Ok(_) => Err(Stop::Broken(format!("{what}: it was written"))),
    }
}

pub(super) async fn created_once(scratch: Scratch) -> Tried {
    let (store, key) = (&scratch.store, scratch.key("head.json"));
    let first = store.put(&key, Bytes::from("first"), Precondition::Absent).await?;
    let again = store.put(&key, Bytes::from("second"), Precondition::Absent).await;
    refused(again, "written where something is, under `absent`")?;
    ensure!(text(&**store, &key).await? == "first", "it has other bytes now");
    let now = store.head(&key).await?.map(|meta| meta.revision);
    ensure!(now == Some(first.revision), "it has another revision now");
    Ok(())
}

pub(super) async fn one_creates(scratch: Scratch) -> Tried {
    for round in 0..5 {
        let key = scratch.key(&format!("{round}.json"));
        let tries = (0..MANY).map(|n| {
            let (store, key) = (&scratch.store, &key);
            async move {
                let body = Bytes::from(format!("writer {n}"));
                (n, store.put(key, body, Precondition::Absent).await)
            }
        });
        let mut winners = Vec::new();
        for (n, outcome) in futures::future::join_all(tries).await {
            match outcome {
                Ok(_) => winners.push(n),
                Err(PutError::Precondition(_) | PutError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        ensure!(winners.len() == 1, "{} of {MANY} wrote under `absent`", winners.len());
        let there = text(&*scratch.store, &key).await?;
        ensure!(there == format!("writer {}", winners[0]), "another's bytes are there: {there}");
    }
    Ok(())
}

pub(super) async fn matches(scratch: Scratch) -> Tried {
    let (store, key) = (&scratch.store, scratch.key("head.json"));
    let first = store.put(&key, Bytes::from("first"), Precondition::Absent).await?;
    let seen = Precondition::Matches(first.revision.clone());
    let second = store.put(&key, Bytes::from("second"), seen.clone()).await?;
    ensure!(second.revision != first.revision, "the revision stays when the bytes change");
    let now = store.head(&key).await?.map(|meta| meta.revision);
    ensure!(now.as_ref() == Some(&second.revision), "`head` and `put` tell different revisions");
    refused(store.put(&key, Bytes::from("late"), seen).await, "written under an old revision")?;
    let never = Precondition::Matches(crate::model::Revision("never-told".to_owned()));
    refused(store.put(&key, Bytes::from("x"), never).await, "written under no revision of it")?;
    ensure!(text(&**store, &key).await? == "second", "it has other bytes now");
    let none = scratch.key("none.json");
    match store.put(&none, Bytes::from("x"), Precondition::Matches(second.revision)).await {
        Err(PutError::Missing(_)) => {}
        Err(error) => return Err(format!("a gone object: not the error 12, but {error}").into()),
        Ok(_) => return Err("an object that is gone was replaced".into()),
    }
    ensure!(store.head(&none).await?.is_none(), "what was refused is there");
    Ok(())
}

pub(super) async fn increments(scratch: Scratch) -> Tried {
    const EACH: u64 = 5;
    let (store, key) = (&scratch.store, scratch.key("count.json"));
    store.put(&key, Bytes::from("0"), Precondition::Absent).await?;
    let writers = (0..MANY).map(|_| {
        let key = &key;
        async move {
            let mut done = 0;
            while done < EACH {
                let Some(object) = store.get(key, None).await? else {
                    return Err(Stop::Broken("it is gone".to_owned()));
                };
                let seen = Precondition::Matches(object.meta.revision.clone());
                let read = object.body.collect(100).await?;
                let count: u64 = String::from_utf8_lossy(&read).parse()?;
                match store.put(key, Bytes::from((count + 1).to_string()), seen).await {
                    Ok(_) => done += 1,
                    Err(PutError::Precondition(_) | PutError::Conflict(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(())
        }
    });
    futures::future::try_join_all(writers).await?;
    let count = text(&**store, &key).await?;
    let wanted = MANY * EACH;
    ensure!(count == wanted.to_string(), "{wanted} increments by {MANY} at once make {count}");
    Ok(())
}

pub(super) async fn one_state(scratch: Scratch) -> Tried {
    let (store, key) = (&scratch.store, scratch.key("index.json"));
    // Small and large in turn: a driver may read them in other ways.
    let body = |n: usize| {
        Bytes::from(format!("{n:03}").repeat(if n.is_multiple_of(2) { 40 } else { 120_000 }))
    };
    let mut meta = store.put(&key, body(0), Precondition::Absent).await?;
    let mut written = BTreeMap::from([(meta.revision.clone(), 0)]);
    let writer = async {
        for n in 1..40 {
            let seen = Precondition::Matches(meta.revision.clone());
            meta = store.put(&key, body(n), seen).await?;
            written.insert(meta.revision.clone(), n);
        }
        Ok::<_, Stop>(written)
    };
    let reader = async {
        let mut read = Vec::new();
        for _ in 0..60 {
            let Some(object) = store.get(&key, None).await? else {
                return Err(Stop::Broken("it is gone while it is replaced".to_owned()));
            };
            let revision = object.meta.revision.clone();
            let bytes = object.body.collect(1 << 20).await?;
            let n: usize = String::from_utf8_lossy(bytes.get(..3).unwrap_or_default()).parse()?;
            ensure!(bytes == body(n), "bytes of two states come in one answer");
            read.push((revision, n));
        }
        Ok(read)
    };
    let (written, read) = futures::future::try_join(writer, reader).await?;
    for (revision, n) in read {
        ensure!(
            written.get(&revision) == Some(&n),
            "bytes come with the revision of another state"
        );
    }
    Ok(())
}

/// `claims`: the driver says that it compares digests.
pub(super) async fn digests(scratch: Scratch, claims: bool) -> Tried {
    let key = scratch.key("digest.bin");
    let found = scratch.store.checksums(&key).await?;
    ensure!(
        scratch.store.head(&key).await?.is_none(),
        "what was written with a wrong digest is there"
    );
    match found {
        Checksums::Verified => Ok(()),
        Checksums::None | Checksums::Echoed if claims => {
            Err(Stop::Broken("bytes were written whose digest was of others".to_owned()))
        }
        Checksums::None | Checksums::Echoed => {
            Err(Stop::Untried("it does not say that it compares digests".to_owned()))
        }
    }
}

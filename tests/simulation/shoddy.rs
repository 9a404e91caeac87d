//! Collectors as they must not be: each leaves one step of the protocol out. Only for the proof that
//! the simulation notices.

use depstate::{
    model::{ObjectKey, Revision},
    state::read,
    storage::{Precondition, StorageError, StorageReader as _, StorageWriter as _},
};
use futures::TryStreamExt as _;
use serde_json::Value;

use super::{actor::Actor, profile::Plant};

pub(crate) async fn collect(actor: &Actor, plant: Plant) -> Result<(), StorageError> {
    match plant {
        Plant::NotDoomed => condemned(actor).await,
        Plant::DoomedByWord => by_word(actor).await,
        Plant::NoFence => sweep(actor, true).await,
        Plant::NotMarked
        | Plant::StoreIgnoresMatch
        | Plant::StoreIgnoresAbsent
        | Plant::Lens(_)
        | Plant::OldSnapshot
        | Plant::NotUploaded
        | Plant::CachedHead => sweep(actor, false).await,
    }
}

/// Deletes what is condemned.
async fn condemned(actor: &Actor) -> Result<(), StorageError> {
    if let Ok(Some(base)) = read(&*actor.storage(), &*actor.cache()).await {
        for key in base.condemned.keys() {
            actor.store.delete(key).await?;
        }
    }
    Ok(())
}

/// Deletes what no HEAD names that it has seen, without asking whose it is.
async fn by_word(actor: &Actor) -> Result<(), StorageError> {
    let listed: Vec<_> = actor.store.list("artifacts/").try_collect().await?;
    let Ok(Some(base)) = read(&*actor.storage(), &*actor.cache()).await else { return Ok(()) };
    for (key, _) in listed {
        let live = base.live.values().any(|record| record.key == key);
        if !live && !base.condemned.contains_key(&key) {
            actor.store.delete(&key).await?;
        }
    }
    Ok(())
}

/// Deletes what open journals own: marked first, but without a fence; or not even marked.
async fn sweep(actor: &Actor, marked: bool) -> Result<(), StorageError> {
    let journals: Vec<_> = actor.store.list("tx/").try_collect().await?;
    let listed: Vec<_> = actor.store.list("artifacts/").try_collect().await?;
    for (key, _) in journals {
        let Some((journal, revision)) = journal(actor, &key).await? else { continue };
        let tx = journal["tx"].as_str().unwrap_or_default().to_owned();
        if journal["state"] == "done" {
            continue;
        }
        if marked && journal["state"] == "open" {
            let mut journal = journal;
            journal["state"] = "aborted".into();
            let body = serde_json::to_vec(&journal).unwrap().into();
            if actor.store.put(&key, body, Precondition::Matches(revision)).await.is_err() {
                continue;
            }
        }
        let Ok(Some(base)) = read(&*actor.storage(), &*actor.cache()).await else { continue };
        for (key, _) in listed.iter().filter(|(key, _)| key.as_str().contains(&tx)) {
            let live = base.live.values().any(|record| record.key == *key);
            if !live && !base.condemned.contains_key(key) {
                actor.store.delete(key).await?;
            }
        }
    }
    Ok(())
}

async fn journal(
    actor: &Actor,
    key: &ObjectKey,
) -> Result<Option<(Value, Revision)>, StorageError> {
    let Some(object) = actor.store.get(key, None).await? else { return Ok(None) };
    let Ok(bytes) = object.body.collect(1 << 16).await else { return Ok(None) };
    Ok(serde_json::from_slice(&bytes).ok().map(|journal| (journal, object.meta.revision)))
}

//! From HEAD down to the records, every digest checked on the way.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};

use super::{AT_ONCE, DocumentCache, StateError, error::chain, keys};
use crate::{
    commit::Base,
    failpoint,
    model::{
        Address, DependencyId, Generation, Head, IndexRef, ObjectKey, ObjectMeta, ObjectRef,
        Record, Revision, Sha256, Snapshot,
    },
    storage::{StorageError, StorageReader},
    wire::objects::{DOCUMENT_LIMIT, HEAD_LIMIT, decode_generation, decode_head, decode_index},
};

/// How often a body that breaks off is asked for.
const TRIES: u32 = 3;

/// How often HEAD may move on while what it names is read: each move is a commit or a collector's.
const MOVES: u32 = 5;

/// Objects on a page of a listing.
const PAGE: usize = 1_000;

/// So many expected artifacts are listed together: a page has room for a thousand objects, and one
/// that ends behind what was wanted needs no other to show that nothing more comes.
const EXPECTED: usize = 950;

/// Something that HEAD reaches, or the key of what is missing.
type Reached<T> = Result<T, ObjectKey>;

/// Reads everything that HEAD reaches: HEAD, generation, the index documents that the cache does
/// not have, concurrently; every digest checked. None: there is no HEAD.
///
/// # Errors
/// When the store fails, or what it holds does not fit together.
pub async fn read(
    storage: &dyn StorageReader,
    cache: &dyn DocumentCache,
) -> Result<Option<Snapshot>, StateError> {
    let Some(mut base) = first(storage).await? else { return Ok(None) };
    failpoint::hit("read/head");
    let mut moves = 0;
    loop {
        let missing = match snapshot(storage, cache, &base).await? {
            Ok(found) => {
                failpoint::hit("read/all");
                return Ok(Some(found));
            }
            Err(missing) => missing,
        };
        // What HEAD named may have been collected while it was read: then HEAD has moved on.
        moves += 1;
        match head(storage).await? {
            None => return Err(StateError::damaged("`head.json` was there and is gone")),
            Some(again) if again.revision != base.revision && moves <= MOVES => base = again,
            Some(_) => return Err(lacks(&missing)),
        }
    }
}

/// Reads HEAD; none: there is none, and nothing that says that there was one.
async fn first(storage: &dyn StorageReader) -> Result<Option<Base>, StateError> {
    if let Some(base) = head(storage).await? {
        return Ok(Some(base));
    }
    match storage.list("gen/").next().await {
        None => Ok(None),
        Some(Err(source)) => {
            Err(StateError::Storage { doing: "listing `gen/`".to_owned(), source })
        }
        // The first apply of another may just have created HEAD.
        Some(Ok((key, _))) => head(storage).await?.map(Some).ok_or_else(|| {
            StateError::damaged(format!(
                "`{key}` is there and `head.json` is not: somebody removed it"
            ))
        }),
    }
}

/// Lists the objects below `artifacts/`.
///
/// # Errors
/// When the listing could not be read to its end.
pub async fn objects(
    storage: &dyn StorageReader,
) -> Result<BTreeMap<ObjectKey, ObjectMeta>, StateError> {
    objects_near(storage, std::iter::empty()).await
}

/// Lists the objects below `artifacts/`, all of them, in as many listings at once as it takes to
/// have about a page of the artifacts that are `expected` in each. What is expected decides how long
/// it takes, never what is found.
///
/// # Errors
/// When one of the listings could not be read to its end.
pub async fn objects_near<'a>(
    storage: &dyn StorageReader,
    expected: impl Iterator<Item = &'a Address>,
) -> Result<BTreeMap<ObjectKey, ObjectMeta>, StateError> {
    let mut near: Vec<String> = expected.map(keys::artifact_folders).collect();
    near.sort_unstable();
    near.dedup();
    if near.len() <= PAGE {
        near.clear();
    }
    let cuts: Vec<String> = near.into_iter().step_by(EXPECTED).skip(1).collect();
    storage
        .list_cut("artifacts/", &cuts)
        .try_collect()
        .await
        .map_err(|source| StateError::Storage { doing: "listing `artifacts/`".to_owned(), source })
}

/// Reads what a HEAD of the past reaches; its documents are checked like those of today's.
///
/// # Errors
/// When the store fails, or something of it is no longer there (`storage-damaged`).
pub async fn read_at(
    storage: &dyn StorageReader,
    cache: &dyn DocumentCache,
    head: &Head,
) -> Result<Snapshot, StateError> {
    reach_at(storage, cache, head).await?.map_err(|key| {
        StateError::damaged(format!(
            "`{key}` is missing: what serial {} reached is no longer kept whole",
            head.serial
        ))
    })
}

/// Reads what a HEAD of the past reaches, as [`read_at`] does, or returns the key of what is no longer
/// there.
///
/// # Errors
/// When the store fails, or what is there is not what was written.
pub async fn reach_at(
    storage: &dyn StorageReader,
    cache: &dyn DocumentCache,
    head: &Head,
) -> Result<Result<Snapshot, ObjectKey>, StateError> {
    // The revision is that of no HEAD: nothing can be committed on it.
    let base = Base { head: head.clone(), revision: Revision(String::new()) };
    snapshot(storage, cache, &base).await
}

/// Reads HEAD: content and revision from one answer; none: there is none.
///
/// # Errors
/// When the store fails, or `head.json` is no HEAD.
pub async fn head(storage: &dyn StorageReader) -> Result<Option<Base>, StateError> {
    let key = keys::head();
    let Some((meta, bytes)) = bytes(storage, &key, HEAD_LIMIT).await? else { return Ok(None) };
    let head = decode_head(&bytes).map_err(|error| StateError::unreadable(key.as_str(), &error))?;
    Ok(Some(Base { head, revision: meta.revision }))
}

/// Reads a generation and checks its digest; none: it is not there.
pub(super) async fn generation(
    storage: &dyn StorageReader,
    at: &ObjectRef,
) -> Result<Option<Generation>, StateError> {
    let Some(bytes) = checked(storage, at).await? else { return Ok(None) };
    decode_generation(&bytes)
        .map(Some)
        .map_err(|error| StateError::unreadable(at.key.as_str(), &error))
}

/// Reads a document and checks its digest; none: it is not there.
pub(super) async fn checked(
    storage: &dyn StorageReader,
    at: &ObjectRef,
) -> Result<Option<Bytes>, StateError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let Some((_, bytes)) = bytes(storage, &at.key, DOCUMENT_LIMIT).await? else {
            return Ok(None);
        };
        match check(&bytes, at) {
            Ok(()) => return Ok(Some(bytes)),
            // A proxy or a replica may have answered with something else.
            Err(_) if tries < TRIES => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads an object whole, with what the store says of it; none: it is not there.
pub(super) async fn bytes(
    storage: &dyn StorageReader,
    key: &ObjectKey,
    limit: usize,
) -> Result<Option<(ObjectMeta, Bytes)>, StateError> {
    match within(storage, key, limit).await? {
        None => Ok(None),
        Some((meta, Some(bytes))) => Ok(Some((meta, bytes))),
        Some((_, None)) => Err(StateError::damaged(format!("`{key}` has more than {limit} bytes"))),
    }
}

/// Reads an object as [`bytes`] does; what is larger than the limit is told without its bytes.
pub(super) async fn within(
    storage: &dyn StorageReader,
    key: &ObjectKey,
    limit: usize,
) -> Result<Option<(ObjectMeta, Option<Bytes>)>, StateError> {
    let failed = |source| StateError::Storage { doing: format!("reading `{key}`"), source };
    let mut tries = 0;
    loop {
        tries += 1;
        let Some(object) = storage.get(key, None).await.map_err(failed)? else { return Ok(None) };
        if object.body.size.is_some_and(|size| size > limit as u64) {
            return Ok(Some((object.meta, None)));
        }
        match object.body.collect(limit as u64).await {
            Ok(bytes) => return Ok(Some((object.meta, Some(bytes)))),
            Err(crate::net::StreamError::TooLarge { .. }) => {
                return Ok(Some((object.meta, None)));
            }
            Err(error) if tries == TRIES => {
                let message = format!("{key}: {}, {tries} times", chain(&error));
                return Err(failed(StorageError::Failed { message, help: None }));
            }
            Err(_) => {}
        }
    }
}

async fn snapshot(
    storage: &dyn StorageReader,
    cache: &dyn DocumentCache,
    base: &Base,
) -> Result<Reached<Snapshot>, StateError> {
    let mut found = Snapshot {
        head: base.head.clone(),
        revision: base.revision.clone(),
        generation: None,
        live: BTreeMap::new(),
        condemned: BTreeMap::new(),
        replaced: BTreeMap::new(),
        doomed: BTreeSet::new(),
    };
    let Some(at) = &base.head.r#gen else { return Ok(Ok(found)) };
    let Some(mut generation) = generation(storage, at).await? else {
        return Ok(Err(at.key.clone()));
    };
    let documents: Vec<Reached<BTreeMap<Address, Record>>> =
        futures::stream::iter(generation.index.iter())
            .map(|(id, at)| document(storage, cache, id, at))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
    for document in documents {
        match document {
            Ok(records) => found.live.extend(records),
            Err(missing) => return Ok(Err(missing)),
        }
    }
    found.condemned = std::mem::take(&mut generation.condemned)
        .into_iter()
        .map(|condemned| (condemned.record.key.clone(), condemned))
        .collect();
    found.replaced = std::mem::take(&mut generation.replaced)
        .into_iter()
        .map(|replaced| (replaced.key, replaced.retired))
        .collect();
    found.doomed = std::mem::take(&mut generation.doomed).into_iter().collect();
    found.generation = Some(generation);
    Ok(Ok(found))
}

async fn document(
    storage: &dyn StorageReader,
    cache: &dyn DocumentCache,
    id: &DependencyId,
    at: &IndexRef,
) -> Result<Reached<BTreeMap<Address, Record>>, StateError> {
    // A cache may be shared, and a disk may rot: what does not have the digest is not there.
    let kept = cache.get(&at.sha256).await.filter(|bytes| Sha256::of(bytes) == at.sha256);
    let bytes = match kept {
        Some(bytes) => bytes,
        None => match checked(storage, at).await? {
            None => return Ok(Err(at.key.clone())),
            Some(bytes) => {
                cache.put(&at.sha256, &bytes).await;
                bytes
            }
        },
    };
    decode_index(&bytes, id)
        .map(|document| Ok(document.records))
        .map_err(|error| StateError::unreadable(at.key.as_str(), &error))
}

fn check(bytes: &[u8], at: &ObjectRef) -> Result<(), StateError> {
    let found = Sha256::of(bytes);
    if found == at.sha256 {
        return Ok(());
    }
    Err(StateError::damaged(format!(
        "`{}` has SHA-256 {found}, and {} is what names it",
        at.key, at.sha256
    )))
}

fn lacks(key: &ObjectKey) -> StateError {
    StateError::damaged(format!("`{key}` is missing, and `head.json` reaches it"))
}

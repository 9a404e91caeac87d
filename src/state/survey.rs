//! What lies in a bucket beside what HEAD reaches, for whoever has to find out what happened to it.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::{AT_ONCE, StateError, keys, read};
use crate::{
    model::{Generation, Journal, ObjectKey, ObjectRef, Revision, Sha256, Tx},
    storage::StorageReader,
    wire::objects::{DOCUMENT_LIMIT, HEAD_LIMIT, JOURNAL_LIMIT, decode_generation, decode_journal},
};

/// A generation by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: ObjectKey,
    /// The serial in it.
    pub serial: u64,
    /// The transaction in it.
    pub tx: Tx,
}

/// Lists the generations above a serial (none: all), oldest first. Not all of them ever were HEAD's.
///
/// # Errors
/// When the listing could not be read to its end.
pub async fn generations(
    storage: &dyn StorageReader,
    above: Option<u64>,
) -> Result<Vec<Listed>, StateError> {
    let after = above.map(keys::after_generations_of).unwrap_or_default();
    let all: Vec<ObjectKey> = storage
        .list_after("gen/", &after)
        .map_ok(|(key, _)| key)
        .try_collect()
        .await
        .map_err(|source| StateError::Storage { doing: "listing `gen/`".to_owned(), source })?;
    let mut all: Vec<Listed> = all
        .into_iter()
        .filter_map(|key| {
            let (serial, tx) = keys::read_generation(&key)?;
            Some(Listed { key, serial, tx })
        })
        .collect();
    all.sort_by(|a, b| (a.serial, &a.key).cmp(&(b.serial, &b.key)));
    Ok(all)
}

/// Reads a generation that nothing names, with the digest that its bytes have; none: it is not there.
///
/// # Errors
/// When the store fails, or what is there is no generation, or one of another name.
pub async fn unnamed(
    storage: &dyn StorageReader,
    key: &ObjectKey,
) -> Result<Option<(ObjectRef, Generation)>, StateError> {
    let Some((_, bytes)) = read::bytes(storage, key, DOCUMENT_LIMIT).await? else {
        return Ok(None);
    };
    let generation =
        decode_generation(&bytes).map_err(|error| StateError::unreadable(key.as_str(), &error))?;
    if keys::generation(generation.serial, &generation.tx) != *key {
        return Err(StateError::damaged(format!(
            "`{key}` says that it is serial {} of {}",
            generation.serial, generation.tx
        )));
    }
    Ok(Some((ObjectRef { key: key.clone(), sha256: Sha256::of(&bytes) }, generation)))
}

/// A journal, and when the store last saw it change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The journal.
    pub journal: Journal,
    /// By the store's clock.
    pub modified: Option<Timestamp>,
}

/// Reads all journals.
///
/// # Errors
/// When the store fails. One that is no journal is left out.
pub async fn journals(storage: &dyn StorageReader) -> Result<Vec<Kept>, StateError> {
    let listed: Vec<_> = storage
        .list("tx/")
        .try_collect()
        .await
        .map_err(|source| StateError::Storage { doing: "listing `tx/`".to_owned(), source })?;
    let found: Vec<Option<Kept>> = stream::iter(listed)
        .map(|(key, meta)| async move {
            let Some((_, bytes)) = read::bytes(storage, &key, JOURNAL_LIMIT).await? else {
                return Ok(None);
            };
            let journal = decode_journal(&bytes).ok();
            Ok::<_, StateError>(journal.map(|journal| Kept { journal, modified: meta.modified }))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().collect())
}

/// Returns what is under `head.json`, whatever it is: its revision and the digest of its bytes.
///
/// # Errors
/// When the store fails, or it is larger than any HEAD.
pub async fn raw_head(
    storage: &dyn StorageReader,
) -> Result<Option<(Revision, Sha256)>, StateError> {
    let found = read::bytes(storage, &keys::head(), HEAD_LIMIT).await?;
    Ok(found.map(|(meta, bytes)| (meta.revision, Sha256::of(&bytes))))
}

/// Returns the newest generation above a serial that once was HEAD's, with its serial: then HEAD
/// went back.
///
/// # Errors
/// When the store fails.
pub async fn lost_after(
    storage: &dyn StorageReader,
    serial: u64,
) -> Result<Option<(u64, ObjectKey)>, StateError> {
    super::later::newest_lost_after(storage, serial).await
}

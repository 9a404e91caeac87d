//! What lies in a bucket beside what HEAD reaches, for whoever has to find out what happened to it.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::{AT_ONCE, StateError, error::chain, keys, read};
use crate::{
    model::{Generation, Journal, ObjectKey, ObjectRef, Revision, Sha256, Tx},
    storage::{StorageError, StorageReader},
    wire::objects::{DOCUMENT_LIMIT, JOURNAL_LIMIT, decode_generation, decode_journal},
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

/// Returns when the transaction began that a generation's key names, by its author's clock: the
/// generation is not older than that. None: it is no generation's key.
pub fn begun(key: &ObjectKey) -> Option<Timestamp> {
    let (_, Tx(tx)) = keys::read_generation(key)?;
    let tx = ulid::Ulid::from_string(&tx).ok()?;
    Timestamp::from_millisecond(i64::try_from(tx.timestamp_ms()).ok()?).ok()
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

/// What lies below `tx/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journals {
    /// The journals that could be read, in the order of their keys.
    pub kept: Vec<Kept>,
    /// What has a journal's name and is none, and why; files of other names are nobody's.
    pub broken: Vec<(ObjectKey, String)>,
}

/// Reads all journals.
///
/// # Errors
/// When the store fails.
pub async fn journals(storage: &dyn StorageReader) -> Result<Journals, StateError> {
    let listed: Vec<_> = storage
        .list("tx/")
        .try_collect()
        .await
        .map_err(|source| StateError::Storage { doing: "listing `tx/`".to_owned(), source })?;
    let named = listed.into_iter().filter(|(key, _)| keys::owner(key).is_some());
    let found: Vec<_> = stream::iter(named)
        .map(|(key, meta)| async move { one(storage, key, meta.modified).await })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut journals = Journals::default();
    for one in found.into_iter().flatten() {
        match one {
            Ok(kept) => journals.kept.push(kept),
            Err(broken) => journals.broken.push(broken),
        }
    }
    Ok(journals)
}

/// Reads one journal, or says why it is none; none: it has gone since it was listed.
async fn one(
    storage: &dyn StorageReader,
    key: ObjectKey,
    modified: Option<Timestamp>,
) -> Result<Option<Result<Kept, (ObjectKey, String)>>, StateError> {
    let Some((_, bytes)) = read::within(storage, &key, JOURNAL_LIMIT).await? else {
        return Ok(None);
    };
    let wrong = match bytes.map(|bytes| decode_journal(&bytes)) {
        None => format!("it has more than {JOURNAL_LIMIT} bytes"),
        Some(Err(error)) => chain(&error),
        Some(Ok(journal)) if keys::journal(&journal.tx) != key => {
            format!("it says that it is the journal of {}", journal.tx)
        }
        Some(Ok(journal)) => return Ok(Some(Ok(Kept { journal, modified }))),
    };
    Ok(Some(Err((key, wrong))))
}

/// Returns what is under `head.json`, whatever it is and however large: its revision and the digest
/// of its bytes.
///
/// # Errors
/// When the store fails.
pub async fn raw_head(
    storage: &dyn StorageReader,
) -> Result<Option<(Revision, Sha256)>, StateError> {
    use sha2::Digest as _;
    let key = keys::head();
    let failed = |source| StateError::Storage { doing: format!("reading `{key}`"), source };
    let Some(mut object) = storage.get(&key, None).await.map_err(failed)? else { return Ok(None) };
    let mut digest = sha2::Sha256::new();
    loop {
        match object.body.next().await {
            Ok(Some(chunk)) => digest.update(&chunk),
            Ok(None) => break,
            Err(error) => {
                let message = format!("{key}: {}", chain(&error));
                return Err(failed(StorageError::Failed { message, help: None }));
            }
        }
    }
    Ok(Some((object.meta.revision, Sha256(digest.finalize().into()))))
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

//! Generations after HEAD's serial: those that once were HEAD's say that it went back.

use futures::{StreamExt as _, TryStreamExt as _};

use super::{StateError, keys, read};
use crate::{
    commit::{Later, newest_lost},
    model::{JournalState, ObjectKey},
    storage::StorageReader,
    wire::objects::{DOCUMENT_LIMIT, JOURNAL_LIMIT, decode_generation, decode_journal},
};

/// So many are enough to tell.
const LOOKED_AT: usize = 256;

/// Returns the newest generation above a serial that once was HEAD's, with its serial.
pub(super) async fn newest_lost_after(
    storage: &dyn StorageReader,
    serial: u64,
) -> Result<Option<(u64, ObjectKey)>, StateError> {
    let after = keys::after_generations_of(serial);
    let keys: Vec<ObjectKey> = storage
        .list_after("gen/", &after)
        .take(LOOKED_AT)
        .map_ok(|(key, _)| key)
        .try_collect()
        .await
        .map_err(|source| StateError::Storage { doing: "listing `gen/`".to_owned(), source })?;
    let mut all = Vec::new();
    for key in keys {
        all.extend(one(storage, key).await?);
    }
    Ok(newest_lost(&all))
}

/// Looks at one; none: it is no generation, or not there although it is listed.
async fn one(storage: &dyn StorageReader, key: ObjectKey) -> Result<Option<Later>, StateError> {
    let Some((serial, tx)) = keys::read_generation(&key) else { return Ok(None) };
    let Some((_, bytes)) = read::bytes(storage, &key, DOCUMENT_LIMIT).await? else {
        return Ok(None);
    };
    let Ok(generation) = decode_generation(&bytes) else { return Ok(None) };
    let journal = read::bytes(storage, &keys::journal(&tx), JOURNAL_LIMIT).await?;
    // An apply that is still at work has a journal.
    let done = match journal {
        None => true,
        Some((_, bytes)) => {
            decode_journal(&bytes).is_ok_and(|journal| journal.state == JournalState::Done)
        }
    };
    let parent = generation.parent.r#gen.map(|at| at.key);
    Ok(Some(Later { serial, key, tx, done, parent }))
}

//! Journals, as anyone may read them.

use super::{StateError, keys, read};
use crate::{
    model::{Journal, Tx},
    storage::StorageReader,
    wire::objects::{JOURNAL_LIMIT, decode_journal},
};

/// Reads the journal of a transaction; none: there is none.
///
/// # Errors
/// When the store fails, or what is there is no journal.
pub async fn journal(storage: &dyn StorageReader, tx: &Tx) -> Result<Option<Journal>, StateError> {
    let key = keys::journal(tx);
    let Some((_, bytes)) = read::bytes(storage, &key, JOURNAL_LIMIT).await? else {
        return Ok(None);
    };
    decode_journal(&bytes).map(Some).map_err(|error| StateError::unreadable(key.as_str(), &error))
}

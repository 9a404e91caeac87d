//! What can go wrong with published state.

use crate::{model::Code, storage::StorageError};

/// Published state could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The store failed or refused.
    #[error("{doing}")]
    Storage {
        /// What was being done, "reading head.json".
        doing: String,
        /// The store's word.
        #[source]
        source: StorageError,
    },
    /// What the bucket says of itself does not hold, or is not ours.
    #[error("{message}")]
    Refused {
        /// `storage-damaged`, `not-owner`, `store-newer`.
        code: Code,
        /// What is wrong, naming the key.
        message: String,
        /// What to do.
        help: Option<String>,
    },
}

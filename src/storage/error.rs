//! What can go wrong with a store, by what the caller can do about it.

/// A store could not be read, or refused something that is no conditional write.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// It could not be reached, or answered an error after retries.
    #[error("{message}")]
    Failed {
        /// Where, what was asked, what it answered, how often it was tried.
        message: String,
        /// What to do, where that is known.
        help: Option<String>,
    },
    /// Credentials are missing or wrong, or a policy says no.
    #[error("{message}")]
    Denied {
        /// Where, what was asked, what it answered, which credentials were used.
        message: String,
        /// What to do.
        help: Option<String>,
    },
}

/// What became of one attempt to write.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PutError {
    /// 412: the precondition does not hold. This attempt was not applied (an earlier one may have been).
    #[error("the precondition does not hold (412): {0}")]
    Precondition(String),
    /// 409: two writes met; unknown, to be tried again.
    #[error("conflicting writes (409): {0}")]
    Conflict(String),
    /// 404 on `Matches`: the object is gone. This attempt was not applied.
    #[error("the object is gone (404): {0}")]
    Missing(String),
    /// Any other 4xx: this attempt was not applied.
    #[error("refused: {0}")]
    Refused(StorageError),
    /// 5xx, timeout, reset, unreadable answer: it may have been applied, or still be.
    #[error("no usable answer: {0}")]
    Unknown(String),
}

impl From<StorageError> for PutError {
    /// What failed before the write could land was not applied.
    fn from(error: StorageError) -> Self {
        Self::Refused(error)
    }
}

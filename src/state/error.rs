//! What can go wrong with published state.

use crate::{
    model::{Code, FORMAT, ObjectKey},
    storage::StorageError,
    wire::WireError,
};

/// Published state could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The store failed or refused.
    #[error("{doing}")]
    Storage {
        /// What was being done, "reading `head.json`".
        doing: String,
        /// The store's word.
        #[source]
        source: StorageError,
    },
    /// What the bucket says of itself does not hold, or is not ours.
    #[error("{message}")]
    Refused {
        /// `storage-damaged`, `not-owner`, `store-newer`, `bad-name`, `bad-value`.
        code: Code,
        /// What is wrong, naming the key.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// The transaction has come to its end: another one must be begun.
    #[error("the transaction has ended")]
    Ended,
}

impl StateError {
    /// Returns the code for `depstate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::Storage { source: StorageError::Denied { .. }, .. } => Code::STORAGE_DENIED,
            Self::Storage { .. } | Self::Ended => Code::STORAGE_FAILED,
            Self::Refused { code, .. } => *code,
        }
    }

    /// Says what to do, where that is known.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Storage { source, .. } => match source {
                StorageError::Failed { help, .. } | StorageError::Denied { help, .. } => {
                    help.as_deref()
                }
            },
            Self::Refused { help, .. } => help.as_deref(),
            Self::Ended => None,
        }
    }

    pub(super) fn damaged(message: impl Into<String>) -> Self {
        Self::Refused {
            code: Code::STORAGE_DAMAGED,
            message: message.into(),
            help: Some(
                "nothing was changed; `depstate doctor` says what is there and what to do"
                    .to_owned(),
            ),
        }
    }

    /// A bucket of a format that may be read and not written.
    pub(super) fn newer(place: &str, format: u32) -> Self {
        Self::Refused {
            code: Code::STORE_NEWER,
            message: format!("{place} has format {format}, this depstate writes format {FORMAT}"),
            help: Some("use the depstate that wrote it, or a newer one".to_owned()),
        }
    }

    /// A HEAD that is older than one that was there.
    pub(super) fn restored(place: &str, serial: u64, generation: &ObjectKey) -> Self {
        Self::Refused {
            code: Code::HEAD_WENT_BACK,
            message: format!(
                "{place}: `head.json` is at serial {serial}, and `{generation}` was published after \
                 it: somebody put an old `head.json` back"
            ),
            help: Some(
                "nothing was changed; `depstate doctor` shows what is there, and puts the newest \
                 generation back with `--restore-head`"
                    .to_owned(),
            ),
        }
    }

    /// A document under a key that can't be read.
    pub(super) fn unreadable(key: &str, error: &WireError) -> Self {
        let message = format!("`{key}`: {}", chain(error));
        if matches!(error, WireError::Newer { .. }) {
            let help = Some("use the depstate that wrote the bucket, or a newer one".to_owned());
            return Self::Refused { code: Code::STORE_NEWER, message, help };
        }
        Self::damaged(message)
    }

    /// A document that can't be written.
    pub(super) fn unwritable(error: &WireError) -> Self {
        Self::Refused { code: Code::BAD_VALUE, message: chain(error), help: None }
    }
}

/// Returns an error's text with those of its sources.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

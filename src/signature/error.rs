//! Why a signature does not count.

use crate::model::Code;

/// A signature that does not count, or a key that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct SignatureError {
    /// For `depstate explain`.
    pub code: Code,
    /// What was expected and what was seen, as a fragment.
    pub message: String,
}

impl SignatureError {
    /// No signature counts.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { code: Code::SIGNATURE_INVALID, message: message.into() }
    }

    /// A key file that can't be used.
    pub(super) fn key(message: impl Into<String>) -> Self {
        Self { code: Code::BAD_KEY, message: message.into() }
    }
}

//! Why a signature does not count.

use crate::model::Code;

/// A signature that does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct SignatureError {
    /// For `depstate explain`.
    pub code: Code,
    /// What was expected and what was seen, as a fragment.
    pub message: String,
}

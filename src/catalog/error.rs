//! Why the catalogue can't do what it was asked for.

use crate::model::Code;

/// What is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct CatalogError {
    /// For `depstate explain`.
    pub code: Code,
    /// What is wrong, as a fragment.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl CatalogError {
    pub(super) fn new(code: Code, message: impl Into<String>, help: Option<String>) -> Self {
        Self { code, message: message.into(), help }
    }
}

//! What can go wrong with a source.

/// A source could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The address is not there (404, 410).
    #[error("`{url}` is not there")]
    Absent {
        /// What was asked.
        url: String,
    },
}

impl SourceError {
    /// Tells whether the address is not there (404, 410), so that the next one may be tried.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }
}

//! What can be wrong with a document.

/// A document can't be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// It is larger than such a document may be.
    #[error("{what} has {size} bytes, at most {limit} are read")]
    TooLarge {
        /// Which kind of document.
        what: &'static str,
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// It is no JSON of the expected shape.
    #[error("{what} can't be read as JSON of its format")]
    Syntax {
        /// Which kind of document.
        what: &'static str,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// A newer depstate wrote it, in a shape that this one does not know.
    #[error("{what} has format {format}; this depstate reads format {known}")]
    Newer {
        /// Which kind of document.
        what: &'static str,
        /// The format that it says.
        format: u64,
        /// The newest that is known.
        known: u32,
    },
    /// It contradicts itself, or the one who named it.
    #[error("{what}: {message}")]
    Inconsistent {
        /// Which kind of document.
        what: &'static str,
        /// What does not fit.
        message: String,
    },
    /// It can't be written as canonical JSON.
    #[error("{what} can't be written as canonical JSON")]
    Encode {
        /// Which kind of document.
        what: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

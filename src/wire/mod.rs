//! Floor 1: machine formats. Text to nouns and back, checked; no I/O.
//!
//! What depstate keeps in a bucket ([`objects`], [`view`]) is canonical JSON (RFC 8785), so that an
//! embedded document hashes as it did on its own. What it hands to other tools ([`plan`]) is
//! described by a schema.

pub mod dep_server;
mod error;
pub mod feed;
pub mod inputs;
pub mod objects;
pub mod output;
mod outputs;
mod outputs_builds;
mod outputs_catalog;
mod outputs_gc;
mod outputs_past;
pub mod plan;
mod plan_file;
mod plan_schema;
pub mod provenance;
pub mod sbom;
pub mod side;
pub mod view;

pub use error::WireError;
pub use outputs::output_schema;

use serde::Serialize;

/// Writes canonical JSON (RFC 8785).
pub(crate) fn canonical<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>, WireError> {
    serde_json_canonicalizer::to_vec(value).map_err(|source| WireError::Encode { what, source })
}

/// Returns a URN that only these bytes have: a UUID of their SHA-256.
pub(crate) fn name_of(bytes: &[u8]) -> String {
    let mut first = [0; 16];
    first.copy_from_slice(&crate::model::Sha256::of(bytes).0[..16]);
    uuid::Builder::from_custom_bytes(first).into_uuid().urn().to_string()
}

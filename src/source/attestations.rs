//! What services keep for a file: lists of Sigstore bundles, as GitHub's API and npm registries give
//! them.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::{SourceError, web::unusable};
use crate::net::Answer;

#[derive(Deserialize)]
struct List {
    attestations: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    bundle: Option<Value>,
    predicate_type: Option<String>,
}

/// What a registry says of its own publishing: signed by a key of its own, and no provenance.
const PUBLISH: &str = "https://github.com/npm/attestation/";

/// Reads the bundles of an answer.
///
/// # Errors
/// When it is no such list.
pub(super) fn read(answer: &Answer) -> Result<Vec<Bytes>, SourceError> {
    let list: List = serde_json::from_slice(&answer.body)
        .map_err(|error| unusable(answer, format!("it is no list of attestations: {error}")))?;
    let provenance = |entry: &Entry| {
        entry.predicate_type.as_deref().is_none_or(|predicate| !predicate.starts_with(PUBLISH))
    };
    let bundles = list.attestations.into_iter().filter(provenance).filter_map(|entry| entry.bundle);
    Ok(bundles.map(|bundle| Bytes::from(bundle.to_string())).collect())
}

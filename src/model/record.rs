//! What the bucket says is published.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Address, BuildEvidence, Digest, Evidence, ExtraFile, Generation, Head, InputDigest, InputName,
    Metadata, ObjectKey, Revision, Sha256, Signer, TargetName, TestEvidence, Version,
};

/// One published artifact: all that deps.lock needs to be made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its address.
    pub address: Address,
    /// Its version.
    pub version: Version,
    /// What upstream calls the version.
    pub upstream: String,
    /// Its target.
    pub target: TargetName,
    /// Where its bytes are, below the prefix.
    pub key: ObjectKey,
    /// Size in bytes.
    pub size: u64,
    /// The state of the object when it was written.
    pub revision: Revision,
    /// The bytes' SHA-256.
    pub sha256: Sha256,
    /// The digest of its inputs.
    pub input: InputDigest,
    /// Where it came from.
    pub source: RecordSource,
    /// How the source's digest came to be trusted.
    pub evidence: Evidence,
    /// Who signed; only with `signed`.
    #[serde(flatten)]
    pub signer: Option<Signer>,
    /// When upstream released it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Timestamp>,
    /// When depstate published it.
    pub published: Timestamp,
    /// What consumers read.
    pub metadata: Metadata,
    /// Keys of its side documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub side: Vec<ObjectKey>,
    /// The inputs by name, where there are others than the source: what a rebuild names what changed
    /// by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<InputName, Sha256>,
    /// How its bytes were made; none: they are the source's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<BuildEvidence>,
    /// How its bytes were tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<TestEvidence>,
}

/// Where a published artifact came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSource {
    /// As in deps.lock.
    pub url: String,
    /// Size in bytes.
    pub size: u64,
    /// The source bytes' SHA-256.
    pub sha256: Sha256,
    /// The digest that upstream gives, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_digest: Option<Digest>,
    /// Sub-dependencies that its build was given, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, ExtraFile>,
}

/// All live records of one dependency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexDocument {
    /// The records by address.
    pub records: BTreeMap<Address, Record>,
}

/// A record that left the index and whose object waits for the end of its grace period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condemned {
    /// The record as it was.
    pub record: Record,
    /// The `at` of the generation that retired it.
    pub retired: Timestamp,
    /// The reason's code.
    pub reason: String,
}

/// A side document that an `update` replaced while its artifact stayed: it waits for the end of its
/// grace period alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// Where it is.
    pub key: ObjectKey,
    /// The `at` of the generation that replaced it.
    pub retired: Timestamp,
}

/// Everything that HEAD reaches, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The HEAD that it was read from.
    pub head: Head,
    /// The revision of that HEAD: what a commit must match.
    pub revision: Revision,
    /// The generation that HEAD names; none at genesis. Its `condemned`, `replaced` and `doomed` stand
    /// below, so they are empty here.
    pub generation: Option<Generation>,
    /// The live records.
    pub live: BTreeMap<Address, Record>,
    /// Retired records by key.
    pub condemned: BTreeMap<ObjectKey, Condemned>,
    /// Side documents that were replaced, with the time of it.
    pub replaced: BTreeMap<ObjectKey, Timestamp>,
    /// Keys that the collector is deleting.
    pub doomed: BTreeSet<ObjectKey>,
}

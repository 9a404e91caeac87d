//! HEAD and generations: the one mutable truth and what it points at (the commit protocol).

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Condemned, DependencyId, ObjectKey, Probe, Replaced, Sha256};

/// The bucket's format that this depstate writes. A greater one may be read, never written.
pub const FORMAT: u32 = 1;

/// A transaction id: a ULID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tx(pub String);

impl fmt::Display for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// `head.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The bucket's format; this depstate writes 1.
    pub format: u32,
    /// A UUID that tells one history of a prefix from another.
    pub lineage: String,
    /// The owner.
    pub project: String,
    /// One more with every write.
    pub serial: u64,
    /// Fresh in every write, so that the revision never repeats.
    pub nonce: String,
    /// What kind of write this was.
    pub kind: HeadKind,
    /// The generation; none at genesis.
    pub r#gen: Option<ObjectRef>,
    /// SHA-256 of the HEAD before it; none at genesis.
    pub prev_head_sha256: Option<Sha256>,
    /// The transaction that wrote the generation; none at genesis.
    pub tx: Option<Tx>,
    /// deps.toml said that there is a single writer.
    #[serde(default)]
    pub single_writer: bool,
    /// What the probe of the store found; none: not probed.
    #[serde(default)]
    pub probe: Option<Probe>,
    /// The program that wrote it, `depstate 0.1.0`.
    pub tool: String,
}

/// What kind of write a HEAD was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeadKind {
    /// The first one.
    Genesis,
    /// A new generation.
    Commit,
    /// Only to make an older conditional write fail.
    Fence,
}

/// An immutable object and its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectRef {
    /// Where it is.
    pub key: ObjectKey,
    /// Its bytes' SHA-256.
    pub sha256: Sha256,
}

/// An index document in a generation.
pub type IndexRef = ObjectRef;

/// `gen/<serial>-<tx>.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// The bucket's format.
    pub format: u32,
    /// The serial that its HEAD has.
    pub serial: u64,
    /// The transaction that made it.
    pub tx: Tx,
    /// The index document of each dependency.
    pub index: BTreeMap<DependencyId, IndexRef>,
    /// Retired records, whose objects are still there.
    #[serde(default)]
    pub condemned: Vec<Condemned>,
    /// Side documents that were replaced and are still there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Replaced>,
    /// Keys that are being deleted.
    #[serde(default)]
    pub doomed: Vec<ObjectKey>,
    /// The last 64 transactions, newest last, this one included.
    pub transactions: Vec<Tx>,
    /// When: max(own clock, the parent's `at`).
    pub at: Timestamp,
    /// Who, where the environment says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How many of each action.
    pub summary: BTreeMap<String, u64>,
    /// The HEAD that it follows.
    pub parent: Head,
}

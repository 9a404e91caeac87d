//! Side documents: what is said of an artifact beside its record, at keys that the record names.

use super::{
    WireError,
    provenance::{Maker, decode_provenance, encode_provenance},
    sbom::{decode_sbom, encode_sbom},
};
use crate::model::{ObjectKey, Record, Sha256, Tx};

/// The largest side document in bytes that is read.
pub const SIDE_LIMIT: usize = 4 * 1024 * 1024;

/// A kind of side document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SideKind {
    /// in-toto Statement v1 with SLSA Provenance v1.
    Provenance,
    /// `CycloneDX` 1.5.
    Sbom,
}

impl SideKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Provenance, Self::Sbom];

    /// Returns what its key ends with.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Provenance => ".provenance.json",
            Self::Sbom => ".cdx.json",
        }
    }

    /// Finds the kind of a key; none: an unknown one.
    pub fn of(key: &ObjectKey) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| key.as_str().ends_with(kind.suffix()))
    }

    /// Returns a record's key of this kind.
    pub fn key(self, record: &Record) -> Option<&ObjectKey> {
        record.side.iter().find(|key| Self::of(key) == Some(self))
    }

    /// Writes it, canonically: the same record and maker give the same bytes. The record's own
    /// `side` and `revision` count for nothing.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn encode(self, record: &Record, maker: &Maker<'_>) -> Result<Vec<u8>, WireError> {
        match self {
            Self::Provenance => encode_provenance(record, maker),
            Self::Sbom => encode_sbom(record, maker),
        }
    }

    /// Reads of it which bytes it is about, and the version of depstate that it names, if any.
    ///
    /// # Errors
    /// When it is no such document.
    pub fn decode(self, bytes: &[u8]) -> Result<(Sha256, Option<String>), WireError> {
        match self {
            Self::Provenance => decode_provenance(bytes),
            Self::Sbom => decode_sbom(bytes),
        }
    }
}

/// Tells whether the side documents of two records would say the same.
///
/// # Errors
/// When they can't be written.
pub fn say_the_same(one: &Record, other: &Record) -> Result<bool, WireError> {
    let tx = Tx(String::new());
    let maker = Maker { project: "", tool: "", tx: &tx };
    for kind in SideKind::ALL {
        if kind.encode(one, &maker)? != kind.encode(other, &maker)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the name of the published file, as it stands in its address.
pub(super) fn file(record: &Record) -> &str {
    record.key.as_str().rsplit('/').next().unwrap_or_default()
}

/// Returns the transaction that uploaded a record's bytes.
pub(super) fn tx_of(record: &Record) -> Option<Tx> {
    let mut parts = record.key.as_str().rsplit('/');
    parts.nth(1).map(|tx| Tx(tx.to_owned()))
}

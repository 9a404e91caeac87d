//! What sources list.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Digest, Revision};

/// One row of a version index: a version, and a file of it where the index names files.
///
/// Rows of one version are one release with several files; the pure floors group them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// What upstream calls the version, raw.
    pub upstream: String,
    /// Upstream's word for the operating system, if the row is for one alone.
    pub os: Option<String>,
    /// Upstream's word for the architecture.
    pub arch: Option<String>,
    /// The name of the target in deps.toml.
    pub target: Option<String>,
    /// The file's address: absolute, or `registry:…` / `dir:…` below the driver's own place.
    pub url: Option<String>,
    /// The file's name.
    pub name: Option<String>,
    /// Digests that the index gives for the file.
    pub digests: Vec<Digest>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// When it was released.
    pub released: Option<Timestamp>,
    /// Whether upstream calls it a pre-release.
    pub prerelease: bool,
    /// Whether upstream took it back.
    pub yanked: bool,
    /// What else the row holds: `release.*` in templates.
    pub more: BTreeMap<String, serde_json::Value>,
}

/// Everything that a source lists: whole, or an error in its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listing {
    /// The rows, as listed.
    pub rows: Vec<Row>,
    /// What tells this state of the index from another, where the source has such a thing.
    pub revision: Option<Revision>,
    /// Which source it is of: 0 the first, else the n-th entry of `fallback`.
    pub fallback: usize,
    /// Why the source before could not be read, where this is not the first one's fresh answer.
    pub why: Option<String>,
    /// When it was last right, where it is an old answer that was kept.
    pub kept_since: Option<Timestamp>,
}

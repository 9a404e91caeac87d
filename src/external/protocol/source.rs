//! Messages of source drivers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{common::Body, or_null::OrNull};

/// Asks for what the source lists.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Releases {
    /// The revision of a listing that is already known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<String>,
    /// Where an earlier page ended: its `next`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A page of a listing. All pages together are the whole; what can't be listed whole is an error.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ReleasesAnswer {
    /// False: nothing has changed since `unless`, and there are no rows.
    #[serde(default = "yes")]
    pub modified: bool,
    /// The rows.
    #[serde(default)]
    #[schemars(with = "Vec<Row>")]
    pub rows: Vec<Value>,
    /// What tells this state of the index from another, where the source has such a thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The cursor of the next page; null on the last. It must be there, so that a page is never
    /// taken for the whole by oversight.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schemars(with = "OrNull<String>")]
    pub next: Option<String>,
}

fn yes() -> bool {
    true
}

/// A row of a listing: a version, and a file of it where the source names files. Rows of one version
/// are one release with several files. What else it holds is `release.*` in templates.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(super) struct Row {
    /// What upstream calls the version.
    pub version: String,
    /// Upstream's word for the operating system, if the row is for one alone.
    #[serde(default)]
    pub os: Option<String>,
    /// Upstream's word for the architecture.
    #[serde(default)]
    pub arch: Option<String>,
    /// The name of the target in deps.toml.
    #[serde(default)]
    pub target: Option<String>,
    /// The file's address: `https://…`, or `driver:…` for one that only the driver can open.
    #[serde(default)]
    pub url: Option<String>,
    /// The file's name.
    #[serde(default)]
    pub name: Option<String>,
    /// The file's SHA-256 in hex.
    #[serde(default)]
    pub sha256: Option<String>,
    /// The file's SHA-512 in hex.
    #[serde(default)]
    pub sha512: Option<String>,
    /// The file's size in bytes.
    #[serde(default)]
    pub size: Option<u64>,
    /// When it was released: RFC 3339, or a day.
    #[serde(default)]
    pub released: Option<String>,
    /// Whether upstream calls it a pre-release.
    #[serde(default)]
    pub prerelease: bool,
    /// Whether upstream took it back.
    #[serde(default)]
    pub yanked: bool,
    /// Anything else.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Opens an address from a byte on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Open {
    /// The address.
    pub url: String,
    /// The first byte that is wanted.
    pub from: u64,
}

/// The bytes of an address.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OpenAnswer {
    /// The bytes from the wanted one on; `size` counts those.
    pub body: Body,
}

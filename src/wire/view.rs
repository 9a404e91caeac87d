//! Views: what people and scripts read at a stable address. Made from HEAD, never read to decide
//! anything but whether they are older than HEAD.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{WireError, canonical, objects, side::SideKind};
use crate::model::{DependencyId, FORMAT, IndexRef, ObjectKey, Record};

/// The largest view in bytes that is read to be compared. 10,000 records take about 10 MiB; a larger
/// one is made again.
pub const VIEW_LIMIT: usize = 64 * 1024 * 1024;

/// What every view says of its making.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The history of the prefix: serials of two lineages can't be compared.
    pub lineage: String,
    /// The serial of the HEAD that it was made from.
    pub serial: u64,
    /// What its addresses begin with; none: they are keys.
    pub public_url: Option<String>,
}

impl Stamp {
    /// Returns the address of an object.
    pub fn url(&self, key: &ObjectKey) -> String {
        let base = self.public_url.as_deref().map(|url| url.trim_end_matches('/'));
        base.map_or_else(|| key.to_string(), |base| format!("{base}/{key}"))
    }
}

/// `views/index.json`: which view was made from which index document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewIndex {
    /// The bucket's format.
    pub format: u32,
    /// What it was made from.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The views by dependency.
    pub views: BTreeMap<DependencyId, ViewEntry>,
    /// The feed; none: an older depstate made the views, and there may be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<ObjectKey>,
    /// The SBOM of everything; none as with the feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sbom: Option<ObjectKey>,
}

/// One line of `views/index.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewEntry {
    /// Where the view is.
    pub view: ObjectKey,
    /// Where the same is in the shape of dep-server; none: an older depstate made the view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dep_server: Option<ObjectKey>,
    /// The index document that it was made from.
    pub index: IndexRef,
    /// The serial that it was made at.
    pub serial: u64,
}

#[derive(Serialize)]
struct View<'a> {
    format: u32,
    #[serde(flatten)]
    stamp: &'a Stamp,
    dependency: &'a DependencyId,
    index: Option<&'a IndexRef>,
    records: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    provenance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sbom: Option<String>,
    #[serde(flatten)]
    record: &'a Record,
}

/// Writes the view of one dependency. `index`: the document that it is made from; none: the
/// dependency has no records any more.
///
/// # Errors
/// When it can't be written.
pub fn encode_view<'a>(
    stamp: &Stamp,
    dependency: &DependencyId,
    index: Option<&IndexRef>,
    records: impl IntoIterator<Item = &'a Record>,
) -> Result<Vec<u8>, WireError> {
    let side = |kind: SideKind, record| kind.key(record).map(|key| stamp.url(key));
    let records = records
        .into_iter()
        .map(|record| Entry {
            name: record.metadata.name.as_deref().unwrap_or(dependency.as_str()),
            url: stamp.url(&record.key),
            provenance: side(SideKind::Provenance, record),
            sbom: side(SideKind::Sbom, record),
            record,
        })
        .collect();
    canonical("a view", &View { format: FORMAT, stamp, dependency, index, records })
}

/// Reads what a view says of its making, and nothing else of it.
///
/// # Errors
/// When it is no view.
pub fn decode_stamp(bytes: &[u8]) -> Result<Stamp, WireError> {
    objects::decode("a view", bytes, VIEW_LIMIT)
}

/// Writes `views/index.json`.
///
/// # Errors
/// When it can't be written.
pub fn encode_view_index(index: &ViewIndex) -> Result<Vec<u8>, WireError> {
    canonical("views/index.json", index)
}

/// Reads `views/index.json`.
///
/// # Errors
/// When it is no such thing, or of a newer shape.
pub fn decode_view_index(bytes: &[u8]) -> Result<ViewIndex, WireError> {
    objects::decode("views/index.json", bytes, VIEW_LIMIT)
}

//! What dep-server answered to `/v1/dependency?name=ID`: for programs that still ask for it.

use std::cmp::Reverse;

use serde::Serialize;

use super::{WireError, canonical, view::Stamp};
use crate::model::Record;

/// Every field is always there, as it was; what is not known is an empty text.
#[derive(Serialize)]
struct Dependency<'a> {
    name: &'a str,
    version: &'a str,
    sha256: String,
    uri: String,
    stacks: Vec<Stack<'a>>,
    source: &'a str,
    source_sha256: String,
    deprecation_date: String,
    created_at: String,
    modified_at: String,
    cpe: &'a str,
    purl: &'a str,
    licenses: &'a [String],
}

#[derive(Serialize)]
struct Stack<'a> {
    id: &'a str,
}

/// Writes the live records of one dependency, newest first. It has no place for a stamp: whoever
/// writes it goes by the one of the dependency's view.
///
/// # Errors
/// When it can't be written.
pub fn encode_dep_server<'a>(
    stamp: &Stamp,
    records: impl IntoIterator<Item = &'a Record>,
) -> Result<Vec<u8>, WireError> {
    let mut records: Vec<&Record> = records.into_iter().collect();
    records.sort_by_key(|record| (Reverse(record.published), Reverse(&record.address)));
    let all: Vec<Dependency<'_>> = records.into_iter().map(|record| one(stamp, record)).collect();
    canonical("the view for programs that asked dep-server", &all)
}

fn one<'a>(stamp: &Stamp, record: &'a Record) -> Dependency<'a> {
    let metadata = &record.metadata;
    let first = |all: &'a [String]| all.first().map_or("", String::as_str);
    let published = record.published.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    Dependency {
        name: record.address.dependency.as_str(),
        version: record.version.as_str(),
        sha256: record.sha256.to_string(),
        uri: stamp.url(&record.key),
        stacks: metadata.stacks.iter().map(|id| Stack { id }).collect(),
        source: &record.source.url,
        source_sha256: record.source.sha256.to_string(),
        deprecation_date: metadata.eol.map(|day| format!("{day}T00:00:00Z")).unwrap_or_default(),
        created_at: published.clone(),
        modified_at: published,
        cpe: first(&metadata.cpe),
        purl: first(&metadata.purl),
        licenses: &metadata.licenses,
    }
}

//! The two JSON forms of an index: the simple API's (PEP 691, 700) and the older one's.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{File, Files, name::normal_version};
use crate::{
    model::{Algorithm, Digest, Row},
    source::dates,
};

/// Either form.
#[derive(Deserialize)]
struct Project {
    meta: Option<Meta>,
    /// The simple API's.
    files: Option<Vec<SimpleFile>>,
    #[serde(default)]
    versions: Vec<String>,
    /// The older one's: versions to their files.
    releases: Option<BTreeMap<String, Vec<OlderFile>>>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "api-version")]
    api_version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct SimpleFile {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    requires_python: Option<String>,
    #[serde(default)]
    yanked: Value,
    size: Option<u64>,
    upload_time: Option<Value>,
    provenance: Option<String>,
}

#[derive(Deserialize)]
struct OlderFile {
    filename: String,
    url: String,
    #[serde(default)]
    digests: BTreeMap<String, String>,
    requires_python: Option<String>,
    #[serde(default)]
    yanked: bool,
    yanked_reason: Option<String>,
    size: Option<u64>,
    upload_time_iso_8601: Option<Value>,
}

pub(super) fn rows(body: &[u8], files: &Files<'_>) -> Result<Vec<Row>, String> {
    let project: Project =
        serde_json::from_slice(body).map_err(|error| format!("it is no project: {error}"))?;
    if let Some(version) = project.meta.and_then(|meta| meta.api_version)
        && version.split('.').next() != Some("1")
    {
        return Err(format!("it speaks version `{version}` of the simple API, not 1"));
    }
    match (project.files, project.releases) {
        (Some(found), _) => simple(found, &project.versions, files),
        (None, Some(releases)) => older(releases, files),
        (None, None) => Err("it has neither `files` nor `releases`".to_owned()),
    }
}

fn simple(
    found: Vec<SimpleFile>,
    versions: &[String],
    files: &Files<'_>,
) -> Result<Vec<Row>, String> {
    let spelled: BTreeMap<String, &String> =
        versions.iter().map(|version| (normal_version(version), version)).collect();
    let mut rows = Vec::new();
    for it in found {
        let wrong = |why: String| format!("the file `{}`: {why}", it.filename.escape_default());
        let mut row = Row { name: Some(it.filename.clone()), size: it.size, ..Row::default() };
        row.digests = digests(&it.hashes).map_err(wrong)?;
        row.released = date(it.upload_time.as_ref()).map_err(wrong)?;
        let reason = it.yanked.as_str().filter(|reason| !reason.is_empty());
        // A reason is a yes, and so is an empty one.
        row.yanked = it.yanked.as_bool().unwrap_or(it.yanked.is_string());
        more(&mut row, "yanked_reason", reason);
        more(&mut row, "requires_python", it.requires_python.as_deref());
        more(&mut row, "provenance", it.provenance.as_deref());
        let file = File { url: it.url.clone(), row };
        let spelling = |version: &str| spelled.get(version).map(|text| (*text).clone());
        rows.extend(files.finish(file, spelling).map_err(wrong)?);
    }
    Ok(rows)
}

fn older(
    releases: BTreeMap<String, Vec<OlderFile>>,
    files: &Files<'_>,
) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for (version, found) in releases {
        for it in found {
            let wrong = |why: String| format!("the file `{}`: {why}", it.filename.escape_default());
            let mut row = Row {
                upstream: version.clone(),
                name: Some(it.filename.clone()),
                size: it.size,
                yanked: it.yanked,
                ..Row::default()
            };
            row.digests = digests(&it.digests).map_err(wrong)?;
            row.released = date(it.upload_time_iso_8601.as_ref()).map_err(wrong)?;
            more(&mut row, "yanked_reason", it.yanked_reason.as_deref());
            more(&mut row, "requires_python", it.requires_python.as_deref());
            let file = File { url: it.url.clone(), row };
            rows.extend(files.finish(file, |_| None).map_err(wrong)?);
        }
    }
    Ok(rows)
}

/// Reads the digests that count; the index may give others beside them.
fn digests(hashes: &BTreeMap<String, String>) -> Result<Vec<Digest>, String> {
    let mut found = Vec::new();
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
        if let Some(hex) = hashes.get(algorithm.name()) {
            found.push(Digest::from_hex(algorithm, hex).map_err(|error| error.to_string())?);
        }
    }
    Ok(found)
}

fn date(value: Option<&Value>) -> Result<Option<jiff::Timestamp>, String> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    dates::read(value).map(Some).ok_or_else(|| format!("the date {value} can't be read"))
}

fn more(row: &mut Row, key: &str, value: Option<&str>) {
    row.more.extend(value.map(|text| (key.to_owned(), Value::String(text.to_owned()))));
}

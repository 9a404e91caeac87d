//! A package index: paragraphs of which few are wanted.

use std::str::FromStr as _;

use deb822_fast::Paragraph;
use serde_json::Value;

use crate::{
    model::{Algorithm, Digest, Row},
    source::place,
};

/// What runs on every architecture.
const ALL: &str = "all";

/// Reads the paragraphs of these packages; the other ten thousands are not even split.
pub(super) fn rows(
    index: &str,
    names: &[String],
    signer: Option<&str>,
) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for name in names {
        let line = format!("Package: {name}\n");
        for (at, _) in index.match_indices(&line) {
            // In a description such a line would begin with a blank.
            if at > 0 && index.as_bytes().get(at - 1) != Some(&b'\n') {
                continue;
            }
            let (before, after) = index.split_at(at);
            let start = before.rfind("\n\n").map_or(0, |gap| gap + 2);
            let end = after.find("\n\n").map_or(index.len(), |gap| at + gap + 1);
            let text = index.get(start..end).unwrap_or_default();
            let paragraph = Paragraph::from_str(text)
                .map_err(|error| format!("a paragraph of `{name}` can't be read: {error}"))?;
            rows.push(row(name, &paragraph, signer)?);
        }
    }
    Ok(rows)
}

fn row(name: &str, paragraph: &Paragraph, signer: Option<&str>) -> Result<Row, String> {
    let field = |field: &str| paragraph.get(field).map(str::trim).filter(|text| !text.is_empty());
    let must = |key: &str| field(key).ok_or_else(|| format!("`{name}` has no `{key}`"));
    let version = must("Version")?;
    let wrong = |why: String| format!("`{name}` {}: {why}", version.escape_default());
    let digest = Digest::from_hex(Algorithm::Sha256, must("SHA256")?);
    let path = must("Filename")?;
    let segments: Vec<&str> = path.strip_prefix("./").unwrap_or(path).split('/').collect();
    let url = place::below(&segments)
        .ok_or_else(|| wrong(format!("`{}` is no file of the archive", path.escape_default())))?;
    let size = must("Size")?;
    let mut row = Row {
        upstream: version.to_owned(),
        arch: field("Architecture").filter(|arch| *arch != ALL).map(str::to_owned),
        url: Some(url),
        name: segments.last().map(|file| (*file).to_owned()),
        digests: vec![digest.map_err(|error| wrong(error.to_string()))?],
        size: Some(size.parse().map_err(|_| wrong(format!("`{size}` is no size")))?),
        signer: signer.map(|fingerprint| format!("openpgp:{fingerprint}")),
        ..Row::default()
    };
    let more = [("source", field("Source")), ("section", field("Section"))];
    for (key, text) in more {
        row.more.extend(text.map(|text| (key.to_owned(), Value::String(text.to_owned()))));
    }
    Ok(row)
}

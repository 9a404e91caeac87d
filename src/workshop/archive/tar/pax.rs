//! Extended headers of tar, by POSIX. The library's reader takes a line break for the end of a
//! record, which it is not; so records are read here by their length, as the standard says.

use std::collections::BTreeSet;

use super::header::Fields;
use crate::workshop::archive::stop::{Stop, shown};

/// Keywords that say nothing of where a member lies or what it holds.
const HARMLESS: &[&str] =
    &["atime", "ctime", "mtime", "uid", "gid", "uname", "gname", "comment", "charset"];
/// Fronts of such keywords.
const HARMLESS_FRONTS: &[&str] = &[
    "LIBARCHIVE.",
    "SCHILY.xattr.",
    "SCHILY.acl.",
    "SCHILY.dev",
    "SCHILY.ino",
    "SCHILY.nlink",
    "SCHILY.fflags",
    "SCHILY.devmajor",
    "SCHILY.devminor",
    "RHT.security.",
    "MSWINDOWS.",
    "GOLANG.",
];
/// The one value of `hdrcharset` that means what everybody thinks.
const UTF_8: &[u8] = b"ISO-IR 10646 2000 UTF-8";

/// What an extended header says that counts.
#[derive(Debug, Default)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) linkpath: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
}

impl Pax {
    /// Refuses what may not be said for all members at once.
    pub(super) fn check_global(&self, fields: &Fields) -> Result<(), Stop> {
        if self.path.is_some() || self.linkpath.is_some() || self.size.is_some() {
            return Err(fields.refused("gives a name or a size to all members at once"));
        }
        Ok(())
    }
}

/// Reads the records of an extended header.
pub(super) fn read(mut data: &[u8], fields: &Fields) -> Result<Pax, Stop> {
    let mut pax = Pax::default();
    let mut seen = BTreeSet::new();
    while !data.is_empty() {
        let Some((key, value, rest)) = record(data) else {
            return Err(fields.refused("has a malformed extended header"));
        };
        data = rest;
        let told = shown(key.as_bytes());
        if !seen.insert(key) {
            return Err(fields.refused(&format!("has the keyword `{told}` twice")));
        }
        match key {
            "path" | "linkpath" if value.is_empty() => {
                return Err(fields.refused(&format!("has an empty `{told}`")));
            }
            "path" => pax.path = Some(value.to_vec()),
            "linkpath" => pax.linkpath = Some(value.to_vec()),
            "size" => {
                let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
                let size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                let Some(size) = size.filter(|_| digits) else {
                    return Err(fields.refused("has an extended size that is no number"));
                };
                pax.size = Some(size);
            }
            "hdrcharset" if value == UTF_8 => {}
            key if HARMLESS.contains(&key) => {}
            key if HARMLESS_FRONTS.iter().any(|front| key.starts_with(front)) => {}
            key if key.starts_with("GNU.sparse.") || key == "SCHILY.realsize" => {
                return Err(fields.refused("is a sparse file"));
            }
            _ => return Err(fields.refused(&format!("has the unknown keyword `{told}`"))),
        }
    }
    Ok(pax)
}

/// `LENGTH KEY=VALUE\n`, of which the length counts all, itself too.
fn record(data: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let space = data.iter().take(8).position(|b| *b == b' ')?;
    let digits = std::str::from_utf8(&data[..space]).ok()?;
    let length: usize = digits.parse().ok()?;
    if digits.starts_with(['0', '+']) || length <= space + 1 || length > data.len() {
        return None;
    }
    let (record, rest) = data.split_at(length);
    let body = record[space + 1..].strip_suffix(b"\n")?;
    let equals = body.iter().position(|b| *b == b'=')?;
    let key = std::str::from_utf8(&body[..equals]).ok()?;
    (!key.is_empty()).then_some((key, &body[equals + 1..], rest))
}

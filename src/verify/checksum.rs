//! A digest from what upstream publishes.

use std::collections::BTreeSet;

use super::{
    ChecksumError,
    entry::{self, Entry, Sum},
    first::{is_page, plain, title},
};
use crate::model::{Algorithm, Digest};

/// How many names an error lists.
const SHOWN: usize = 5;

/// Finds the digest of a file in a checksum file.
///
/// A list is matched by the full name; where no entry has it, by the last segment of a path
/// (`./name`, `dir/name`), if that leaves no doubt. A bare digest counts only if the document has
/// one and names no file. Where both are there, `hint` says which algorithm; else SHA-256.
///
/// # Errors
/// When there is none that counts; the error says what there is.
pub fn find(document: &[u8], file: &str, hint: Option<Algorithm>) -> Result<Digest, ChecksumError> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let text = String::from_utf8_lossy(document);
    if is_page(&text) {
        return Err(ChecksumError::Page { title: title(&text) });
    }
    let entries = entries(&text);
    let fitting = fitting(&entries, file)?;
    if fitting.is_empty() {
        return Err(absent(&text, &entries, file));
    }
    choose(fitting.into_iter().map(|entry| &entry.sum), file, hint)
}

/// Reads an integrity text, `sha512-BASE64`; of several the strongest that counts.
///
/// # Errors
/// When none counts.
pub fn sri(text: &str) -> Result<Digest, ChecksumError> {
    let words = text.split_whitespace().filter(|word| word.contains('-'));
    let sums: Vec<Sum> = words.filter_map(entry::sum).collect();
    if sums.is_empty() {
        return Err(unreadable(text));
    }
    choose(sums.iter(), &plain(text, 60), Some(Algorithm::Sha512))
}

/// Reads one digest in any shape: 64 or 128 hex digits, `sha256:…`, `sha512-BASE64`.
///
/// # Errors
/// When it is none.
pub fn parse(text: &str) -> Result<Digest, ChecksumError> {
    match entry::sum(text.trim()) {
        Some(Sum::Digest(digest)) => Ok(digest),
        Some(Sum::Weak(algorithms)) => {
            Err(ChecksumError::Weak { file: plain(text, 60), algorithms })
        }
        None => Err(unreadable(text)),
    }
}

/// The entries of a document, without comments and a signature's armour.
fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut in_signature = false;
    for line in text.lines() {
        let line = line.trim();
        // A signed document escapes lines that begin with a dash.
        let line = line.strip_prefix("- ").unwrap_or(line);
        match line {
            "-----BEGIN PGP SIGNATURE-----" => in_signature = true,
            "-----END PGP SIGNATURE-----" => in_signature = false,
            _ if in_signature || line.starts_with(['#', ';']) || line.starts_with("//") => {}
            _ => {
                // Several integrity texts may stand on one line.
                let words = || line.split_whitespace().map(entry::sum);
                if words().count() > 1 && words().all(|sum| sum.is_some()) {
                    entries.extend(words().flatten().map(|sum| Entry { name: None, sum }));
                } else {
                    entries.extend(entry::read(line));
                }
            }
        }
    }
    entries
}

/// The entries for a file: the first of these ways that finds any.
fn fitting<'e, 't>(
    entries: &'e [Entry<'t>],
    file: &str,
) -> Result<Vec<&'e Entry<'t>>, ChecksumError> {
    let named = |fits: &dyn Fn(&str) -> bool| -> Vec<&Entry<'t>> {
        entries.iter().filter(|entry| entry.name.is_some_and(fits)).collect()
    };
    let exact = named(&|name| name == file);
    if !exact.is_empty() {
        return Ok(exact);
    }
    let here = named(&|name| name.strip_prefix("./") == Some(file));
    if !here.is_empty() {
        return Ok(here);
    }
    let below = named(&|name| name.rsplit(['/', '\\']).next() == Some(file));
    let names: BTreeSet<&str> = below.iter().filter_map(|entry| entry.name).collect();
    if names.len() > 1 {
        let sums = |name: &str| -> Vec<&Sum> {
            below.iter().filter(|entry| entry.name == Some(name)).map(|entry| &entry.sum).collect()
        };
        let mut each = names.iter().map(|name| sums(name));
        let first = each.next();
        if each.any(|sums| Some(sums) != first) {
            let names = names.iter().take(SHOWN).map(|name| plain(name, 120)).collect();
            return Err(ChecksumError::Ambiguous { file: file.to_owned(), names });
        }
    }
    if !below.is_empty() {
        return Ok(below);
    }
    if entries.iter().any(|entry| entry.name.is_some()) {
        return Ok(Vec::new());
    }
    Ok(entries.iter().collect())
}

/// The one digest that counts.
fn choose<'s>(
    sums: impl Iterator<Item = &'s Sum> + Clone,
    file: &str,
    hint: Option<Algorithm>,
) -> Result<Digest, ChecksumError> {
    let digests = sums.clone().filter_map(|sum| match sum {
        Sum::Digest(digest) => Some(digest),
        Sum::Weak(_) => None,
    });
    let preferred = hint.unwrap_or(Algorithm::Sha256);
    let best = digests.clone().find(|digest| digest.algorithm() == preferred);
    let Some(best) = best.or_else(|| digests.clone().next()) else {
        let weak: BTreeSet<&str> = sums
            .filter_map(|sum| match sum {
                Sum::Weak(name) => Some(name.as_str()),
                Sum::Digest(_) => None,
            })
            .collect();
        let algorithms = weak.into_iter().collect::<Vec<_>>().join(" and ");
        return Err(ChecksumError::Weak { file: file.to_owned(), algorithms });
    };
    match digests.clone().find(|d| d.algorithm() == best.algorithm() && *d != best) {
        Some(other) => Err(ChecksumError::Contradiction {
            file: file.to_owned(),
            one: best.to_string(),
            other: other.to_string(),
        }),
        None => Ok(best.clone()),
    }
}

/// Says what is there in place of the file.
fn absent(text: &str, entries: &[Entry<'_>], file: &str) -> ChecksumError {
    let names: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.name).collect();
    if names.is_empty() {
        return unreadable(text);
    }
    ChecksumError::Missing {
        file: file.to_owned(),
        names: names.iter().take(SHOWN).map(|name| plain(name, 120)).collect(),
        more: names.len().saturating_sub(SHOWN),
    }
}

fn unreadable(text: &str) -> ChecksumError {
    match plain(text.lines().find(|line| !line.trim().is_empty()).unwrap_or(""), 60) {
        begins if begins.is_empty() => ChecksumError::Empty,
        begins => ChecksumError::Unreadable { begins },
    }
}

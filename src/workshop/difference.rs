//! Where two folders differ.

use std::{
    cmp::Ordering,
    io::{self, BufRead as _, BufReader},
    path::Path,
};

use super::{
    error::WorkshopError,
    members::{Entry, Kind, members},
};
use crate::disk;

/// Says of the first member, in the order of paths, in which two folders differ how; none: they are
/// the same.
///
/// # Errors
/// When one of them can't be read.
pub(super) fn difference(first: &Path, second: &Path) -> Result<Option<String>, WorkshopError> {
    let (left, right) = (members(first)?, members(second)?);
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let (one, other) = match (left.peek(), right.peek()) {
            (None, None) => return Ok(None),
            (Some(one), None) => return Ok(Some(only(one, "first"))),
            (None, Some(other)) => return Ok(Some(only(other, "second"))),
            (Some(one), Some(other)) => (*one, *other),
        };
        match one.path.cmp(&other.path) {
            Ordering::Less => return Ok(Some(only(one, "first"))),
            Ordering::Greater => return Ok(Some(only(other, "second"))),
            Ordering::Equal => {}
        }
        if let Some(how) = how(one, other, first, second)? {
            return Ok(Some(how));
        }
        left.next();
        right.next();
    }
}

fn only(entry: &Entry, build: &str) -> String {
    format!("only the {build} has `{}`", entry.path)
}

fn how(
    one: &Entry,
    other: &Entry,
    first: &Path,
    second: &Path,
) -> Result<Option<String>, WorkshopError> {
    let path = &one.path;
    match (&one.kind, &other.kind) {
        (Kind::Folder, Kind::Folder) => Ok(None),
        (Kind::Link(a), Kind::Link(b)) => {
            Ok((a != b).then(|| format!("the link `{path}` points to `{a}`, then to `{b}`")))
        }
        (Kind::File { size, executable }, Kind::File { size: then, executable: may }) => {
            let (a, b) = (first.join(path), second.join(path));
            if let Some(at) = byte(&a, &b)? {
                let sizes = if size == then {
                    format!("of {size}")
                } else {
                    format!("of {size} and {then}")
                };
                return Ok(Some(format!("`{path}` from byte {at} on, {sizes} bytes")));
            }
            let word = |may: &bool| if *may { "executable" } else { "not executable" };
            Ok((executable != may)
                .then(|| format!("`{path}` is {}, then {}", word(executable), word(may))))
        }
        (a, b) => Ok(Some(format!("`{path}` is a {}, then a {}", noun(a), noun(b)))),
    }
}

fn noun(kind: &Kind) -> &'static str {
    match kind {
        Kind::File { .. } => "file",
        Kind::Folder => "folder",
        Kind::Link(_) => "link",
    }
}

/// Returns the first byte, counted from 0, in which two files differ.
fn byte(first: &Path, second: &Path) -> Result<Option<u64>, WorkshopError> {
    let reading = |path: &Path, error: &io::Error| WorkshopError::File {
        doing: "reading",
        path: path.to_owned(),
        source: disk::bare(error),
    };
    let open = |path: &Path| {
        let file = fs_err::File::open(path).map_err(|e| reading(path, &e))?;
        Ok::<_, WorkshopError>(BufReader::with_capacity(1 << 16, file))
    };
    let (mut a, mut b) = (open(first)?, open(second)?);
    let mut at = 0;
    loop {
        let left = a.fill_buf().map_err(|e| reading(first, &e))?;
        let right = b.fill_buf().map_err(|e| reading(second, &e))?;
        let both = left.len().min(right.len());
        if let Some(n) = left.iter().zip(right).position(|(l, r)| l != r) {
            return Ok(Some(at + n as u64));
        }
        if both == 0 {
            return Ok((left.len() != right.len()).then_some(at));
        }
        a.consume(both);
        b.consume(both);
        at += both as u64;
    }
}

//! The end of a zip archive, where readers begin.

use fs_err::File;

use super::{fields::Fields, read_at};
use crate::workshop::archive::stop::Stop;

const SIGNATURE: [u8; 4] = *b"PK\x05\x06";
const LENGTH: u64 = 22;
const COMMENT: u64 = u16::MAX as u64;
const SIGNATURE_64: [u8; 4] = *b"PK\x06\x06";
const LENGTH_64: u64 = 56;
const LOCATOR: [u8; 4] = *b"PK\x06\x07";
const LOCATOR_LENGTH: u64 = 20;

/// Where the central directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) entries: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
}

/// Finds the one end record, which must be the last thing in the file.
pub(super) fn find(file: &mut File, length: u64) -> Result<End, Stop> {
    let tail_at = length.saturating_sub(LENGTH + COMMENT);
    let tail = read_at(file, tail_at, length - tail_at)?;
    let starts = |at: &usize| tail[*at..].starts_with(&SIGNATURE);
    let Some(at) = (0..tail.len()).rev().find(starts) else {
        return Err(Stop::because("it has no end record, or too much follows after it"));
    };
    let short = || Stop::because("its end record is cut off");
    let mut fields = Fields(&tail[at + 4..]);
    let disks = (fields.u16().ok_or_else(short)?, fields.u16().ok_or_else(short)?);
    let here = fields.u16().ok_or_else(short)?;
    let said = End {
        entries: u64::from(fields.u16().ok_or_else(short)?),
        size: u64::from(fields.u32().ok_or_else(short)?),
        offset: u64::from(fields.u32().ok_or_else(short)?),
    };
    let comment = usize::from(fields.u16().ok_or_else(short)?);
    if fields.0.len() < comment {
        return Err(Stop::because("the comment of its end record is cut off"));
    }
    if fields.0.len() > comment {
        return Err(Stop::because("something follows after its end record"));
    }
    if !matches!(disks, (0, 0) | (u16::MAX, u16::MAX)) || u64::from(here) != said.entries {
        return Err(Stop::because("it is one part of several"));
    }
    let at = tail_at + at as u64;
    let (end, directory_ends) = match long(file, at, &said)? {
        Some(long) => long,
        None if disks != (0, 0) => return Err(Stop::because("it is one part of several")),
        None => (said, at),
    };
    if end.offset.checked_add(end.size) != Some(directory_ends) {
        return Err(Stop::because(
            "its central directory does not end where its end record begins: something stands \
             before or between them",
        ));
    }
    Ok(end)
}

/// The end record of zip64, if there is one, and where it begins.
fn long(file: &mut File, end_at: u64, said: &End) -> Result<Option<(End, u64)>, Stop> {
    let refuse = |why: &str| Err(Stop::because(format!("its zip64 end record {why}")));
    let locator = match end_at.checked_sub(LOCATOR_LENGTH) {
        Some(at) => read_at(file, at, LOCATOR_LENGTH)?,
        None => Vec::new(),
    };
    let mut fields = Fields(&locator);
    // Without a field that is full nobody looks for a locator, but some do.
    if !fields.begins(LOCATOR) {
        let full = said.entries == u64::from(u16::MAX)
            || said.size == u64::from(u32::MAX)
            || said.offset == u64::from(u32::MAX);
        return if full { refuse("is missing") } else { Ok(None) };
    }
    let located = (fields.u32(), fields.u64(), fields.u32());
    let Some(at) = end_at.checked_sub(LOCATOR_LENGTH + LENGTH_64) else {
        return refuse("is cut off");
    };
    if !matches!(located, (Some(0), Some(place), Some(0 | 1)) if place == at) {
        return refuse("is not where its locator says");
    }
    let record = read_at(file, at, LENGTH_64)?;
    let mut fields = Fields(&record);
    let rest = fields.begins(SIGNATURE_64) && fields.u64() == Some(LENGTH_64 - 12);
    let _versions = fields.u32();
    let disks = (fields.u32(), fields.u32());
    if !rest || disks != (Some(0), Some(0)) {
        return refuse("is malformed");
    }
    let (here, entries, size, offset) = (fields.u64(), fields.u64(), fields.u64(), fields.u64());
    let (Some(entries), Some(size), Some(offset)) = (entries, size, offset) else {
        return refuse("is malformed");
    };
    let agrees = |short: u64, full: u64, long: u64| short == full || short == long;
    if here != Some(entries)
        || !agrees(said.entries, u64::from(u16::MAX), entries)
        || !agrees(said.size, u64::from(u32::MAX), size)
        || !agrees(said.offset, u64::from(u32::MAX), offset)
    {
        return refuse("disagrees with its end record");
    }
    Ok(Some((End { entries, size, offset }, at)))
}

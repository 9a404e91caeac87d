//! Zip, with sizes before the bytes, so that readers of streams need no guess.

use std::{
    io::{self, BufWriter, Seek, Write},
    path::Path,
};

use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::super::members::{Entry, Kind};

const LEVEL: i64 = 9;
/// The times that zip can tell: from 1980 to the last even second of 2107.
const FIRST: i64 = 315_532_800;
const LAST: i64 = 4_354_819_198;
/// From here on a member gets the fields of 64 bits: below what 32 can say, since what does not
/// shrink grows a little.
const LARGE: u64 = 4_000_000_000;

/// Writes all members, and the directory at the end.
pub(super) fn write<W: Write + Seek>(
    members: &[Entry],
    folder: &Path,
    epoch: i64,
    to: W,
) -> io::Result<()> {
    let plain = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(time(epoch)?);
    let mut zip = ZipWriter::new(BufWriter::new(to));
    for Entry { path, kind } in members {
        match kind {
            Kind::File { size, executable } => {
                let mode = if *executable { 0o755 } else { 0o644 };
                let options = plain.unix_permissions(mode).large_file(*size >= LARGE);
                zip.start_file(path, options)?;
                let copied = io::copy(&mut fs_err::File::open(folder.join(path))?, &mut zip)?;
                if copied != *size {
                    return Err(io::Error::other(format!("`{path}` changed while it was packed")));
                }
            }
            Kind::Folder => zip.add_directory(path, plain.unix_permissions(0o755))?,
            Kind::Link(target) => zip.add_symlink(path, target, plain.unix_permissions(0o777))?,
        }
    }
    zip.finish()?.flush()
}

fn time(epoch: i64) -> io::Result<DateTime> {
    let at = jiff::Timestamp::from_second(epoch.clamp(FIRST, LAST))
        .map_err(io::Error::other)?
        .to_zoned(jiff::tz::TimeZone::UTC);
    let part = |n: i8| u8::try_from(n).map_err(io::Error::other);
    DateTime::from_date_and_time(
        u16::try_from(at.year()).map_err(io::Error::other)?,
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        // Zip counts in steps of two seconds.
        part(at.second())? & !1,
    )
    .map_err(io::Error::other)
}

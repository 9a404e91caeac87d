//! Deterministic archives: the same members, the same bytes.
//!
//! Nothing of the machine gets in: members stand in the order of their paths' bytes, and only names,
//! contents, the owner's execute bit and one time are taken from the folder. Compressors run in one
//! thread at a fixed level.

mod hashed;
mod tarball;
mod zipped;

use std::{io, path::Path};

use flate2::{Compression, GzBuilder};
use liblzma::write::XzEncoder;

use self::hashed::Hashed;
use super::{
    error::WorkshopError,
    members::{Entry, Kind, members},
};
use crate::{
    disk,
    model::{ArchiveFormat, Sha256},
};

const GZIP_LEVEL: u32 = 9;
/// The highest that does not take more memory to unpack than small machines have.
const XZ_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 19;

/// Packs a folder: members in the order of their paths, owner 0, modes 0644 and 0755, all times
/// `epoch` (seconds since 1970). Returns size in bytes and digest. With [`ArchiveFormat::File`] the
/// folder's one file is copied as it is. What is at `to` is replaced.
///
/// # Errors
/// When it can't be read or written, or holds what an archive of ours may not: nothing at all, or
/// what is neither file, folder nor link.
pub fn pack(
    folder: &Path,
    format: ArchiveFormat,
    epoch: i64,
    to: &Path,
) -> Result<(u64, Sha256), WorkshopError> {
    let members = members(folder)?;
    if members.is_empty() {
        return Err(WorkshopError::output("it is empty".to_owned()));
    }
    let failed = |error: io::Error| WorkshopError::File {
        doing: "packing",
        path: to.to_owned(),
        source: disk::bare(&error),
    };
    if format == ArchiveFormat::File {
        let one = the_one_file(&members)?;
        return copy(&folder.join(one), to).map_err(failed);
    }
    write(&members, folder, format, epoch, to).map_err(failed)
}

fn write(
    members: &[Entry],
    folder: &Path,
    format: ArchiveFormat,
    epoch: i64,
    to: &Path,
) -> io::Result<(u64, Sha256)> {
    let out = || Ok::<_, io::Error>(Hashed::new(fs_err::File::create(to)?));
    match format {
        ArchiveFormat::TarGz => {
            // Neither a name nor a time, and an unknown system, stand in the header.
            let gzip = GzBuilder::new().mtime(0).write(out()?, Compression::new(GZIP_LEVEL));
            tarball::write(members, folder, epoch, gzip)?.finish()?.finish()
        }
        ArchiveFormat::TarXz => {
            let xz = XzEncoder::new(out()?, XZ_LEVEL);
            tarball::write(members, folder, epoch, xz)?.finish()?.finish()
        }
        ArchiveFormat::TarZst => {
            let mut zstd = zstd::Encoder::new(out()?, ZSTD_LEVEL)?;
            zstd.include_checksum(true)?;
            tarball::write(members, folder, epoch, zstd)?.finish()?.finish()
        }
        ArchiveFormat::Zip => {
            zipped::write(members, folder, epoch, fs_err::File::create(to)?)?;
            // Sizes stand before the bytes that they are of: the file is written back and forth.
            let mut hashed = Hashed::new(io::sink());
            io::copy(&mut fs_err::File::open(to)?, &mut hashed)?;
            hashed.finish()
        }
        ArchiveFormat::File => Err(io::Error::other("a file is no archive")),
    }
}

fn the_one_file(members: &[Entry]) -> Result<&str, WorkshopError> {
    match members {
        [Entry { path, kind: Kind::File { .. } }] => Ok(path),
        [Entry { path, .. }] => Err(WorkshopError::output(format!(
            "`archive = \"file\"` takes exactly one file, and `{path}` is none"
        ))),
        [first, second, ..] => Err(WorkshopError::output(format!(
            "`archive = \"file\"` takes exactly one file, and there are `{}` and `{}`",
            first.path, second.path
        ))),
        [] => Err(WorkshopError::output("it is empty".to_owned())),
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<(u64, Sha256)> {
    let mut out = Hashed::new(fs_err::File::create(to)?);
    io::copy(&mut fs_err::File::open(from)?, &mut out)?;
    out.finish()
}

//! What an archive may hold: one strict walk over its headers. The same walk judges an archive before
//! anything is unpacked and judges it again while it is: what one pass lets through the other can't
//! read differently.

mod kind;
mod meter;
mod names;
mod roster;
mod stop;
mod tar;
mod zip;

use std::{
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use fs_err::File;

use super::error::WorkshopError;
use kind::Kind;
pub(super) use names::member_path;
pub(super) use stop::{Stop, shown};

/// How much an archive may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Bytes of all members together.
    pub total: u64,
    /// Members, and the folders that their paths imply.
    pub members: u64,
    /// Bytes of one member.
    pub member: u64,
    /// Folders in a path.
    pub depth: usize,
    /// Bytes of a path.
    pub name: usize,
    /// Unpacked bytes for each packed one, above the first MiB.
    pub ratio: u64,
}

impl Default for ArchiveLimits {
    /// 2 GiB, 100,000 members, 1 GiB each, 64 folders, 1,024 bytes, 100 to 1.
    fn default() -> Self {
        Self {
            total: 2 << 30,
            members: 100_000,
            member: 1 << 30,
            depth: 64,
            name: 1024,
            ratio: 100,
        }
    }
}

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberKind {
    /// A file. A hard link to an earlier file is one too: a copy of it.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, and where it points to; within the archive.
    Link(String),
}

/// A member of an archive that was let through.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Member {
    /// Its path, `/` between the parts, without a leading `./`.
    pub path: String,
    /// What it is.
    pub kind: MemberKind,
    /// Size in bytes; 0 but for files.
    pub size: u64,
    /// Whether it may be executed.
    pub executable: bool,
}

/// Where a member's bytes come from.
pub(super) enum Content<'a> {
    /// It has none: a folder or a link.
    None,
    /// From here: exactly as many as the member's size.
    Bytes(&'a mut dyn Read),
    /// They are those of an earlier file.
    CopyOf(&'a str),
}

/// Takes members as the walk lets them through, in the order in which they lie in the archive. A
/// folder that is repeated comes once.
pub(super) trait Sink {
    fn take(&mut self, member: &Member, content: Content<'_>) -> Result<(), Stop>;
}

/// Takes nothing: the first pass.
struct Nowhere;

impl Sink for Nowhere {
    fn take(&mut self, _: &Member, content: Content<'_>) -> Result<(), Stop> {
        if let Content::Bytes(bytes) = content {
            io::copy(bytes, &mut io::sink())?;
        }
        Ok(())
    }
}

/// Walks over an archive and refuses what could do harm: names that lead out or that two systems
/// read differently, links out of it, special files, headers that disagree with each other, and more
/// than the limits allow. The kind follows from the bytes, not from the name. None: it is no archive
/// that depstate unpacks; a single compressed file is none.
///
/// # Errors
/// [`WorkshopError::Archive`] with the member's name.
pub fn check(path: &Path, limits: &ArchiveLimits) -> Result<Option<Vec<Member>>, WorkshopError> {
    let mut file = open(path)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    walk(&mut file, limits, &mut Nowhere).map_err(|stop| stop.told(&name))
}

/// The same for a file that is open, without keeping anything.
pub(super) fn judge(file: &mut File, limits: &ArchiveLimits) -> Result<Option<Vec<Member>>, Stop> {
    walk(file, limits, &mut Nowhere)
}

/// Walks from the beginning of a file and hands its members on.
pub(super) fn walk(
    file: &mut File,
    limits: &ArchiveLimits,
    sink: &mut dyn Sink,
) -> Result<Option<Vec<Member>>, Stop> {
    file.seek(SeekFrom::Start(0))?;
    let length = file.metadata()?.len();
    let kind = Kind::of(file)?;
    file.seek(SeekFrom::Start(0))?;
    match kind {
        None => Ok(None),
        Some(Kind::Zip) => zip::walk(file, length, limits, sink).map(Some),
        Some(Kind::Tar(packing)) => {
            let mut stream = packing.unpacked(file, length, limits)?;
            tar::walk(&mut stream, limits, sink)
        }
    }
}

/// Opens a file to be read.
pub(super) fn open(path: &Path) -> Result<File, WorkshopError> {
    File::open(path).map_err(|error| WorkshopError::File {
        doing: "reading",
        path: path.to_owned(),
        source: error,
    })
}

//! What an archive may hold: one strict walk over its headers before anything is unpacked.

use std::path::Path;

use super::error::WorkshopError;

/// How much an archive may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Bytes of all members together.
    pub total: u64,
    /// Members.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, and where it points to; within the archive.
    Link(String),
}

/// A member of an archive that was let through.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// Walks over an archive and refuses what could do harm: see `unpack`. The kind follows from the
/// bytes, not from the name. None: it is no archive that depstate unpacks.
///
/// # Errors
/// [`WorkshopError::Archive`] with the member's name.
pub fn check(path: &Path, limits: &ArchiveLimits) -> Result<Option<Vec<Member>>, WorkshopError> {
    let _todo = (path, limits);
    Ok(None)
}

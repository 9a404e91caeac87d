//! Unpacking, in a limited step of its own.

use std::path::Path;

use super::{
    archive::{ArchiveLimits, Member},
    error::WorkshopError,
    run::Machine,
};

/// What became of a file that was to be unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unpacked {
    /// Its members are in the folder.
    Members(Vec<Member>),
    /// It is no archive: it lies in the folder as it is, under its name.
    Single,
}

/// Unpacks a file into an empty folder, in a helper process that may write nothing else.
///
/// # Errors
/// [`WorkshopError::Archive`]: nothing is left in the folder.
pub async fn unpack(
    file: &Path,
    name: &str,
    into: &Path,
    limits: &ArchiveLimits,
    machine: &Machine,
) -> Result<Unpacked, WorkshopError> {
    let _todo = (file, name, into, limits, machine);
    Ok(Unpacked::Single)
}

/// The same in this process: what the helper does.
///
/// # Errors
/// As [`unpack`].
pub fn unpack_here(
    file: &Path,
    name: &str,
    into: &Path,
    limits: &ArchiveLimits,
) -> Result<Unpacked, WorkshopError> {
    let _todo = (file, name, into, limits);
    Ok(Unpacked::Single)
}

//! Deterministic archives: the same members, the same bytes.

use std::path::Path;

use super::error::WorkshopError;
use crate::model::{ArchiveFormat, Sha256};

/// Packs a folder: members in the order of their paths, owner 0, modes 0644 and 0755, all times
/// `epoch` (seconds since 1970). Returns size in bytes and digest.
///
/// # Errors
/// When it can't be read or written, or holds what an archive of ours may not.
pub fn pack(
    folder: &Path,
    format: ArchiveFormat,
    epoch: i64,
    to: &Path,
) -> Result<(u64, Sha256), WorkshopError> {
    let _todo = (folder, format, epoch, to);
    Ok((0, Sha256::of(b"")))
}

//! What tells two states of a file apart.

use std::{fs::Metadata, io, time::UNIX_EPOCH};

use jiff::Timestamp;

use crate::model::{ObjectKey, ObjectMeta, Revision, Sha256};

/// Up to this size, in bytes, a document's revision is its digest.
const SMALL: u64 = 64 * 1024;

/// Tells whether the revision of a key with this size is the SHA-256 of its bytes.
pub(super) fn is_hashed(key: &ObjectKey, size: u64) -> bool {
    let bytes_of_others =
        key.as_str().starts_with("artifacts/") || key.as_str().starts_with("side/");
    size <= SMALL && !bytes_of_others
}

/// Returns what is known of a file. `read` is asked for its bytes where the revision needs them.
pub(super) fn describe(
    key: &ObjectKey,
    metadata: &Metadata,
    read: impl FnOnce() -> io::Result<Sha256>,
) -> io::Result<ObjectMeta> {
    let modified = metadata.modified().ok();
    let digest = if is_hashed(key, metadata.len()) { Some(read()?) } else { None };
    let revision = if let Some(digest) = digest {
        digest.to_string()
    } else {
        let nanoseconds = modified
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .map_or(0, |time| time.as_nanos());
        format!("{:x}-{nanoseconds:x}-{:x}", metadata.len(), inode(metadata))
    };
    Ok(ObjectMeta {
        size: metadata.len(),
        revision: Revision(revision),
        modified: modified.and_then(|time| Timestamp::try_from(time).ok()),
        checksum: digest.map(Into::into),
    })
}

/// The clock of many file systems ticks in milliseconds: two files of one size may share a time of
/// change, but not an inode while both are there.
#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_metadata: &Metadata) -> u64 {
    0
}

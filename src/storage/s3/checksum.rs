//! Checksums as S3 writes them, and entity tags.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crc_fast::{CrcAlgorithm, checksum, checksum_combine};
use md5::Digest as _;

use crate::model::{Digest, Revision, Sha256};

/// A CRC-64/NVME and the number of bytes that it is of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Crc {
    value: u64,
    pub(super) size: u64,
}

impl Crc {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { value: checksum(CrcAlgorithm::Crc64Nvme, bytes), size: bytes.len() as u64 }
    }

    /// Counts bytes without a checksum.
    pub(super) fn unknown(size: usize) -> Self {
        Self { value: 0, size: size as u64 }
    }

    /// Appends what follows.
    pub(super) fn append(&mut self, next: Self) {
        // The algorithm is linear: nothing is read again.
        self.value = if self.size == 0 {
            next.value
        } else {
            checksum_combine(CrcAlgorithm::Crc64Nvme, self.value, next.value, next.size)
        };
        self.size += next.size;
    }

    /// Returns it as S3 writes it: Base64 of eight bytes, most significant first.
    pub(super) fn text(self) -> String {
        STANDARD.encode(self.value.to_be_bytes())
    }
}

/// Returns a SHA-256 as S3 writes it.
pub(super) fn encode(digest: &Sha256) -> String {
    STANDARD.encode(digest.0)
}

/// Reads a SHA-256 as S3 writes it. One with a `-N` behind is of parts' checksums: of no use here.
pub(super) fn decode(text: &str) -> Option<Digest> {
    let bytes: [u8; 32] = STANDARD.decode(text).ok()?.try_into().ok()?;
    Some(Sha256(bytes).into())
}

/// Returns an entity tag without its quotes: so it is the same in listings and headers.
pub(super) fn revision(tag: &str) -> Revision {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    Revision(tag.trim_matches('"').to_owned())
}

/// Returns a revision as a header's value.
pub(super) fn quoted(revision: &Revision) -> String {
    format!("\"{}\"", revision.0)
}

/// Tells whether an entity tag that looks like an MD5 is that of other bytes.
pub(super) fn is_of_others(revision: &Revision, bytes: &[u8]) -> bool {
    let looks = revision.0.len() == 32 && revision.0.bytes().all(|b| b.is_ascii_hexdigit());
    looks && !revision.0.eq_ignore_ascii_case(&hex::encode(md5::Md5::digest(bytes)))
}

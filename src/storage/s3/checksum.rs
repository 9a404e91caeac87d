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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_is_the_catalogued_one() {
        // The check value of CRC-64/NVME in the catalogue of parametrised CRC algorithms.
        assert_eq!(Crc::of(b"123456789").value, 0xae8b_1486_0a79_9888);
        assert_eq!(Crc::of(b"123456789").text(), "rosUhgp5mIg=");
    }

    #[test]
    fn parts_make_the_whole() {
        let mut crc = Crc::default();
        for part in [&b"12"[..], b"", b"3456", b"789"] {
            crc.append(Crc::of(part));
        }
        assert_eq!(crc.text(), Crc::of(b"123456789").text());
        assert_eq!(crc.size, 9);
    }

    #[test]
    fn tags_lose_their_quotes_and_get_them_back() {
        assert_eq!(revision("\"abc-2\""), revision("abc-2"));
        assert_eq!(revision("W/\"abc\"").0, "abc");
        assert_eq!(quoted(&revision("\"abc-2\"")), "\"abc-2\"");
    }

    #[test]
    fn only_what_looks_like_an_md5_is_compared() {
        let of_abc = "900150983cd24fb0d6963f7d28e17f72";
        assert!(!is_of_others(&revision(of_abc), b"abc"));
        assert!(!is_of_others(&revision(&of_abc.to_uppercase()), b"abc"));
        assert!(is_of_others(&revision(of_abc), b"abd"));
        assert!(!is_of_others(&revision(&format!("{of_abc}-3")), b"abd"));
    }
}

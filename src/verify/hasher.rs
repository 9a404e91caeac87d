//! Hashes bytes as they pass.

use sha2::Digest as _;

use crate::model::{Algorithm, Digest, Sha256};

/// How many of the first bytes are kept.
const FIRST: usize = 512;

/// Hashes bytes as they pass: one pass, whatever was promised.
#[derive(Debug, Clone)]
pub struct Hasher {
    size: u64,
    sha256: sha2::Sha256,
    sha512: Option<sha2::Sha512>,
    first: Vec<u8>,
}

/// What bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashed {
    /// Their number.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: Sha256,
    /// Their SHA-512, if it was asked for.
    pub sha512: Option<Digest>,
    /// The first 512 of them, to say what they look like.
    pub first: Vec<u8>,
}

impl Hasher {
    /// Makes a hasher for SHA-256, and for what upstream gives besides.
    pub fn new(extra: Option<Algorithm>) -> Self {
        let sha512 = match extra {
            Some(Algorithm::Sha512) => Some(sha2::Sha512::new()),
            Some(Algorithm::Sha256) | None => None,
        };
        Self { size: 0, sha256: sha2::Sha256::new(), sha512, first: Vec::new() }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.sha256.update(bytes);
        if let Some(sha512) = &mut self.sha512 {
            sha512.update(bytes);
        }
        let room = FIRST - self.first.len();
        self.first.extend_from_slice(&bytes[..room.min(bytes.len())]);
    }

    /// Says what the bytes were.
    pub fn finish(self) -> Hashed {
        let sha512 = self.sha512.map(sha2::Sha512::finalize);
        Hashed {
            size: self.size,
            sha256: Sha256(self.sha256.finalize().into()),
            sha512: sha512.and_then(|hash| Digest::new(Algorithm::Sha512, &hash).ok()),
            first: self.first,
        }
    }
}

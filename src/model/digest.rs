//! Digests, and how one came to be trusted.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A SHA-256, shown as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// Hashes bytes that are in memory.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Returns the first eight hex digits, for file names and short lines.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..4])
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = BadDigest;
    /// Reads 64 hex digits of either case.
    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| BadDigest { text: text.chars().take(200).collect() })?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Sha256 {
    type Error = BadDigest;
    fn try_from(text: String) -> Result<Self, BadDigest> {
        text.parse()
    }
}

impl Serialize for Sha256 {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A digest algorithm that counts as verification. (MD5 and SHA-1 do not.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// SHA-256 (FIPS 180-4), 32 bytes.
    Sha256,
    /// SHA-512 (FIPS 180-4), 64 bytes.
    Sha512,
}

impl Algorithm {
    /// Returns the name before the colon: `sha256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Returns the digest's length in bytes.
    pub const fn size(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// A digest as upstream gives it. Text form: `sha512:<hex>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest {
    algorithm: Algorithm,
    bytes: Vec<u8>,
}

impl Digest {
    /// Wraps raw bytes.
    ///
    /// # Errors
    /// When the length is not the algorithm's.
    pub fn new(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, BadDigest> {
        if bytes.len() == algorithm.size() {
            Ok(Self { algorithm, bytes: bytes.to_vec() })
        } else {
            Err(BadDigest { text: hex::encode(bytes) })
        }
    }

    /// Reads hex digits of either case.
    ///
    /// # Errors
    /// When it is not hex or not of the algorithm's length.
    pub fn from_hex(algorithm: Algorithm, text: &str) -> Result<Self, BadDigest> {
        hex::decode(text)
            .ok()
            .and_then(|bytes| Self::new(algorithm, &bytes).ok())
            .ok_or_else(|| BadDigest { text: text.chars().take(200).collect() })
    }

    /// Returns the algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the raw bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the lower-case hex digits, without the algorithm's name.
    pub fn hex(&self) -> String {
        hex::encode(&self.bytes)
    }

    /// Returns the digest as a SHA-256, if it is one.
    pub fn sha256(&self) -> Option<Sha256> {
        match self.algorithm {
            Algorithm::Sha256 => self.bytes.as_slice().try_into().ok().map(Sha256),
            Algorithm::Sha512 => None,
        }
    }
}

impl From<Sha256> for Digest {
    fn from(digest: Sha256) -> Self {
        Self { algorithm: Algorithm::Sha256, bytes: digest.0.to_vec() }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = BadDigest;
    /// Reads `sha256:<hex>` or `sha512:<hex>`.
    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let bad = || BadDigest { text: text.chars().take(200).collect() };
        match text.split_once(':').ok_or_else(bad)? {
            ("sha256", rest) => Self::from_hex(Algorithm::Sha256, rest),
            ("sha512", rest) => Self::from_hex(Algorithm::Sha512, rest),
            _ => Err(bad()),
        }
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The SHA-256 over everything that decides an artifact's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InputDigest(pub Sha256);

/// How a digest came to be trusted, strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Trust on first use: nothing upstream vouches for the bytes.
    Tofu,
    /// The version index gave the digest.
    Index,
    /// A checksum file of upstream's gave it.
    ChecksumFile,
    /// deps.toml gives it.
    Given,
    /// A signature covers it.
    Signed,
}

impl Evidence {
    /// Returns the word in files and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tofu => "tofu",
            Self::Index => "index",
            Self::ChecksumFile => "checksum-file",
            Self::Given => "given",
            Self::Signed => "signed",
        }
    }
}

/// A text that is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a SHA-256 or SHA-512")]
pub struct BadDigest {
    /// What was given.
    pub text: String,
}

//! Objects of a store.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Digest;

/// A key below the prefix, with `/` between segments and no leading one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Wraps a key that is already escaped.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Escapes one segment of a key (PROTOCOL: every byte outside `A-Za-z0-9._-`, and a leading
    /// `.`, becomes `~` and two lower-case hex digits). No two names meet; `..` can't climb.
    pub fn segment(name: &str) -> String {
        use std::fmt::Write as _;
        let mut out = String::with_capacity(name.len());
        for (n, b) in name.bytes().enumerate() {
            let plain = b.is_ascii_alphanumeric() || b == b'_' || b == b'-' || (b == b'.' && n > 0);
            if plain {
                out.push(char::from(b));
            } else {
                // Writing to a String can't fail.
                let _infallible = write!(out, "~{b:02x}");
            }
        }
        out
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a store says to tell two states of an object apart (an `ETag`). Opaque.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub String);

/// What a store says of an object without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// Size in bytes.
    pub size: u64,
    /// The state of the object.
    pub revision: Revision,
    /// Last change, by the store's clock.
    pub modified: Option<Timestamp>,
    /// A full-object digest that the store keeps, where it does.
    pub checksum: Option<Digest>,
}

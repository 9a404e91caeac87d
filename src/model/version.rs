//! A version's text, as an identity.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The part of an upstream name that the scheme recognises, verbatim.
///
/// At most 64 of `[0-9A-Za-z.+_~:-]`, the first a letter or digit. Two spellings are two versions;
/// how versions *order* is the scheme's word ([`super::Scheme::order`]).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(String);

impl Version {
    /// Checks and wraps a version's text.
    ///
    /// # Errors
    /// When it is empty, too long, or has a letter that a version may not have.
    pub fn new(text: impl Into<String>) -> Result<Self, BadVersion> {
        let text = text.into();
        let letters = text.bytes().all(|b| b.is_ascii_alphanumeric() || b".+_~:-".contains(&b));
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if letters && first && text.len() <= 64 { Ok(Self(text)) } else { Err(BadVersion { text }) }
    }

    /// Returns the version's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Version {
    type Error = BadVersion;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.0
    }
}

/// A text that can't be a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` can't be a version")]
pub struct BadVersion {
    /// What was given.
    pub text: String,
}

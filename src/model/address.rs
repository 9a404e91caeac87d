//! What an artifact is called: `ruby@3.3.6/jammy-amd64`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{TargetName, Version};

/// The id of a dependency: `[a-z0-9][a-z0-9._-]{0,63}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DependencyId(String);

impl DependencyId {
    /// Checks and wraps an id.
    ///
    /// # Errors
    /// When the text is not `[a-z0-9][a-z0-9._-]{0,63}`.
    pub fn new(text: impl Into<String>) -> Result<Self, BadAddress> {
        let text = text.into();
        let ok = (1..=64).contains(&text.len())
            && text.bytes().enumerate().all(|(n, b)| match b {
                b'a'..=b'z' | b'0'..=b'9' => true,
                b'.' | b'_' | b'-' => n > 0,
                _ => false,
            });
        if ok { Ok(Self(text)) } else { Err(BadAddress { text }) }
    }

    /// Returns the id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DependencyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for DependencyId {
    type Error = BadAddress;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<DependencyId> for String {
    fn from(id: DependencyId) -> Self {
        id.0
    }
}

/// One artifact: a dependency at a version for a target.
///
/// Ordered by id, version *text* and target: an order for maps. What people read is sorted newest
/// first by the dependency's scheme.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// The dependency.
    pub dependency: DependencyId,
    /// Its version.
    pub version: Version,
    /// The target; `any` where there is only one.
    pub target: TargetName,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}@{}/{}", self.dependency, self.version, self.target))
    }
}

impl FromStr for Address {
    type Err = BadAddress;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadAddress { text: text.to_owned() };
        let (dependency, rest) = text.split_once('@').ok_or_else(bad)?;
        let (version, target) = rest.rsplit_once('/').ok_or_else(bad)?;
        Ok(Self {
            dependency: DependencyId::new(dependency)?,
            version: Version::new(version).map_err(|_| bad())?,
            target: TargetName::new(target).map_err(|_| bad())?,
        })
    }
}

impl TryFrom<String> for Address {
    type Error = BadAddress;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

/// A text that is no id, target name or address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a name depstate can use")]
pub struct BadAddress {
    /// What was given.
    pub text: String,
}

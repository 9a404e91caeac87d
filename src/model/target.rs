//! What an artifact is for: an operating system, architecture, distribution.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::BadAddress;

/// The name of a target: at most 64 of `[A-Za-z0-9._-]`, the first a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TargetName(String);

impl TargetName {
    /// Checks and wraps a name.
    ///
    /// # Errors
    /// When the text is no target name.
    pub fn new(text: impl Into<String>) -> Result<Self, BadAddress> {
        let text = text.into();
        let letters = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if letters && first && text.len() <= 64 { Ok(Self(text)) } else { Err(BadAddress { text }) }
    }

    /// Returns the target of a dependency that names none.
    pub fn any() -> Self {
        Self("any".to_owned())
    }

    /// Returns the name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for TargetName {
    type Error = BadAddress;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<TargetName> for String {
    fn from(name: TargetName) -> Self {
        name.0
    }
}

/// A declared target. `any` needs no declaration and is then [`Target::default`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Target {
    /// Go's word for the operating system (`linux`); none for `any`.
    pub os: Option<String>,
    /// Go's word for the architecture (`amd64`); none for `any`.
    pub arch: Option<String>,
    /// The distribution, where it matters.
    pub distro: Option<Distro>,
    /// Buildpack stacks that the target serves.
    pub stacks: Vec<String>,
    /// Free names for templates: `{{ target.vars.libc }}`.
    pub vars: BTreeMap<String, String>,
    /// The container image of builds and tests for it, pinned by digest.
    pub image: Option<String>,
}

/// A Linux distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Distro {
    /// Its name, `ubuntu`.
    pub name: String,
    /// Its version, `22.04`.
    pub version: Option<String>,
}

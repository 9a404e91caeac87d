//! What the names of a template stand for.

use std::collections::BTreeMap;

use crate::model::Target;

/// What the names of a template stand for. What is absent is not defined, and naming it an error.
#[derive(Debug, Clone, Copy, Default)]
pub struct Values<'a> {
    /// The dependency's id.
    pub id: &'a str,
    /// The version.
    pub version: &'a str,
    /// What upstream calls it.
    pub upstream: &'a str,
    /// `major`, `minor`, `patch`; 0 where there is none.
    pub numbers: [u64; 3],
    /// Upstream's word for the operating system, after `replacements`.
    pub os: Option<&'a str>,
    /// Upstream's word for the architecture, after `replacements`.
    pub arch: Option<&'a str>,
    /// The target's name.
    pub target_name: &'a str,
    /// What is declared for the target.
    pub target: Option<&'a Target>,
    /// The groups of `extract`.
    pub matches: Option<&'a BTreeMap<String, String>>,
    /// What else the row holds; only while the index is read.
    pub release: Option<&'a BTreeMap<String, serde_json::Value>>,
    /// The file's address.
    pub url: Option<&'a str>,
    /// The ending of the file's name.
    pub ext: Option<&'a str>,
    /// The file's SHA-256, 64 hex digits.
    pub sha256: Option<&'a str>,
    /// The id and version of a sub-dependency.
    pub extra: Option<(&'a str, &'a str)>,
}

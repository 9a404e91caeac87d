//! What consumers read beside an artifact's bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Metadata of an artifact, fully expanded. A change of it alone is an `update`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Metadata {
    /// The product's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// SPDX expressions that all apply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<String>,
    /// CPE 2.3 names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cpe: Vec<String>,
    /// Package URLs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub purl: Vec<String>,
    /// End of support, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eol: Option<jiff::civil::Date>,
    /// The operating system of the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// The architecture of the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// Stacks of the target.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stacks: Vec<String>,
    /// The free `metadata` table of deps.toml.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, serde_json::Value>,
}

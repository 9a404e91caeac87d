//! How one artifact is made and tried: [`super::BuildRule`] and [`super::TestRule`] with everything
//! expanded for one address.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Address, ArchiveFormat, Evidence, Executor, InputDigest, Limits, Repack, Sha256};

/// The version of the build contract: what a script finds and what becomes of its output. It is part
/// of every input digest.
pub const CONTRACT: u32 = 1;

/// Files beside deps.toml that builds and tests name, by their path relative to deps.toml with `/`
/// between the parts.
pub type Tree = BTreeMap<String, TreeFile>;

/// A file beside deps.toml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// Its bytes' SHA-256.
    pub sha256: Sha256,
    /// Whether it may be executed: the one part of its mode that git keeps.
    pub executable: bool,
}

/// How an artifact is made of its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The script's path relative to deps.toml; else there is `repack`.
    pub script: Option<String>,
    /// Paths of all files that it may read, the script among them, relative to deps.toml.
    pub inputs: BTreeSet<String>,
    /// What the script finds in its environment beside what the contract says.
    pub env: BTreeMap<String, String>,
    /// Where it runs.
    pub executor: Executor,
    /// The image, pinned by digest; with [`Executor::Container`] always there.
    pub image: Option<String>,
    /// Other managed artifacts, by their dependency's id.
    pub needs: BTreeMap<String, Need>,
    /// What becomes of the output folder.
    pub archive: ArchiveFormat,
    /// Steps without a script.
    pub repack: Option<Repack>,
    /// Whether it may use the network.
    pub network: bool,
    /// Whether it is built twice and compared.
    pub reproducible: bool,
    /// What it may take at most.
    pub limits: Limits,
}

/// What is tried with the file that will be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The script's path relative to deps.toml.
    pub script: Option<String>,
    /// Paths of all files that it may read, the script among them, relative to deps.toml.
    pub inputs: BTreeSet<String>,
    /// Globs on members of the unpacked file, of which each must fit at least one.
    pub files: Vec<String>,
    /// A command in the unpacked file, and its arguments; may be empty.
    pub run: Vec<String>,
    /// What the output of `run`, or of the script, must contain.
    pub stdout: Option<String>,
    /// What `run` must answer.
    pub http: Option<HttpCheck>,
    /// What it finds in its environment beside what the contract says.
    pub env: BTreeMap<String, String>,
    /// Where it runs.
    pub executor: Executor,
    /// The image, pinned by digest; with [`Executor::Container`] always there.
    pub image: Option<String>,
    /// Other managed artifacts, by their dependency's id.
    pub needs: BTreeMap<String, Need>,
    /// Whether it may use the network.
    pub network: bool,
    /// What it may take at most.
    pub limits: Limits,
}

/// What a server under test must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpCheck {
    /// The address, of this machine alone.
    pub url: String,
    /// The status.
    pub status: u16,
    /// What the answer must contain.
    pub contains: Option<String>,
}

/// Another managed artifact that a build or test is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Which.
    pub address: Address,
    /// The digest of its inputs; none: not known yet.
    pub input: Option<InputDigest>,
    /// The name that it is published by, which whoever needs it sees.
    pub file: String,
}

/// A sub-dependency's file: in deps.lock, in records, and on its way there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ExtraFile {
    /// Its version, as deps.toml says it.
    pub version: String,
    /// Its address, as in deps.lock.
    pub url: String,
    /// Size in bytes, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Its bytes' SHA-256; none: not known yet. In deps.lock and in records it always is.
    pub sha256: Option<Sha256>,
    /// How the digest came to be trusted.
    pub evidence: Evidence,
}

/// What a record says of how its bytes were made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct BuildEvidence {
    /// The build contract's version.
    pub contract: u32,
    /// Where it ran, and how well shut in: `sandbox (bubblewrap)`, `sandbox (landlock)`, `host`, …
    pub executor: String,
    /// The image, pinned by digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Whether it had the network.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub network: bool,
    /// Whether a second build gave the same bytes; none: nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reproduced: Option<bool>,
    /// SHA-256 of what it said.
    pub log_sha256: Sha256,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// What a record says of how its bytes were tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TestEvidence {
    /// Where it ran, and how well shut in.
    pub executor: String,
    /// The image, pinned by digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// SHA-256 of what it said.
    pub log_sha256: Sha256,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// The output of a build, kept so that nobody has to build it again: in `.depstate/cache` and, for
/// other machines, in the bucket below `cache/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct BuiltOutput {
    /// The digest of all that it was made from.
    pub input: InputDigest,
    /// Its bytes' SHA-256.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// How it was made.
    pub build: BuildEvidence,
    /// The licences that were found in it; none: nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licenses: Option<Vec<String>>,
}

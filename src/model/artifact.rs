//! What deps.toml asks for, fully expanded.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Address, Digest, Evidence, ExtraFile, InputDigest, Metadata, Recipe, Sha256, Signer, Trial,
};

/// A wanted artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its address.
    pub address: Address,
    /// What upstream calls the version.
    pub upstream: String,
    /// When upstream released it.
    pub released: Option<Timestamp>,
    /// Where its bytes come from.
    pub source: SourceFile,
    /// The published file's name, unescaped.
    pub file: String,
    /// The digest of everything that decides its bytes; none while the source's digest is not
    /// known (`digest: at apply`).
    pub input: Option<InputDigest>,
    /// The inputs by name, to show what changed.
    pub inputs: BTreeMap<InputName, Sha256>,
    /// What consumers read. Where `input` is none, texts that name the digest are still empty.
    pub metadata: Metadata,
    /// Whether the licences are found out from the unpacked file; what stands in `metadata` are
    /// none, then.
    pub detect_licenses: bool,
    /// How it is made of its source; none: the source's file is published as it is.
    pub recipe: Option<Box<Recipe>>,
    /// What is tried with it before it is published.
    pub trial: Option<Box<Trial>>,
}

impl Artifact {
    /// Returns `SOURCE_DATE_EPOCH`: seconds since 1970 of the release, else those of 1980, the first
    /// day that a zip archive can tell.
    pub fn epoch(&self) -> i64 {
        self.released.map_or(315_532_800, Timestamp::as_second)
    }
}

/// Where an artifact's bytes come from, and what they must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The addresses, tried in turn where the one before answers 404 or 410; at least one.
    pub urls: Vec<String>,
    /// Size in bytes, where it is known.
    pub size: Option<u64>,
    /// The SHA-256 that the bytes must have; none: not known yet.
    pub sha256: Option<Sha256>,
    /// The digest that upstream gives, where it is another.
    pub upstream_digest: Option<Digest>,
    /// How the digest came to be trusted.
    pub evidence: Evidence,
    /// Who signed; none with `signed`: a signature is wanted and was not checked yet, so nothing may
    /// be published.
    pub signer: Option<Signer>,
    /// Sub-dependencies that its build is given, by id.
    pub extra: BTreeMap<String, ExtraFile>,
}

/// One of the things that decide an artifact's bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InputName(pub String);

impl InputName {
    /// The upstream file.
    pub fn source() -> Self {
        Self("source".to_owned())
    }

    /// A file beside deps.toml, by its path relative to that. A name with a slash is always one: no
    /// other input's has any.
    pub fn file(path: &str) -> Self {
        Self(if path.contains('/') { path.to_owned() } else { format!("./{path}") })
    }

    /// Returns the path, relative to deps.toml, if this is a file beside it.
    pub fn as_file(&self) -> Option<&str> {
        self.0.contains('/').then(|| self.0.strip_prefix("./").unwrap_or(&self.0))
    }
}

impl fmt::Display for InputName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

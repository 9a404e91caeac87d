//! The meaning of deps.lock: what was decided. (Its text is the `lock` room's business.)

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    Address, DependencyId, Digest, Evidence, ExtraFile, LockedLines, Sha256, Signer, TargetName,
    Version,
};

/// Every decision, by dependency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    /// The dependencies by id.
    pub dependencies: BTreeMap<DependencyId, LockedDependency>,
}

impl Lock {
    /// Returns the addresses of all locked artifacts.
    pub fn addresses(&self) -> Vec<Address> {
        let mut addresses = Vec::new();
        for (id, dependency) in &self.dependencies {
            for release in &dependency.releases {
                addresses.extend(release.artifacts.keys().map(|target| Address {
                    dependency: id.clone(),
                    version: release.version.clone(),
                    target: target.clone(),
                }));
            }
        }
        addresses
    }

    /// Returns the locked artifact of an address.
    pub fn artifact(&self, address: &Address) -> Option<&LockedArtifact> {
        self.dependencies
            .get(&address.dependency)?
            .release(&address.version)?
            .artifacts
            .get(&address.target)
    }
}

/// What was decided for one dependency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockedDependency {
    /// Digest of the question that this answers; none: not settled, to be asked again.
    pub asked: Option<Sha256>,
    /// Which source answered: 0 the first, else the n-th entry of its `fallback`.
    pub fallback: usize,
    /// What a schedule said, and what had come to its end.
    pub lines: LockedLines,
    /// The wanted releases, newest first.
    pub releases: Vec<LockedRelease>,
}

impl LockedDependency {
    /// Finds a release by its version.
    pub fn release(&self, version: &Version) -> Option<&LockedRelease> {
        self.releases.iter().find(|release| release.version == *version)
    }
}

/// One locked version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedRelease {
    /// The version.
    pub version: Version,
    /// What upstream calls it.
    pub upstream: String,
    /// When upstream released it, where the source says so.
    pub released: Option<Timestamp>,
    /// The files by target.
    pub artifacts: BTreeMap<TargetName, LockedArtifact>,
}

/// One locked file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedArtifact {
    /// The address as expanded, before redirects and rewriting. `registry:` and `dir:` stand for
    /// the address of the driver's own place.
    pub url: String,
    /// Size in bytes, where it is known.
    pub size: Option<u64>,
    /// The bytes' SHA-256.
    pub sha256: Sha256,
    /// The digest that upstream gives, where it is another.
    pub upstream_digest: Option<Digest>,
    /// How the digest came to be trusted.
    pub evidence: Evidence,
    /// Who signed; only with [`Evidence::Signed`].
    pub signer: Option<Signer>,
    /// Sub-dependencies that its build is given, by id; each has its digest.
    pub extra: BTreeMap<String, ExtraFile>,
}

//! Which versions are wanted, and where each file comes from.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{
    Algorithm, Blind, DependencyId, Digest, Evidence, ExtraFile, Finding, LockedArtifact,
    LockedLines, Scheme, Sha256, SignatureRule, Signer, TargetName, Version,
};

/// The decision for every dependency.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// By dependency.
    pub dependencies: BTreeMap<DependencyId, Chosen>,
    /// What must be read.
    pub findings: Vec<Finding>,
    /// What could not be checked.
    pub blind: Vec<Blind>,
}

/// The decision for one dependency.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chosen {
    /// Digest of the question this answers; none: not settled.
    pub asked: Option<Sha256>,
    /// The wanted releases, newest first.
    pub releases: Vec<ChosenRelease>,
    /// How its versions order.
    pub scheme: Scheme,
    /// Why what is published and locked is left as it is, wanted or not; none: it need not be.
    pub hold: Option<Hold>,
    /// Which source listed them: 0 the first, else the n-th entry of `fallback`; none: nobody was
    /// asked.
    pub fallback: Option<usize>,
    /// What was decided of its lines.
    pub lines: LockedLines,
}

/// Why nothing of a dependency leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// What its source lists is not known, or can't be decided on.
    Unclear,
    /// Its source lists less than it did: nothing is published either.
    Shrank,
}

/// A wanted version.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenRelease {
    /// The version.
    pub version: Version,
    /// What upstream calls it.
    pub upstream: String,
    /// When upstream released it.
    pub released: Option<Timestamp>,
    /// The label of the first line that picks it.
    pub line: String,
    /// End of support, by that line.
    pub eol: Option<jiff::civil::Date>,
    /// The file of each wanted target.
    pub files: BTreeMap<TargetName, ChosenFile>,
}

/// Where the file of one address comes from.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a new one has much to find out, and lives as long")]
pub enum ChosenFile {
    /// It was decided before.
    Decided {
        /// What was decided.
        artifact: LockedArtifact,
        /// By whom.
        by: DecidedBy,
        /// The sub-dependencies that are wanted now, by id, where they are not those of `artifact`.
        extra: Option<BTreeMap<String, ExtraQuery>>,
    },
    /// It is new, or its question changed: its digest has to be found out.
    Candidate(Candidate),
}

/// Who decided a file before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecidedBy {
    /// deps.lock.
    Lock,
    /// The published record, where the lock has no word.
    Record,
}

/// A file whose digest has to be found out.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The addresses, tried in turn; at least one.
    pub urls: Vec<String>,
    /// The file's name, as checksum files name it: the last segment of the address, decoded.
    pub name: String,
    /// Size in bytes, where the index says so.
    pub size: Option<u64>,
    /// Digests that the index gives for it.
    pub digests: Vec<Digest>,
    /// Who signed the index that gives them.
    pub signer: Option<Signer>,
    /// Where else the digest is found; beats `digests`.
    pub checksum: Option<ChecksumQuery>,
    /// Which signature must vouch for it.
    pub signature: Option<Box<SignatureQuery>>,
    /// What was decided before for the same address: the bytes must be these.
    pub expect: Option<LockedArtifact>,
    /// Whether the digest is needed before anything is uploaded: by a build, which its input digest
    /// names, or by a template (`file`, with `digest8`).
    pub needs_digest: bool,
    /// Sub-dependencies whose digests have to be found out too, by id.
    pub extra: BTreeMap<String, ExtraQuery>,
}

/// A sub-dependency's file whose digest has to be found out.
#[derive(Debug, Clone, PartialEq)]
pub struct ExtraQuery {
    /// Its version.
    pub version: String,
    /// Its address.
    pub url: String,
    /// The file's name, as checksum files name it.
    pub name: String,
    /// Where its digest is found; none: what was decided holds, else the first download is trusted.
    pub checksum: Option<ChecksumQuery>,
    /// What was decided before for the same id and version: the bytes must be these.
    pub expect: Option<ExtraFile>,
}

impl ExtraQuery {
    /// Tells whether nothing has to be found out: it was decided before, from the same address.
    pub fn is_settled(&self) -> bool {
        self.checksum.is_none() && self.expect.as_ref().is_some_and(|it| it.url == self.url)
    }

    /// Returns what is known without a request.
    pub fn as_known(&self) -> ExtraFile {
        if let (true, Some(decided)) = (self.is_settled(), &self.expect) {
            return decided.clone();
        }
        let (sha256, evidence) = match &self.checksum {
            Some(ChecksumQuery::Given(digest)) => (digest.sha256(), Evidence::Given),
            Some(ChecksumQuery::File { .. }) => (None, Evidence::ChecksumFile),
            None => (None, Evidence::Tofu),
        };
        let (version, url) = (self.version.clone(), self.url.clone());
        ExtraFile { version, url, size: None, sha256, evidence }
    }
}

/// Where a digest is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChecksumQuery {
    /// In deps.toml.
    Given(Digest),
    /// In a file of upstream's.
    File {
        /// Its address.
        url: String,
        /// jq that yields the digest from a JSON document.
        select: Option<String>,
        /// The digest of the checksum file itself, where the index gives one.
        digest: Option<Digest>,
        /// What an algorithm-less entry is taken for, where its length leaves a doubt.
        algorithm: Option<Algorithm>,
    },
}

/// Which signature must vouch for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureQuery {
    /// The rule of deps.toml.
    pub rule: SignatureRule,
    /// The signature's address; none: within the checksum file, or with the source's service.
    pub url: Option<String>,
    /// The identity, expanded.
    pub identity: Option<String>,
}

/// What was found out about a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocatedFile {
    /// The address that was or will be used.
    pub url: String,
    /// Size in bytes, where it is known.
    pub size: Option<u64>,
    /// The SHA-256; none: known only when the bytes were read.
    pub sha256: Option<Sha256>,
    /// The digest that upstream gives, where it is another.
    pub upstream_digest: Option<Digest>,
    /// How it came to be trusted.
    pub evidence: Evidence,
    /// Who signed; none with `signed`: a signature is wanted and was not checked yet.
    pub signer: Option<Signer>,
    /// Sub-dependencies that its build is given, by id.
    pub extra: BTreeMap<String, ExtraFile>,
}

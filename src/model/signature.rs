//! Signatures: what deps.toml asks for, and who signed what.

use serde::{Deserialize, Serialize};

use super::Located;

/// What a signature is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// The file itself, or its digest.
    #[default]
    Artifact,
    /// The checksum file that names its digest.
    Checksum,
    /// The version index that names its digest.
    Index,
}

impl Over {
    /// Returns the word in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Artifact => "artifact",
            Self::Checksum => "checksum",
            Self::Index => "index",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_artifact(&self) -> bool {
        *self == Self::Artifact
    }
}

/// Who signed, and what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signer {
    /// The kind and the key or identity: `openpgp:FULL FINGERPRINT`, `minisign:KEY ID`,
    /// `sigstore:IDENTITY ISSUER`.
    #[serde(rename = "signer")]
    pub who: String,
    /// What was signed.
    #[serde(rename = "signed", default, skip_serializing_if = "Over::is_artifact")]
    pub over: Over,
}

impl Signer {
    /// Returns the kind: what stands before the colon.
    pub fn kind(&self) -> &str {
        self.who.split(':').next().unwrap_or_default()
    }
}

/// How something is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignatureKind {
    /// `OpenPGP`, detached or clear-signed.
    Openpgp,
    /// minisign, prehashed.
    Minisign,
    /// A Sigstore bundle.
    Sigstore,
    /// What GitHub's API attests of a digest.
    GithubAttestation,
    /// What an npm registry attests of a package's version.
    NpmProvenance,
}

impl SignatureKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Openpgp,
        Self::Minisign,
        Self::Sigstore,
        Self::GithubAttestation,
        Self::NpmProvenance,
    ];

    /// Returns the word in deps.toml and before a signer's colon.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Openpgp => "openpgp",
            Self::Minisign => "minisign",
            Self::Sigstore => "sigstore",
            Self::GithubAttestation => "github-attestation",
            Self::NpmProvenance => "npm-provenance",
        }
    }

    /// Tells whether keys say who may sign; else an identity does.
    pub const fn has_keys(self) -> bool {
        matches!(self, Self::Openpgp | Self::Minisign)
    }

    /// Tells whether a service is asked by digest or version, so that no address is given.
    pub const fn is_asked(self) -> bool {
        matches!(self, Self::GithubAttestation | Self::NpmProvenance)
    }
}

/// Where a signature is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignaturePlace {
    /// At this address, a template.
    Url(Located<String>),
    /// In a file of the same release: a glob and a template.
    Asset(Located<String>),
    /// Around the checksum file's text: it is clear-signed.
    Within,
    /// Where the source's service keeps it.
    Service,
}

/// `verify.signature`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureRule {
    /// How it is signed.
    pub kind: SignatureKind,
    /// What is signed.
    pub over: Over,
    /// Where the signature is.
    pub place: SignaturePlace,
    /// Key files (paths relative to deps.toml, globs in the last segment), or minisign keys.
    pub keys: Vec<Located<String>>,
    /// Which of the keys may sign, by full fingerprint of the primary key; empty: all.
    pub fingerprints: Vec<Located<String>>,
    /// Who may sign: exactly this, a template.
    pub identity: Option<Located<String>>,
    /// Who must have vouched for the identity: exactly this.
    pub issuer: Option<String>,
    /// The table in deps.toml: byte offset and length.
    pub span: (usize, usize),
}

/// The issuer of identities of GitHub's own workflows.
pub const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

//! The shape of `verify`, for editors. See [`super::shapes`].
#![expect(dead_code, reason = "only their schema is of use")]

use schemars::JsonSchema;

use super::words::{Line, Maybe, OneOrMore, OrFalse};

/// How the bytes are verified.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Verify {
    /// Where the digest is found. Without it, and without one in the index, the first bytes are
    /// trusted.
    #[schemars(default)]
    checksum: OrFalse<Checksum>,
    /// Which signature must vouch for the bytes.
    #[schemars(default)]
    signature: OrFalse<Signature>,
}

/// Which signature must vouch for the bytes, and by whom.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Signature {
    /// How it is signed.
    kind: SignatureWord,
    /// What is signed: the file itself, or the file of `checksum`. `artifact` if not given.
    #[schemars(default)]
    of: Maybe<OverWord>,
    /// The signature's address, a template: `{{ url }}.asc`. Of a clear-signed checksum file none.
    #[schemars(default)]
    url: Maybe<Line>,
    /// The name of a file of the same release, a glob and a template.
    #[schemars(default)]
    asset: Maybe<Line>,
    /// `openpgp`, `minisign`: key files, relative to deps.toml; globs in the last part of a path. A
    /// minisign key may stand here itself.
    #[schemars(default)]
    keys: Maybe<OneOrMore>,
    /// `openpgp`: which of the keys may sign, by the full fingerprint of the primary key.
    #[schemars(default)]
    fingerprints: Maybe<OneOrMore>,
    /// Otherwise: who may sign, exactly; a template.
    #[schemars(default)]
    identity: Maybe<Line>,
    /// Who must have vouched for the identity, exactly. Only `sigstore` must have it; of the others it
    /// is GitHub's if not given.
    #[schemars(default)]
    issuer: Maybe<Line>,
    /// Not supported: without a bundle nothing proves when it was signed.
    #[schemars(default)]
    certificate: Maybe<Line>,
}

/// How something is signed.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum SignatureWord {
    Openpgp,
    Minisign,
    Sigstore,
    GithubAttestation,
    NpmProvenance,
}

/// What is signed.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum OverWord {
    Artifact,
    Checksum,
}

/// Where the digest is found: one of `url`, `asset`, `sha256`, `sha512`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Checksum {
    /// The address of a checksum file, a template: `{{ url }}.sha256`.
    #[schemars(default)]
    url: Maybe<Line>,
    /// The name of a file of the same release, a glob and a template.
    #[schemars(default)]
    asset: Maybe<Line>,
    /// The SHA-256 itself, 64 hex digits; may be a template.
    #[schemars(default)]
    sha256: Maybe<Line>,
    /// The SHA-512 itself, 128 hex digits; may be a template.
    #[schemars(default)]
    sha512: Maybe<Line>,
    /// jq that yields the digest where it stands in a JSON, YAML or TOML document.
    #[schemars(default)]
    select: Maybe<Line>,
}

//! Sigstore: bundles by a short-lived certificate, with the log's word on when it signed.
//!
//! Nothing is asked: the roots that are trusted are those that the library carries, the public one
//! and GitHub's own. The identity and its issuer are compared letter by letter.

use sigstore_trust_root::{
    SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot,
};
use sigstore_types::{Artifact, ArtifactDigest, Bundle, HashAlgorithm};
use sigstore_verify::{VerificationPolicy, Verifier};

use super::SignatureError;
use crate::model::{Algorithm, Digest};

/// Who must have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The certificate's subject, exactly.
    pub identity: String,
    /// Who vouched for it, exactly.
    pub issuer: String,
}

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub enum Signed<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// Bytes with this digest.
    Digest(&'a Digest),
}

/// Checks a bundle over bytes or their digest: signature, certificate, log entry, identity, issuer.
/// Of a statement one subject must have the digest.
///
/// # Errors
/// When it does not count: what was wanted, who signed, and why not.
pub fn check(wanted: &Wanted, bundle: &[u8], signed: Signed<'_>) -> Result<(), SignatureError> {
    let text = str::from_utf8(bundle)
        .map_err(|_| SignatureError::invalid("the file is no Sigstore bundle"))?;
    let bundle = Bundle::from_json(text).map_err(|error| {
        SignatureError::invalid(format!("the file is no Sigstore bundle ({})", plain(&error)))
    })?;
    let mut why = String::new();
    for root in [SIGSTORE_PRODUCTION_TRUSTED_ROOT, SIGSTORE_GITHUB_TRUSTED_ROOT] {
        let verifier = TrustedRoot::from_json(root)
            .map_err(|error| plain(&error))
            .and_then(|root| Verifier::new(&root).map_err(|error| plain(&error)))
            .map_err(|error| {
                SignatureError::invalid(format!("the roots of trust can't be used ({error})"))
            })?;
        let policy = VerificationPolicy::new(wanted.identity.as_str(), wanted.issuer.as_str());
        match verifier.verify(artifact(signed)?, &bundle, &policy) {
            Ok(_) => return Ok(()),
            Err(error) if why.is_empty() => why = plain(&error),
            Err(_) => {}
        }
        // Whom it is by, if all but that is right, is what a person wants to know.
        let anyone = VerificationPolicy::any_identity();
        if let Ok(result) = verifier.verify(artifact(signed)?, &bundle, &anyone) {
            let by = result.identity().map_or("nobody", |identity| identity.as_str());
            let issuer = result.issuer().unwrap_or("nobody");
            return Err(SignatureError::invalid(format!(
                "the signature is by `{}`, for whom `{}` vouches; wanted `{}`, for whom `{}` vouches",
                clean(by),
                clean(issuer),
                wanted.identity,
                wanted.issuer
            )));
        }
    }
    Err(SignatureError::invalid(format!(
        "the bundle does not count: {why}; wanted one by `{}`, for whom `{}` vouches",
        wanted.identity, wanted.issuer
    )))
}

fn artifact(signed: Signed<'_>) -> Result<Artifact<'_>, SignatureError> {
    Ok(match signed {
        Signed::Bytes(bytes) => Artifact::from_blob(bytes),
        Signed::Digest(digest) => {
            let algorithm = match digest.algorithm() {
                Algorithm::Sha256 => HashAlgorithm::Sha2256,
                Algorithm::Sha512 => HashAlgorithm::Sha2512,
            };
            let digest = ArtifactDigest::new(algorithm, digest.bytes())
                .map_err(|error| SignatureError::invalid(plain(&error)))?;
            Artifact::from_digest(digest)
        }
    })
}

fn plain(error: &dyn std::error::Error) -> String {
    clean(&error.to_string())
}

/// A library's words, or a certificate's, without line breaks and not endless.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

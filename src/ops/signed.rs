//! Holds what upstream serves against the signature that deps.toml wants.

use bytes::Bytes;

use super::{
    Project,
    error::chain,
    keys::Trusted,
    vouchers::{Unread, Vouchers},
    witness::Witness,
};
use crate::{
    model::{Code, Digest, Over, SignatureKind, SignaturePlace, Signer},
    planner::SignatureQuery,
    signature::{SignatureError, minisign, openpgp, sigstore},
    source::SourceDriver,
};

/// Why a signature does not count: a code, a text, what to do.
pub(super) type Wrong = (Code, String, Option<String>);

/// One signature that is wanted.
#[derive(Clone, Copy)]
pub(super) struct Wish<'a> {
    pub(super) project: &'a Project,
    pub(super) source: &'a dyn SourceDriver,
    pub(super) vouchers: &'a Vouchers,
    pub(super) query: &'a SignatureQuery,
    /// What upstream calls the version.
    pub(super) upstream: &'a str,
}

impl Wish<'_> {
    fn kind(&self) -> SignatureKind {
        self.query.rule.kind
    }

    /// Tells whether the bytes themselves have to pass by; else their digest is enough.
    pub(super) fn wants_bytes(&self) -> bool {
        self.query.rule.over == Over::Artifact && self.kind().has_keys()
    }

    fn signer(&self, who: &str) -> Signer {
        Signer { who: format!("{}:{who}", self.kind().name()), over: self.query.rule.over }
    }

    /// Checks a checksum file; returns who signed it and the text that counts, which is what was
    /// signed and nothing else.
    pub(super) async fn checksum(&self, file: &Bytes, url: &str) -> Result<(Signer, Bytes), Wrong> {
        let wrong = |error: SignatureError| self.wrong(&error, url);
        if self.query.rule.place == SignaturePlace::Within {
            let Some(Trusted::Openpgp(keys)) = self.keys() else { return Err(Self::keyless()) };
            let (who, text) =
                openpgp::clear(keys, file, self.project.setting.now).map_err(wrong)?;
            return Ok((self.signer(&who), Bytes::from(text)));
        }
        let signature = self.fetch().await?;
        let who = match self.kind() {
            SignatureKind::Openpgp | SignatureKind::Minisign => {
                let keys = self.keys().ok_or_else(Self::keyless)?;
                check(keys, &signature, &mut &**file, self.project.setting.now)
            }
            SignatureKind::Sigstore
            | SignatureKind::GithubAttestation
            | SignatureKind::NpmProvenance => {
                let wanted = self.wanted();
                sigstore::check(&wanted, &signature, sigstore::Signed::Bytes(file))
                    .map(|()| format!("{} {}", wanted.identity, wanted.issuer))
            }
        };
        Ok((self.signer(&who.map_err(wrong)?), file.clone()))
    }

    /// Begins to check the file itself, whose bytes are to pass by.
    pub(super) async fn witness(&self) -> Result<Witness, Wrong> {
        let keys = self.keys().cloned().ok_or_else(Self::keyless)?;
        let signature = self.fetch().await?;
        let now = self.project.setting.now;
        Ok(Witness::begin(move |over| check(&keys, &signature, over, now)))
    }

    /// Says who signed the bytes that passed by.
    pub(super) async fn heard(&self, witness: Witness, url: &str) -> Result<Signer, Wrong> {
        let who = witness.verdict().await.map_err(|error| self.wrong(&error, url))?;
        Ok(self.signer(&who))
    }

    /// Checks the digests of the file: one of them must be what was signed.
    pub(super) async fn digest(&self, digests: &[Digest], url: &str) -> Result<Signer, Wrong> {
        let bundles = if self.kind().is_asked() {
            self.attestations(digests, url).await?
        } else {
            vec![self.fetch().await?]
        };
        let wanted = self.wanted();
        let mut last = SignatureError::new(Code::SIGNATURE_INVALID, "there is no bundle");
        for bundle in &bundles {
            for digest in digests {
                match sigstore::check(&wanted, bundle, sigstore::Signed::Digest(digest)) {
                    Ok(()) => {
                        return Ok(self.signer(&format!("{} {}", wanted.identity, wanted.issuer)));
                    }
                    Err(error) => last = error,
                }
            }
        }
        Err(self.wrong(&last, url))
    }

    async fn attestations(&self, digests: &[Digest], url: &str) -> Result<Vec<Bytes>, Wrong> {
        let sha256 = digests.iter().find_map(Digest::sha256);
        let found = self.source.attestations(sha256.as_ref(), self.upstream).await;
        let name = self.kind().name();
        match found {
            Ok(Some(found)) if !found.is_empty() => Ok(found),
            Ok(Some(_)) => Err(Self::missing(format!(
                "{} has no attestation for `{url}`",
                self.source.origin()
            ))),
            Ok(None) => Err((
                Code::BAD_VALUE,
                format!("the source of `{url}` has no service for `{name}`"),
                Some(
                    "`github-attestation` goes with GitHub's drivers, `npm-provenance` with `npm`"
                        .to_owned(),
                ),
            )),
            Err(error) if error.is_absent() => Err(Self::missing(chain(&error))),
            Err(error) => Err((error.code(), chain(&error), None)),
        }
    }

    fn keys(&self) -> Option<&Trusted> {
        self.project.keys.of(&self.query.rule)
    }

    fn keyless() -> Wrong {
        (Code::BAD_KEY, "the keys of the signature were not read".to_owned(), None)
    }

    fn wanted(&self) -> sigstore::Wanted {
        sigstore::Wanted {
            identity: self.query.identity.clone().unwrap_or_default(),
            issuer: self.query.rule.issuer.clone().unwrap_or_default(),
        }
    }

    async fn fetch(&self) -> Result<Bytes, Wrong> {
        let url = self.query.url.as_deref().unwrap_or_default();
        self.vouchers.fetch(self.source, url).await.map_err(|unread: Unread| {
            if unread.absent {
                Self::missing(format!("the signature {}", unread.message))
            } else {
                (unread.code, unread.message, None)
            }
        })
    }

    fn missing(message: String) -> Wrong {
        let help = "find out from upstream where its signatures are now and change `verify.signature`; \
                    where older versions never had one, `[[dependencies.ID.override]]` with `when` takes \
                    the rule away for them alone";
        (Code::SIGNATURE_MISSING, message, Some(help.to_owned()))
    }

    fn wrong(&self, error: &SignatureError, over: &str) -> Wrong {
        let from = match &self.query.url {
            Some(url) => format!("the signature `{url}` over `{over}`"),
            None if self.kind().is_asked() => {
                format!("the attestation of {} for `{over}`", self.source.origin())
            }
            None => format!("the clear-signed `{over}`"),
        };
        let keys: Vec<&str> = self.query.rule.keys.iter().map(|it| it.value.as_str()).collect();
        let help = if keys.is_empty() {
            "nothing was published. If upstream really changed who signs, change `identity` in a \
             reviewed commit; else `exclude` the version with a reason"
                .to_owned()
        } else {
            format!(
                "nothing was published. If upstream announces a new key, put it into `{}` in a reviewed \
                 commit; else `exclude` the version with a reason",
                keys.join("`, `")
            )
        };
        (error.code, format!("{from}: {}", error.message), Some(help))
    }
}

fn check(
    keys: &Trusted,
    signature: &[u8],
    over: &mut dyn std::io::Read,
    now: jiff::Timestamp,
) -> Result<String, SignatureError> {
    match keys {
        Trusted::Openpgp(keys) => openpgp::detached(keys, signature, over, now),
        Trusted::Minisign(keys) => minisign::check(keys, signature, over).map(|signed| signed.key),
    }
}

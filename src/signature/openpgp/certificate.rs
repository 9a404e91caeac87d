//! A key as it stands in a file: the primary key, its subkeys, and what they say of themselves.

use pgp::{
    composed::SignedPublicKey,
    packet::{PublicKey, PublicSubkey, Signature, SignatureConfig, SignatureType, SubpacketData},
    ser::Serialize,
    types::{Fingerprint, KeyDetails, KeyId, PublicParams, Tag, VerifyingKey},
};

use super::policy::{self, Instant};

/// A primary key with all that belongs to it.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    key: SignedPublicKey,
}

/// One key of a certificate that a signature may be by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signer<'a> {
    Primary(&'a Certificate),
    Subkey(&'a Certificate, &'a PublicSubkey),
}

impl Certificate {
    pub(super) fn new(key: SignedPublicKey) -> Self {
        Self { key }
    }

    fn primary(&self) -> &PublicKey {
        &self.key.primary_key
    }

    pub(super) fn fingerprint(&self) -> String {
        format!("{:X}", self.primary().fingerprint())
    }

    /// Takes over what another copy of the same key says: a newer self-signature, a revocation.
    pub(super) fn merge(&mut self, other: Self) {
        let (mine, other) = (&mut self.key, other.key);
        mine.details.revocation_signatures.extend(other.details.revocation_signatures);
        mine.details.direct_signatures.extend(other.details.direct_signatures);
        mine.details.users.extend(other.details.users);
        mine.public_subkeys.extend(other.public_subkeys);
    }

    /// Returns the keys of it that a signature by this issuer may be by; all, if it names none.
    pub(super) fn signers(&self, signature: &Signature) -> Vec<Signer<'_>> {
        let (ids, prints) = (signature.issuer_key_id(), signature.issuer_fingerprint());
        let fits = |id: KeyId, print: &Fingerprint| {
            (ids.is_empty() && prints.is_empty())
                || prints.contains(&print)
                || (prints.is_empty() && ids.contains(&&id))
        };
        let mut found = Vec::new();
        let primary = self.primary();
        if fits(primary.legacy_key_id(), &primary.fingerprint()) {
            found.push(Signer::Primary(self));
        }
        let mut seen = Vec::new();
        for subkey in &self.key.public_subkeys {
            let print = subkey.key.fingerprint();
            if fits(subkey.key.legacy_key_id(), &print) && !seen.contains(&print) {
                found.push(Signer::Subkey(self, &subkey.key));
                seen.push(print);
            }
        }
        found
    }

    /// Says why the primary key, or anything below it, may not sign at that time.
    fn refused(&self, at: Instant) -> Result<(), String> {
        let primary = self.primary();
        strong(primary.public_params(), "the key")?;
        if u8::from(primary.version()) < 4 {
            return Err("the key is of an old form (version 3 or older)".to_owned());
        }
        if i64::from(primary.created_at().as_secs()) > at.signed {
            return Err("it says that it was made before the key was".to_owned());
        }
        let own = self.self_signatures();
        if self.is_revoked(&own) {
            return Err("the key is revoked".to_owned());
        }
        let newest = newest(own.iter().copied(), at.now)
            .ok_or("the key has no self-signature that can be verified")?;
        expiry(primary.created_at().as_secs(), newest, at, "the key")
    }

    /// The primary key's own signatures over itself and its names.
    ///
    /// They only take rights away here (an end, a revocation): which key it is is pinned by its
    /// fingerprint, so old ones over SHA-1 are heard too.
    fn self_signatures(&self) -> Vec<&Signature> {
        let primary = self.primary();
        let direct = self
            .key
            .details
            .direct_signatures
            .iter()
            .filter(|s| s.typ() == Some(SignatureType::Key) && s.verify_key(primary).is_ok());
        let names = self.key.details.users.iter().flat_map(|user| {
            user.signatures.iter().filter(|s| {
                s.typ() != Some(SignatureType::CertRevocation)
                    && s.verify_certification(primary, Tag::UserId, &user.id).is_ok()
            })
        });
        direct.chain(names).collect()
    }

    fn is_revoked(&self, own: &[&Signature]) -> bool {
        let revocations = &self.key.details.revocation_signatures;
        // Another's revocation can't be verified without the other's key: it is believed, where the
        // key itself says that there is such another.
        let others = own.iter().any(|s| s.revocation_key().is_some());
        revocations.iter().any(|s| others || s.verify_key(self.primary()).is_ok())
    }

    fn primary_may_sign(&self, at: Instant) -> Result<(), String> {
        let flags = newest(self.self_signatures().into_iter().filter(|s| has_flags(s)), at.now);
        if flags.is_some_and(|signature| !signature.key_flags().sign()) {
            return Err("the primary key says that it does not sign files".to_owned());
        }
        Ok(())
    }

    fn subkey_may_sign(&self, subkey: &PublicSubkey, at: Instant) -> Result<(), String> {
        strong(subkey.public_params(), "the subkey")?;
        if i64::from(subkey.created_at().as_secs()) > at.signed {
            return Err("it says that it was made before the subkey was".to_owned());
        }
        let primary = self.primary();
        let all = || {
            self.key
                .public_subkeys
                .iter()
                .filter(|s| s.key.fingerprint() == subkey.fingerprint())
                .flat_map(|s| &s.signatures)
                .filter(|s| s.verify_subkey_binding(primary, subkey).is_ok())
        };
        if all().any(|s| s.typ() == Some(SignatureType::SubkeyRevocation)) {
            return Err("the subkey is revoked".to_owned());
        }
        // Binding a subkey gives a right that the pinned fingerprint does not show: strong only.
        let binding =
            newest(all().filter(|s| s.typ() == Some(SignatureType::SubkeyBinding)), at.now)
                .ok_or("the subkey is not bound to its primary key")?;
        let weak = |s: &Signature| {
            s.config()
                .is_none_or(|c| !policy::strong_hash(c.hash_alg) || policy::critical(c).is_some())
        };
        if weak(binding) {
            return Err("the subkey is bound by a signature over a weak hash".to_owned());
        }
        if signature_ended(binding, at.now) {
            return Err("the binding of the subkey has expired".to_owned());
        }
        if !binding.key_flags().sign() {
            return Err("the subkey is not for signing".to_owned());
        }
        let back = binding
            .embedded_signature()
            .ok_or("the subkey never agreed to belong to its primary key")?;
        if weak(back) || back.verify_primary_key_binding(subkey, primary).is_err() {
            return Err(
                "the subkey's agreement to belong to its primary key does not hold".to_owned()
            );
        }
        expiry(subkey.created_at().as_secs(), binding, at, "the subkey")
    }
}

impl Signer<'_> {
    /// The full fingerprint of the primary key, upper-case hex.
    pub(super) fn primary(&self) -> String {
        match self {
            Self::Primary(certificate) | Self::Subkey(certificate, _) => certificate.fingerprint(),
        }
    }

    /// Says why the key may not have signed at that time.
    pub(super) fn refused(&self, at: Instant) -> Result<(), String> {
        match self {
            Self::Primary(certificate) => {
                certificate.refused(at)?;
                certificate.primary_may_sign(at)
            }
            Self::Subkey(certificate, subkey) => {
                certificate.refused(at)?;
                certificate.subkey_may_sign(subkey, at)
            }
        }
    }

    /// Tells whether a signature over this hash is the key's.
    pub(super) fn verify(
        &self,
        signature: &Signature,
        config: &SignatureConfig,
        digest: &[u8],
    ) -> bool {
        let Some(bytes) = signature.signature() else { return false };
        let agrees = signature.signed_hash_value().is_some_and(|two| digest.starts_with(&two));
        let versions = |key: u8| (key == 6) == (u8::from(config.version()) == 6);
        agrees
            && match self {
                Self::Primary(certificate) => {
                    let key = certificate.primary();
                    versions(key.version().into())
                        && key.algorithm() == config.pub_alg
                        && key.verify(config.hash_alg, digest, bytes).is_ok()
                }
                Self::Subkey(_, key) => {
                    versions(key.version().into())
                        && key.algorithm() == config.pub_alg
                        && key.verify(config.hash_alg, digest, bytes).is_ok()
                }
            }
    }
}

/// Says what is wrong with an algorithm or a key's size.
fn strong(params: &PublicParams, what: &str) -> Result<(), String> {
    match params {
        PublicParams::RSA(rsa) => {
            // The modulus comes first, led by its length in bits.
            let bytes = rsa.to_bytes().unwrap_or_default();
            let bits = bytes.first_chunk().map_or(0, |two| u16::from_be_bytes(*two));
            if bits < MIN_RSA_BITS {
                return Err(format!("{what} is RSA of {bits} bits, fewer than {MIN_RSA_BITS}"));
            }
            Ok(())
        }
        PublicParams::ECDSA(_)
        | PublicParams::EdDSALegacy(_)
        | PublicParams::Ed25519(_)
        | PublicParams::Ed448(_) => Ok(()),
        PublicParams::DSA(_) => Err(format!("{what} is DSA, which is refused")),
        PublicParams::ECDH(_)
        | PublicParams::Elgamal(_)
        | PublicParams::X25519(_)
        | PublicParams::X448(_)
        | PublicParams::Unknown { .. } => Err(format!("{what} is of a kind that does not sign")),
    }
}

const MIN_RSA_BITS: u16 = 2048;

fn created(signature: &Signature) -> i64 {
    signature.created().map_or(i64::MAX, |t| i64::from(t.as_secs()))
}

fn newest<'a>(all: impl Iterator<Item = &'a Signature>, now: i64) -> Option<&'a Signature> {
    all.filter(|s| created(s) <= now).max_by_key(|s| created(s))
}

fn has_flags(signature: &Signature) -> bool {
    signature.config().is_some_and(|config| {
        config.hashed_subpackets().any(|p| matches!(p.data, SubpacketData::KeyFlags(_)))
    })
}

fn signature_ended(signature: &Signature, now: i64) -> bool {
    signature
        .signature_expiration_time()
        .is_some_and(|d| d.as_secs() != 0 && created(signature) + i64::from(d.as_secs()) <= now)
}

fn expiry(born: u32, by: &Signature, at: Instant, what: &str) -> Result<(), String> {
    if let Some(d) = by.key_expiration_time().filter(|d| d.as_secs() != 0) {
        let end = i64::from(born) + i64::from(d.as_secs());
        if end <= at.signed {
            return Err(format!("{what} had expired on {} when it signed", policy::date(end)));
        }
    }
    Ok(())
}

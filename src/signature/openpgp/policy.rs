//! Which signatures may count at all: form, strength, times.

use jiff::Timestamp;
use pgp::{
    crypto::hash::HashAlgorithm,
    packet::{Signature, SignatureConfig, SignatureType, SignatureVersion, SubpacketData},
};

use super::{certificate::Signer, keyring::Keyring};

/// When a signature says that it was made, and when it is looked at; seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instant {
    pub(super) signed: i64,
    pub(super) now: i64,
}

/// What can be said before the signed bytes are read.
pub(super) enum Judged<'a> {
    /// It counts if one of these keys made it over the bytes.
    Hopeful { config: &'a SignatureConfig, keys: Vec<Signer<'a>> },
    /// It can't count.
    Refused(String),
}

pub(super) fn judge<'a>(
    keyring: &'a Keyring,
    signature: &'a Signature,
    expected: SignatureType,
    now: Timestamp,
) -> Judged<'a> {
    match hopeful(keyring, signature, expected, now) {
        Ok((config, keys)) => Judged::Hopeful { config, keys },
        Err(why) => Judged::Refused(why),
    }
}

fn hopeful<'a>(
    keyring: &'a Keyring,
    signature: &'a Signature,
    expected: SignatureType,
    now: Timestamp,
) -> Result<(&'a SignatureConfig, Vec<Signer<'a>>), String> {
    let config = signature
        .config()
        .filter(|c| matches!(c.version(), SignatureVersion::V4 | SignatureVersion::V6))
        .ok_or_else(|| format!("its form is not supported ({:?})", signature.version()))?;
    if config.typ() != expected {
        let is = config.typ();
        return Err(if is == SignatureType::Text {
            "it is over text, whose line ends may differ, and not over the file".to_owned()
        } else if is == SignatureType::Binary {
            "it is over a file and not over text".to_owned()
        } else {
            format!("it is not over a file ({is:?})")
        });
    }
    if !strong_hash(config.hash_alg) {
        return Err(format!("it is over a {} hash, which is refused", config.hash_alg));
    }
    if let Some(what) = critical(config) {
        return Err(what);
    }
    let signed = i64::from(config.created().ok_or("it does not say when it was made")?.as_secs());
    let at = Instant { signed, now: now.as_second() };
    if signed > at.now {
        return Err(format!("it was made in the future, on {}", date(signed)));
    }
    if let Some(end) = signature.signature_expiration_time().filter(|d| d.as_secs() != 0) {
        let end = signed + i64::from(end.as_secs());
        if end <= at.now {
            return Err(format!("it expired on {}", date(end)));
        }
    }
    let candidates: Vec<Signer<'a>> =
        keyring.certificates().flat_map(|c| c.signers(signature)).collect();
    if candidates.is_empty() {
        return Err("it is by none of the keys given".to_owned());
    }
    let mut why = String::new();
    let mut keys = Vec::new();
    for candidate in candidates {
        match candidate.refused(at) {
            Ok(()) => keys.push(candidate),
            Err(refused) => why = refused,
        }
    }
    if keys.is_empty() { Err(why) } else { Ok((config, keys)) }
}

/// Says by whom a signature is and why it does not count.
pub(super) fn told(signature: &Signature, why: &str) -> String {
    let by = if let Some(print) = signature.issuer_fingerprint().first() {
        format!("by `{print:X}`")
    } else if let Some(id) = signature.issuer_key_id().first() {
        format!("by the key with the id `{}`", id.to_string().to_uppercase())
    } else {
        "that does not say by whom it is".to_owned()
    };
    let made = signature
        .created()
        .map(|t| format!(" of {}", date(i64::from(t.as_secs()))))
        .unwrap_or_default();
    format!("the signature{made} {by} does not count: {why}")
}

/// Tells whether a hash still stands for its bytes.
pub(super) fn strong_hash(hash: HashAlgorithm) -> bool {
    [
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha384,
        HashAlgorithm::Sha512,
        HashAlgorithm::Sha3_256,
        HashAlgorithm::Sha3_512,
    ]
    .contains(&hash)
}

/// Finds something that the signer calls critical and that is not understood here.
pub(super) fn critical(config: &SignatureConfig) -> Option<String> {
    config.hashed_subpackets().filter(|p| p.is_critical).find_map(|p| {
        if let SubpacketData::Notation(notation) = &p.data {
            return Some(format!(
                "it has the critical notation `{}`, which is not understood",
                super::plain(&String::from_utf8_lossy(&notation.name))
            ));
        }
        let (SubpacketData::Experimental(number, _) | SubpacketData::Other(number, _)) = &p.data
        else {
            return None;
        };
        Some(format!("it has a critical part ({number}) that is not understood"))
    })
}

/// A day, as people write it.
pub(super) fn date(second: i64) -> String {
    Timestamp::from_second(second)
        .map_or_else(|_| second.to_string(), |t| t.strftime("%Y-%m-%d").to_string())
}

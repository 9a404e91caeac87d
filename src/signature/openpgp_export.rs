//! Takes chosen keys out of key files, to be kept beside deps.toml.

use pgp::{
    composed::{ArmorOptions, Deserializable as _, SignedPublicKey},
    types::KeyDetails as _,
};

use super::SignatureError;
use crate::model::Code;

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";

/// A key, alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The primary key's full fingerprint, upper-case hex.
    pub fingerprint: String,
    /// The key with its subkeys and signatures, as text.
    pub armoured: String,
}

/// Returns those keys of some files, each with its name for messages, whose primary key has one of
/// the fingerprints (upper-case hex): in the order of the fingerprints, each once, the longest copy
/// of it. No other key is returned, and one that can't be read is passed over.
///
/// # Errors
/// When a file holds no key at all, or a key can't be written.
pub fn export(
    files: &[(String, Vec<u8>)],
    fingerprints: &[String],
) -> Result<Vec<Exported>, SignatureError> {
    let mut found: Vec<Exported> = Vec::new();
    for (name, bytes) in files {
        let keys = read(bytes);
        if keys.is_empty() {
            return Err(none(name));
        }
        for key in keys {
            let fingerprint = hex::encode_upper(key.fingerprint().as_bytes());
            if !fingerprints.contains(&fingerprint) {
                continue;
            }
            let armoured = key.to_armored_string(ArmorOptions::default()).map_err(|error| {
                let message =
                    format!("the key `{fingerprint}` of `{name}` can't be written: {error}");
                SignatureError { code: Code::KEY_MISSING, message }
            })?;
            found.push(Exported { fingerprint, armoured });
        }
    }
    let mut chosen = Vec::new();
    for fingerprint in fingerprints {
        let copies = found.iter().filter(|key| key.fingerprint == *fingerprint);
        chosen.extend(copies.max_by_key(|key| key.armoured.len()).cloned());
    }
    Ok(chosen)
}

/// Returns the full fingerprints of every key in some files, upper-case hex, sorted.
///
/// # Errors
/// When a file holds no key at all.
pub fn fingerprints(files: &[(String, Vec<u8>)]) -> Result<Vec<String>, SignatureError> {
    let mut found = Vec::new();
    for (name, bytes) in files {
        let keys = read(bytes);
        if keys.is_empty() {
            return Err(none(name));
        }
        found.extend(keys.iter().map(|key| hex::encode_upper(key.fingerprint().as_bytes())));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn none(name: &str) -> SignatureError {
    SignatureError {
        code: Code::KEY_MISSING,
        message: format!("`{name}` holds no OpenPGP key that can be read"),
    }
}

/// Every key that can be read: of a binary file, or of each block of a text.
fn read(bytes: &[u8]) -> Vec<SignedPublicKey> {
    let Ok(text) = str::from_utf8(bytes) else {
        return many(bytes);
    };
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(begin) = rest.find(BEGIN) {
        let block = rest.get(begin..).unwrap_or_default();
        let Some(end) = block.find(END) else { break };
        let (block, after) = block.split_at(end + END.len());
        // The library's reader wants a line end behind the last line.
        keys.extend(many(format!("{block}\n").as_bytes()));
        rest = after;
    }
    keys
}

fn many(bytes: &[u8]) -> Vec<SignedPublicKey> {
    match SignedPublicKey::from_reader_many(bytes) {
        Ok((keys, _)) => keys.filter_map(Result::ok).collect(),
        Err(_) => Vec::new(),
    }
}

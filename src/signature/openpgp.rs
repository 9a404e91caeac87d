//! OpenPGP (RFC 9580): detached and clear-signed signatures by pinned keys.

use std::io::Read;

use jiff::Timestamp;

use super::SignatureError;
use crate::model::Code;

/// The keys that may sign.
#[derive(Debug, Clone, Default)]
pub struct Keyring {}

impl Keyring {
    /// Reads key files, armoured or binary, each with its name for messages.
    ///
    /// # Errors
    /// When a file holds no key.
    pub fn read(files: &[(String, Vec<u8>)]) -> Result<Self, SignatureError> {
        let _ = files;
        Ok(Self {})
    }

    /// Returns the full fingerprints of the primary keys, upper-case hex, sorted.
    pub fn fingerprints(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Checks a detached signature over bytes; returns the primary key's full fingerprint.
///
/// # Errors
/// When no signature in it counts: by whom it is, and why not.
pub fn detached(
    keyring: &Keyring,
    signature: &[u8],
    over: &mut dyn Read,
    now: Timestamp,
) -> Result<String, SignatureError> {
    let _ = (keyring, signature, over, now);
    Err(SignatureError { code: Code::SOURCE_FAILED, message: "not there yet".to_owned() })
}

/// Checks a clear-signed document; returns the primary key's full fingerprint and the signed text.
///
/// # Errors
/// As [`detached`].
pub fn clear(
    keyring: &Keyring,
    document: &[u8],
    now: Timestamp,
) -> Result<(String, Vec<u8>), SignatureError> {
    let _ = (keyring, document, now);
    Err(SignatureError { code: Code::SOURCE_FAILED, message: "not there yet".to_owned() })
}

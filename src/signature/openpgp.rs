//! `OpenPGP` (RFC 9580): detached and clear-signed signatures by pinned keys.
//!
//! The pin is the primary key's fingerprint, not a name or an address in the key: nobody's word
//! about who somebody is counts here.

mod armor;
mod certificate;
mod clearsigned;
mod hashing;
mod keyring;
mod policy;

use std::io::Read;

use jiff::Timestamp;
use pgp::packet::{Packet, PacketParser, Signature, SignatureType};

pub use self::keyring::Keyring;
use self::policy::Judged;
use super::SignatureError;

/// Most signatures in one file. Each may want a hash of its own over all bytes.
const MAX_SIGNATURES: usize = 32;

/// Checks a detached signature over bytes, armoured or binary; returns the full fingerprint of the
/// primary key, in upper-case hex. Of several signatures one that counts is enough.
///
/// `over` is read once, to its end, and not at all where no signature could count.
///
/// # Errors
/// When none counts: by whom each is, and why it does not.
pub fn detached(
    keyring: &Keyring,
    signature: &[u8],
    over: &mut dyn Read,
    now: Timestamp,
) -> Result<String, SignatureError> {
    judge(keyring, &packets(signature)?, SignatureType::Binary, over, now)
}

/// Checks a clear-signed document; returns the primary key's full fingerprint and the text that was
/// signed, with `\n` at the ends of its lines. What stands outside it is never returned: a document
/// with anything before or after its one block is refused.
///
/// # Errors
/// As [`detached`], and for a document that is not exactly one clear-signed block.
pub fn clear(
    keyring: &Keyring,
    document: &[u8],
    now: Timestamp,
) -> Result<(String, Vec<u8>), SignatureError> {
    let (text, signatures) = clearsigned::read(document)?;
    let signer = judge(keyring, &signatures, SignatureType::Text, &mut text.as_bytes(), now)?;
    Ok((signer, text.replace("\r\n", "\n").into_bytes()))
}

/// Tells whether a document looks clear-signed, so that its text can't be taken as it is.
pub fn is_clear_signed(document: &[u8]) -> bool {
    clearsigned::looks_like(document)
}

fn judge(
    keyring: &Keyring,
    signatures: &[Signature],
    expected: SignatureType,
    over: &mut dyn Read,
    now: Timestamp,
) -> Result<String, SignatureError> {
    let mut wrong = Vec::new();
    let mut hopeful = Vec::new();
    for signature in signatures {
        match policy::judge(keyring, signature, expected, now) {
            Judged::Hopeful { config, keys } => hopeful.push((signature, config, keys)),
            Judged::Refused(why) => wrong.push(policy::told(signature, &why)),
        }
    }
    if !hopeful.is_empty() {
        let configs: Vec<_> = hopeful.iter().map(|(_, config, _)| *config).collect();
        for ((signature, config, keys), digest) in
            hopeful.iter().zip(hashing::digests(&configs, over)?)
        {
            let by = digest.and_then(|d| keys.iter().find(|key| key.verify(signature, config, &d)));
            if let Some(key) = by {
                return Ok(key.primary());
            }
            wrong.push(policy::told(
                signature,
                "it is not over these bytes: they, or it, were changed",
            ));
        }
    }
    let wanted = keyring.fingerprints();
    Err(SignatureError::invalid(format!(
        "no signature counts; wanted one by {}; {}",
        list(&wanted),
        if wrong.is_empty() { "there is none".to_owned() } else { wrong.join("; ") },
    )))
}

fn packets(bytes: &[u8]) -> Result<Vec<Signature>, SignatureError> {
    let blocks = armor::blocks(bytes, armor::Wanted::Signature)?;
    let mut found = Vec::new();
    for block in &blocks {
        for packet in PacketParser::new(block.as_slice()) {
            match packet {
                Ok(Packet::Signature(signature)) => found.push(signature),
                Ok(Packet::Marker(_) | Packet::Padding(_)) => {}
                Ok(_) => {
                    return Err(SignatureError::invalid(
                        "the file is no detached signature: it holds something else too",
                    ));
                }
                Err(e) => {
                    return Err(SignatureError::invalid(format!(
                        "the signature file can't be read ({})",
                        plain(&e.to_string())
                    )));
                }
            }
        }
    }
    if found.is_empty() {
        return Err(SignatureError::invalid("the file holds no signature"));
    }
    if found.len() > MAX_SIGNATURES {
        return Err(SignatureError::invalid(format!(
            "the file holds {} signatures, more than {MAX_SIGNATURES}",
            found.len()
        )));
    }
    Ok(found)
}

fn list(fingerprints: &[String]) -> String {
    match fingerprints {
        [] => "no key at all".to_owned(),
        [one] => format!("`{one}`"),
        [first, rest @ ..] if rest.len() > 3 => {
            format!("`{first}` or one of {} others", rest.len())
        }
        all => all.iter().map(|f| format!("`{f}`")).collect::<Vec<_>>().join(" or "),
    }
}

/// A library's words, without line breaks and not endless.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

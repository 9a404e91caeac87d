//! The clear-text signature framework: one block, and only what it signs.

use pgp::{composed::CleartextSignedMessage, packet::Signature};

use super::{MAX_SIGNATURES, plain};
use crate::signature::SignatureError;

const BEGIN: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const BEGIN_SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const END: &str = "-----END PGP SIGNATURE-----";

/// Tells whether there is the beginning of such a block anywhere.
pub(super) fn looks_like(document: &[u8]) -> bool {
    document.windows(BEGIN.len()).any(|at| at == BEGIN.as_bytes())
}

/// Returns the signed text in its canonical form (`\r\n`, no blanks at ends of lines, no escapes)
/// and the signatures over it.
pub(super) fn read(document: &[u8]) -> Result<(String, Vec<Signature>), SignatureError> {
    let text = str::from_utf8(document)
        .map_err(|_| SignatureError::invalid("the clear-signed document is not UTF-8"))?;
    let text = text.trim();
    if !text.starts_with(BEGIN) {
        return Err(SignatureError::invalid(if text.contains(BEGIN) {
            "there is text before the clear-signed block: nobody signed it"
        } else {
            "the document is not clear-signed"
        }));
    }
    if !text.ends_with(END) {
        return Err(SignatureError::invalid(if text.contains(END) {
            "there is text behind the clear-signed block: nobody signed it"
        } else {
            "the clear-signed block has no end: it was cut off"
        }));
    }
    // A signed line that begins with a dash is escaped, so these can only be the block's own.
    for line in [BEGIN, BEGIN_SIGNATURE, END] {
        if text.lines().filter(|l| l.trim_end() == line).count() != 1 {
            return Err(SignatureError::invalid(format!(
                "the document has more or fewer than one line `{line}`: exactly one clear-signed \
                 block may stand in it"
            )));
        }
    }
    let (message, _) = CleartextSignedMessage::from_armor_buf(
        format!("{text}\n").as_bytes(),
        pgp::armor::DearmorOptions::default(),
    )
    .map_err(|e| {
        SignatureError::invalid(format!(
            "the clear-signed document can't be read ({})",
            plain(&e.to_string())
        ))
    })?;
    let signatures = message.signatures().to_vec();
    if signatures.is_empty() || signatures.len() > MAX_SIGNATURES {
        return Err(SignatureError::invalid(format!(
            "the clear-signed document has {} signatures",
            signatures.len()
        )));
    }
    Ok((message.signed_text(), signatures))
}

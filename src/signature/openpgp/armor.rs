//! Takes the armour off: a file is binary, or text with one or more blocks in it.

use std::io::Read;

use pgp::armor::{BlockType, Dearmor};

use crate::signature::SignatureError;

/// What the blocks must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Public keys.
    Key,
    /// Detached signatures.
    Signature,
}

const BEGIN: &str = "-----BEGIN PGP ";
const END: &str = "-----END PGP ";

/// Returns the packets of each block; of a binary file, the file.
pub(super) fn blocks(bytes: &[u8], wanted: Wanted) -> Result<Vec<Vec<u8>>, SignatureError> {
    let complain = |message: String| match wanted {
        Wanted::Key => SignatureError::key(message),
        Wanted::Signature => SignatureError::invalid(message),
    };
    // The first octet of a packet has its highest bit set; no text begins like that.
    if bytes.first().is_some_and(|first| first & 0x80 != 0) && !bytes.starts_with(b"\xef\xbb\xbf") {
        return Ok(vec![bytes.to_vec()]);
    }
    let text =
        str::from_utf8(bytes).map_err(|_| complain("it is neither OpenPGP nor text".to_owned()))?;
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(begin) = rest.find(BEGIN) {
        rest = rest.get(begin..).unwrap_or_default();
        let end = rest
            .find(END)
            .and_then(|end| {
                let tail = rest.get(end + END.len()..)?;
                Some(end + END.len() + tail.find("-----")? + "-----".len())
            })
            .ok_or_else(|| {
                complain("a block has a beginning and no end: it was cut off".to_owned())
            })?;
        let (block, after) = rest.split_at(end);
        found.push(dearmour(block, wanted).map_err(complain)?);
        rest = after;
    }
    if found.is_empty() {
        // deps.toml, which may come from a stranger, says which file is read as a key: nothing of its
        // content is told.
        return Err(complain(match wanted {
            Wanted::Key => "it holds no OpenPGP key".to_owned(),
            Wanted::Signature => {
                format!("it holds no OpenPGP signature; it begins with `{}`", beginning(text))
            }
        }));
    }
    Ok(found)
}

fn dearmour(block: &str, wanted: Wanted) -> Result<Vec<u8>, String> {
    // The library's reader wants a line end behind the last line.
    let block = format!("{block}\n");
    let mut reader = Dearmor::new(block.as_bytes());
    reader
        .read_header()
        .map_err(|e| format!("a block can't be read ({})", super::plain(&e.to_string())))?;
    match (reader.typ, wanted) {
        (Some(BlockType::PublicKey), Wanted::Key)
        | (Some(BlockType::Signature), Wanted::Signature)
        | (Some(BlockType::File), _) => {}
        (Some(BlockType::PrivateKey), _) => {
            return Err("it holds a SECRET key, which has no place in a repository: export the \
                        public one, and treat this one as lost"
                .to_owned());
        }
        (Some(BlockType::CleartextMessage), Wanted::Signature) => {
            return Err(
                "it is a clear-signed text, whose signature stands within: give no `url` in \
                        `signature` beside `of = \"checksum\"`"
                    .to_owned(),
            );
        }
        (Some(other), _) => return Err(format!("it holds a `{other}`")),
        (None, _) => return Err("a block does not say what it is".to_owned()),
    }
    let mut packets = Vec::new();
    reader
        .read_to_end(&mut packets)
        .map_err(|e| format!("a block can't be read ({})", super::plain(&e.to_string())))?;
    Ok(packets)
}

fn beginning(text: &str) -> String {
    super::plain(text.trim_start()).chars().take(40).collect()
}

//! minisign: prehashed signatures by pinned Ed25519 keys.

use std::{collections::BTreeMap, fmt, io::Read};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use minisign_verify::{Error, PublicKey, Signature};

use super::SignatureError;

const CHUNK: usize = 64 * 1024;

/// The keys that may sign.
#[derive(Clone, Default)]
pub struct Keyring {
    /// By key id, as minisign prints it: 16 upper-case hex digits.
    keys: BTreeMap<String, PublicKey>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

/// What a signature says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The id of the key, 16 upper-case hex digits.
    pub key: String,
    /// The trusted comment: signed like the bytes.
    pub comment: String,
}

/// Tells whether a text is a key itself and not a file's name: 56 letters of base64 that begin with
/// the algorithm.
pub fn is_key(text: &str) -> bool {
    text.len() == 56 && text.starts_with("RW") && id(text).is_some()
}

impl Keyring {
    /// Reads keys, each with its name for messages: the key itself, or a key file's two lines.
    ///
    /// # Errors
    /// When one is no minisign public key.
    pub fn read(files: &[(String, Vec<u8>)]) -> Result<Self, SignatureError> {
        let mut keys = BTreeMap::new();
        for (name, bytes) in files {
            let wrong = || {
                SignatureError::key(format!(
                    "`{name}` holds no minisign public key (a comment line, then 56 letters that begin \
                     with `RW`)"
                ))
            };
            let text = str::from_utf8(bytes).map_err(|_| wrong())?.trim();
            let key = text.lines().last().unwrap_or_default().trim();
            let id = id(key).ok_or_else(wrong)?;
            keys.insert(id, PublicKey::from_base64(key).map_err(|_| wrong())?);
        }
        Ok(Self { keys })
    }

    /// Returns the key ids, sorted.
    pub fn ids(&self) -> Vec<String> {
        self.keys.keys().cloned().collect()
    }
}

/// Checks a signature over bytes, which are read once. The older form, which is not prehashed, does
/// not count.
///
/// # Errors
/// When it does not count, and why.
pub fn check(
    keyring: &Keyring,
    signature: &[u8],
    over: &mut dyn Read,
) -> Result<Signed, SignatureError> {
    let text = str::from_utf8(signature)
        .map_err(|_| SignatureError::invalid("the file is no minisign signature"))?;
    let signature = Signature::decode(text.trim()).map_err(|error| {
        SignatureError::invalid(format!(
            "the file is no minisign signature ({})",
            error.to_string().to_lowercase()
        ))
    })?;
    let by = text.trim().lines().nth(1).and_then(|line| id(line.trim())).unwrap_or_default();
    let wanted = || list(&keyring.ids());
    let key = keyring.keys.get(&by).ok_or_else(|| {
        SignatureError::invalid(format!(
            "the signature is by the key `{by}`, which is none of the keys given; wanted {}",
            wanted()
        ))
    })?;
    let mut verifier = key.verify_stream(&signature).map_err(|error| {
        if matches!(error, Error::UnsupportedLegacyMode) {
            return SignatureError::invalid(format!(
                "the signature by the key `{by}` is of the older form, which is not prehashed and is \
                 refused"
            ));
        }
        SignatureError::invalid(error.to_string().to_lowercase())
    })?;
    let mut chunk = vec![0; CHUNK];
    loop {
        match over.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => verifier.update(chunk.get(..read).unwrap_or_default()),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => {
                return Err(SignatureError::invalid(format!(
                    "the signed bytes can't be read: {e}"
                )));
            }
        }
    }
    verifier.finalize().map_err(|_| {
        SignatureError::invalid(format!(
            "the signature by the key `{by}` is not over these bytes, or its comment was changed"
        ))
    })?;
    let comment =
        signature.trusted_comment().chars().filter(|c| !c.is_control()).take(200).collect();
    Ok(Signed { key: by, comment })
}

/// The key id of a key or a signature: eight bytes, the lowest first, behind the algorithm.
fn id(base64: &str) -> Option<String> {
    let bytes = STANDARD.decode(base64).ok()?;
    let id: [u8; 8] = bytes.get(2..10)?.try_into().ok()?;
    bytes.starts_with(b"E").then(|| format!("{:016X}", u64::from_le_bytes(id)))
}

fn list(ids: &[String]) -> String {
    ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" or ")
}

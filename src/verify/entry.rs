//! One entry of a checksum file.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::model::{Algorithm, Digest};

/// Base64 with or without padding: both are found in the wild.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A digest, and the file that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry<'t> {
    /// None: for the one file that the checksum file stands beside.
    pub(super) name: Option<&'t str>,
    pub(super) sum: Sum,
}

/// A digest, or the name of an algorithm that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sum {
    Digest(Digest),
    Weak(String),
}

/// Reads a line: `hash  file`, `hash *file`, a bare hash, `ALG (file) = hash`, `sha512-BASE64`.
pub(super) fn read(line: &str) -> Option<Entry<'_>> {
    tagged(line).or_else(|| {
        let (first, rest) = match line.split_once([' ', '\t']) {
            Some((first, rest)) => (first, rest.trim()),
            None => (line, ""),
        };
        let sum = sum(first)?;
        let name = rest.strip_prefix('*').unwrap_or(rest);
        // `-` is what the tools call their standard input.
        let name = (!name.is_empty() && name != "-").then_some(name);
        Some(Entry { name, sum })
    })
}

/// `SHA256 (file) = hash` as BSD writes it, `SHA2-256(file)= hash` as openssl does.
fn tagged(line: &str) -> Option<Entry<'_>> {
    let (algorithm, rest) = line.split_once('(')?;
    let (name, hash) = rest.rsplit_once('=')?;
    let name = name.trim_end().strip_suffix(')')?;
    let (algorithm, hash) = (algorithm.trim(), hash.trim());
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_/".contains(&b);
    if algorithm.is_empty() || !algorithm.bytes().all(is_name) || hex::decode(hash).is_err() {
        return None;
    }
    let plain: String = algorithm.chars().filter(char::is_ascii_alphanumeric).collect();
    let sum = match plain.to_ascii_uppercase().as_str() {
        "SHA256" | "SHA2256" => Sum::Digest(Digest::from_hex(Algorithm::Sha256, hash).ok()?),
        "SHA512" | "SHA2512" => Sum::Digest(Digest::from_hex(Algorithm::Sha512, hash).ok()?),
        "MD5" => Sum::Weak("MD5".to_owned()),
        "SHA1" => Sum::Weak("SHA-1".to_owned()),
        _ => Sum::Weak(algorithm.chars().take(20).collect()),
    };
    Some(Entry { name: (!name.is_empty() && name != "-").then_some(name), sum })
}

/// Reads a digest in any shape: hex digits, `sha256:…`, `sha512-BASE64`.
pub(super) fn sum(text: &str) -> Option<Sum> {
    if let Some((front, hash)) = text.split_once(':') {
        let algorithm = match front.to_ascii_lowercase().as_str() {
            "sha256" => Algorithm::Sha256,
            "sha512" => Algorithm::Sha512,
            "md5" if hex::decode(hash).is_ok() => return Some(Sum::Weak("MD5".to_owned())),
            "sha1" if hex::decode(hash).is_ok() => return Some(Sum::Weak("SHA-1".to_owned())),
            _ => return None,
        };
        return Digest::from_hex(algorithm, hash).ok().map(Sum::Digest);
    }
    if let Some((front, hash)) = text.split_once('-') {
        // Options may follow a `?`; none is defined.
        let bytes = BASE64.decode(hash.split('?').next().unwrap_or("")).ok()?;
        return match front {
            "sha256" => Digest::new(Algorithm::Sha256, &bytes).ok().map(Sum::Digest),
            "sha512" => Digest::new(Algorithm::Sha512, &bytes).ok().map(Sum::Digest),
            "sha1" if bytes.len() == 20 => Some(Sum::Weak("SHA-1".to_owned())),
            "sha384" if bytes.len() == 48 => Some(Sum::Weak("SHA-384".to_owned())),
            "md5" if bytes.len() == 16 => Some(Sum::Weak("MD5".to_owned())),
            _ => None,
        };
    }
    if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    match text.len() {
        64 => Digest::from_hex(Algorithm::Sha256, text).ok().map(Sum::Digest),
        128 => Digest::from_hex(Algorithm::Sha512, text).ok().map(Sum::Digest),
        32 => Some(Sum::Weak("MD5".to_owned())),
        40 => Some(Sum::Weak("SHA-1".to_owned())),
        56 => Some(Sum::Weak("SHA-224".to_owned())),
        96 => Some(Sum::Weak("SHA-384".to_owned())),
        _ => None,
    }
}

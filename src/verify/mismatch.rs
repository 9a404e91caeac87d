//! Bytes against what was promised.

use std::fmt;

use url::Url;

use super::{
    Hashed,
    first::{look, plain},
};
use crate::model::{Algorithm, Code, Digest, SafeUrl, Sha256};

/// What was promised of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// Their number.
    pub size: Option<u64>,
    /// Their SHA-256.
    pub sha256: Option<Sha256>,
    /// What upstream gives.
    pub upstream: Option<Digest>,
}

/// The bytes are not those that were promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch(Box<Difference>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Difference {
    digests: Option<(Digest, Option<Digest>)>,
    size: (Option<u64>, u64),
    url: String,
    content_type: Option<String>,
    look: String,
}

/// Compares bytes with everything that was promised of them.
///
/// `url` is where they came from after redirects; it is shown without secrets. A promised SHA-512
/// that was not computed is a mismatch too.
///
/// # Errors
/// When anything differs.
pub fn check(
    expected: &Expected,
    hashed: &Hashed,
    url: &str,
    content_type: Option<&str>,
) -> Result<(), Mismatch> {
    let promised = expected.sha256.map(Digest::from).into_iter().chain(expected.upstream.clone());
    let digests = promised
        .map(|wanted| {
            let found = match wanted.algorithm() {
                Algorithm::Sha256 => Some(Digest::from(hashed.sha256)),
                Algorithm::Sha512 => hashed.sha512.clone(),
            };
            (wanted, found)
        })
        .find(|(wanted, found)| Some(wanted) != found.as_ref());
    if digests.is_none() && expected.size.is_none_or(|size| size == hashed.size) {
        return Ok(());
    }
    Err(Mismatch(Box::new(Difference {
        digests,
        size: (expected.size, hashed.size),
        url: safe(url),
        content_type: content_type.map(|text| plain(text, 100)),
        look: look(&hashed.first),
    })))
}

/// Says why bytes that nothing vouches for can't be what a name promises; none: they may be.
///
/// An error page or an empty answer under an archive's address would otherwise be trusted for ever.
pub fn unlikely(hashed: &Hashed, name: &str) -> Option<String> {
    if hashed.size == 0 {
        return Some("it is empty".to_owned());
    }
    let name = name.split(['?', '#']).next().unwrap_or(name).to_ascii_lowercase();
    let page = look(&hashed.first);
    let is_page = page.starts_with("an HTML page");
    let may_be = [".html", ".htm", ".xhtml", ".svg", ".xml"].iter().any(|end| name.ends_with(end));
    (is_page && !may_be).then(|| format!("it is {page}"))
}

fn safe(url: &str) -> String {
    match Url::parse(url) {
        Ok(url) => SafeUrl::new(url).to_string(),
        Err(_) => plain(url.split('?').next().unwrap_or(""), 200),
    }
}

impl Mismatch {
    /// Returns `digest-mismatch`.
    pub fn code(&self) -> Code {
        Code::DIGEST_MISMATCH
    }
}

impl std::error::Error for Mismatch {}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.digests {
            Some((wanted, found)) => {
                writeln!(f, "the bytes are not those that were promised")?;
                writeln!(f, "  expected  {wanted}")?;
                match found {
                    Some(found) => writeln!(f, "  got       {found}")?,
                    None => writeln!(f, "  got       no {}", wanted.algorithm().name())?,
                }
            }
            None => writeln!(f, "the file has another size than was promised")?,
        }
        match self.0.size {
            (Some(wanted), found) if wanted != found => {
                writeln!(f, "  size      {found} bytes, expected {wanted}")?;
            }
            (_, found) => writeln!(f, "  size      {found} bytes")?,
        }
        writeln!(f, "  from      {}", self.0.url)?;
        if let Some(content_type) = &self.0.content_type {
            writeln!(f, "  type      {content_type}")?;
        }
        write!(f, "  begins    as {}", self.0.look)
    }
}

//! Documents in JSON, YAML or TOML, each handed on as JSON.

mod toml;
mod yaml;

#[cfg(test)]
mod tests;

use bytes::Bytes;

use super::{
    SourceError,
    web::{self, Looks},
};
use crate::net::Answer;

pub(super) use toml::to_json;

/// How deep a document may be nested.
const DEPTH: usize = 256;
/// The most bytes of YAML or TOML that are read; JSON may be as large as a page.
const LIMIT: usize = 64 << 20;

/// A document that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Nothing came.
    #[error("the answer is empty")]
    Empty,
    /// It is markup.
    #[error("it is {what}, where {wanted} was expected")]
    Markup {
        /// What it is: `an HTML page`, `XML`.
        what: &'static str,
        /// What was expected.
        wanted: Format,
    },
    /// It is not what its type or its name says.
    #[error("it is not {format}: {why}")]
    Unreadable {
        /// What it should be.
        format: Format,
        /// What is wrong, and where.
        why: String,
    },
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    JSON,
    /// YAML 1.2.
    YAML,
    /// TOML.
    TOML,
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::JSON => "JSON",
            Self::YAML => "YAML",
            Self::TOML => "TOML",
        })
    }
}

impl Format {
    /// Tells the format by the media type (without parameters, in lower case), else by the ending of
    /// the address's path, else it is JSON.
    pub fn of(content_type: Option<&str>, url: &str) -> Self {
        let kind = content_type.and_then(|kind| kind.split_once('/')).map_or("", |(_, kind)| kind);
        let is = |name: &str| {
            kind.strip_prefix("x-").unwrap_or(kind) == name
                || kind.strip_prefix("vnd.") == Some(name)
                || kind.rsplit_once('+').is_some_and(|(_, suffix)| suffix == name)
        };
        let formats = [("json", Self::JSON), ("yaml", Self::YAML), ("toml", Self::TOML)];
        if let Some((_, format)) = formats.into_iter().find(|(name, _)| is(name)) {
            return format;
        }
        // `text/plain` and the like say nothing.
        let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        match path.rsplit('/').next().and_then(|name| name.rsplit_once('.')) {
            Some((_, "yaml" | "yml")) => Self::YAML,
            Some((_, "toml")) => Self::TOML,
            _ => Self::JSON,
        }
    }
}

/// Reads a document and gives it back as JSON, one value. What is JSON already comes back as it is,
/// and is read by whoever asks it something.
///
/// YAML's plain scalars stay as they are written, so that `3.10` is not `3.1`: only `true`, `false`
/// and `null` are themselves, every other one is a text. TOML's dates are texts.
///
/// # Errors
/// [`DocumentError`]: nothing, markup, or not what it should be; also where aliases, depth or size
/// go beyond what a version index has.
pub fn read(
    document: &Bytes,
    content_type: Option<&str>,
    url: &str,
) -> Result<Bytes, DocumentError> {
    let format = Format::of(content_type, url);
    match web::looks(document, content_type) {
        Looks::Other => {}
        Looks::Empty => return Err(DocumentError::Empty),
        Looks::Markup(what) => return Err(DocumentError::Markup { what, wanted: format }),
    }
    let unreadable = |why| DocumentError::Unreadable { format, why };
    let value = match format {
        Format::JSON => return Ok(document.clone()),
        Format::YAML | Format::TOML if document.len() > LIMIT => {
            return Err(unreadable(format!("it has more than {} MiB", LIMIT >> 20)));
        }
        Format::YAML => yaml::read(text(document).map_err(unreadable)?).map_err(unreadable)?,
        Format::TOML => toml::read(text(document).map_err(unreadable)?).map_err(unreadable)?,
    };
    serde_json::to_vec(&value).map(Bytes::from).map_err(|error| unreadable(error.to_string()))
}

/// Reads an answer as [`read`] does, aside: a large document takes a while.
pub(super) async fn of(answer: &Answer) -> Result<Bytes, SourceError> {
    let (body, kind) = (answer.body.clone(), answer.content_type.clone());
    let url = answer.url.expose().path().to_owned();
    let reading = tokio::task::spawn_blocking(move || read(&body, kind.as_deref(), &url));
    match reading.await {
        Ok(document) => document.map_err(|error| web::unusable(answer, error.to_string())),
        Err(_) => Err(web::unusable(answer, "the document can't be read")),
    }
}

fn text(document: &[u8]) -> Result<&str, String> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    std::str::from_utf8(document)
        .map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to()))
}

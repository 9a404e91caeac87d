//! What the drivers that speak HTTP share.

use url::Url;

use super::{Limits, Setup, SourceError};
use crate::{
    model::SafeUrl,
    net::{Answer, ByteStream, Client, Request},
};

/// The client, and what the source allows.
#[derive(Debug, Clone)]
pub(super) struct Web {
    client: Client,
    pub(super) insecure: bool,
    pub(super) limits: Limits,
}

impl Web {
    pub(super) fn new(setup: &Setup, insecure: bool) -> Self {
        Self { client: setup.client.clone(), insecure, limits: setup.limits }
    }

    /// Opens an absolute address from a byte on.
    pub(super) async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        let Ok(parsed) = Url::parse(url) else {
            let why = "it is no absolute address";
            return Err(SourceError::Address { url: url.to_owned(), why });
        };
        if !matches!(parsed.scheme(), "https" | "http") {
            let why = "this source has only https addresses";
            return Err(SourceError::Address { url: SafeUrl::new(parsed).to_string(), why });
        }
        Ok(self.client.open(&parsed, from, self.insecure).await?)
    }

    /// Asks for a page of an index.
    pub(super) fn request(&self, url: Url) -> Request {
        Request { insecure: self.insecure, limit: self.limits.page, ..Request::new(url) }
    }

    /// Reads a page of an index.
    pub(super) async fn read(&self, request: &Request) -> Result<Answer, SourceError> {
        Ok(self.client.index(request).await?)
    }
}

/// Makes an error of an answer that can't be used.
pub(super) fn unusable(answer: &Answer, why: impl Into<String>) -> SourceError {
    SourceError::Answer { url: answer.url.to_string(), why: why.into() }
}

/// Names an answer that is plainly something else than JSON.
pub(super) fn expect_json(answer: &Answer) -> Result<(), SourceError> {
    expect(answer, "JSON")
}

/// Names an answer that is empty, or a page where something else was wanted.
pub(super) fn expect(answer: &Answer, wanted: &str) -> Result<(), SourceError> {
    match looks(&answer.body, answer.content_type.as_deref()) {
        Looks::Other => Ok(()),
        Looks::Empty => Err(unusable(answer, "the answer is empty")),
        Looks::Markup(what) => {
            Err(unusable(answer, format!("it is {what}, where {wanted} was expected")))
        }
    }
}

/// What an answer looks like at its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// Nothing came.
    Empty,
    /// `an HTML page`, or `XML`.
    Markup(&'static str),
    Other,
}

/// Tells what an answer looks like.
pub(super) fn looks(body: &[u8], content_type: Option<&str>) -> Looks {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match body.trim_ascii_start() {
        [] => Looks::Empty,
        [b'<', b'!' | b'?' | b'/' | b'a'..=b'z' | b'A'..=b'Z', ..] => {
            let html = content_type == Some("text/html") || looks_like_html(body);
            Looks::Markup(if html { "an HTML page" } else { "XML" })
        }
        [..] => Looks::Other,
    }
}

fn looks_like_html(body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(body.get(..512).unwrap_or(body)).to_ascii_lowercase();
    head.contains("<html") || head.contains("<!doctype html")
}

/// Names several addresses for messages.
pub(super) fn origin(urls: &[Url]) -> String {
    let shown: Vec<_> = urls.iter().map(|url| SafeUrl::new(url.clone()).to_string()).collect();
    shown.join(", ")
}

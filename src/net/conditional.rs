//! Answers kept between runs, asked for again with `If-None-Match`.

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LINK,
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::Request;
use crate::model::Sha256;

/// Where answers may be kept between runs. A miss is never an error.
///
/// The room below keeps its own digest of every entry: what comes back is what was put, or nothing.
pub trait HttpCache: Send + Sync {
    /// Returns what was kept under a name. May block.
    fn get(&self, name: &Sha256) -> Option<Vec<u8>>;
    /// Keeps bytes under a name, in place of what was there. May block.
    fn put(&self, name: &Sha256, bytes: &[u8]);
    /// Notes that what is kept under a name is right today. May block.
    fn confirm(&self, name: &Sha256);
    /// Returns when what is kept under a name was right for the last time. May block.
    fn right_at(&self, name: &Sha256) -> Option<Timestamp>;
}

/// What is kept of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) about: About,
    pub(super) body: Bytes,
}

/// What is kept beside the body, as one line of JSON before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    pub(super) etag: Option<String>,
    pub(super) modified: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) link: Option<String>,
}

impl Kept {
    /// Makes what is kept of a whole answer. One that the server gives nothing to compare for is
    /// kept too: it may have to stand in when the server can't be reached.
    pub(super) fn of(headers: &HeaderMap, body: &Bytes) -> Self {
        let about = About {
            etag: text(headers, &ETAG),
            modified: text(headers, &LAST_MODIFIED),
            content_type: text(headers, &CONTENT_TYPE),
            link: text(headers, &LINK),
        };
        Self { about, body: body.clone() }
    }

    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = serde_json::to_vec(&self.about).ok()?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.body);
        Some(bytes)
    }

    pub(super) fn decode(bytes: Vec<u8>) -> Option<Self> {
        let line = bytes.iter().position(|b| *b == b'\n')?;
        let about = serde_json::from_slice(bytes.get(..line)?).ok()?;
        Some(Self { about, body: Bytes::from(bytes).slice(line + 1..) })
    }

    /// Returns the headers that ask whether this is still right.
    pub(super) fn questions(&self) -> Vec<(HeaderName, String)> {
        let etag = self.about.etag.clone().map(|etag| (IF_NONE_MATCH, etag));
        let modified = self.about.modified.clone().map(|date| (IF_MODIFIED_SINCE, date));
        etag.into_iter().chain(modified).collect()
    }
}

/// Names the entry of a request. What a token may see is never given to a request without one.
pub(super) fn name(request: &Request) -> Sha256 {
    let who = if request.bearer.is_some() { "with a token" } else { "without" };
    let accept = request.accept.unwrap_or_default();
    Sha256::of(format!("{}\n{accept}\n{who}", request.url).as_bytes())
}

pub(super) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Reads how many entries all pages have together; forges write it so, and each in its own header.
pub(super) fn total(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get("x-total-count").or_else(|| headers.get("x-total"))?;
    value.to_str().ok()?.trim().parse().ok()
}

/// Finds `rel="next"` in a `Link` header (RFC 8288), resolved against the address it came from.
pub(super) fn next_link(link: &str, base: &Url) -> Option<Url> {
    // Cut at `<`, not at `,`: an address may have commas.
    link.split('<').skip(1).find_map(|part| {
        let (target, parameters) = part.split_once('>')?;
        let next = parameters.split([';', ',']).any(|parameter| {
            let Some((name, value)) = parameter.split_once('=') else { return false };
            name.trim().eq_ignore_ascii_case("rel")
                && value
                    .trim()
                    .trim_matches('"')
                    .split_ascii_whitespace()
                    .any(|rel| rel.eq_ignore_ascii_case("next"))
        });
        if next { base.join(target).ok() } else { None }
    })
}

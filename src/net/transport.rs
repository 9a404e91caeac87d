//! What reqwest's errors mean.

use std::{error::Error, io};

use super::{NetError, TransportKind, resolve::Refused};
use crate::model::SafeUrl;

/// Turns what reqwest says into the one clause that tells something: its innermost. (The outer ones
/// are the layers' own words, and name the whole address.)
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn failed(error: reqwest::Error, url: &SafeUrl, tries: u32) -> NetError {
    if let Some(Refused { ip, what }) = refused(&error) {
        return not_public(url, ip.to_string(), what, None);
    }
    let kind = kind(&error);
    NetError::Transport { url: url.clone(), kind, tries, cause: cause(&error).into() }
}

/// An address that is not public: the line that allows it is told.
pub(super) fn not_public(
    url: &SafeUrl,
    at: String,
    what: &'static str,
    from: Option<&SafeUrl>,
) -> NetError {
    let from = from.cloned().map(Box::new);
    NetError::PrivateAddress { url: Box::new(url.clone()), at: at.into(), what, from }
}

fn refused(error: &reqwest::Error) -> Option<Refused> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(refused) = error.downcast_ref() {
            return Some(*refused);
        }
        next = error.source();
    }
    None
}

/// Returns the innermost words, without the system's number: `connection refused`.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost = None;
    let mut next = error.source();
    while let Some(error) = next {
        innermost = Some(error);
        next = error.source();
    }
    let text = innermost.map(ToString::to_string).unwrap_or_default();
    let text = text.split(" (os error").next().unwrap_or_default();
    let line = text.lines().next().unwrap_or_default().trim();
    let mut letters = line.chars();
    match (letters.next(), letters.clone().next()) {
        // An abbreviation keeps its letters.
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => line.to_owned(),
    }
}

/// Sorts an error by what it says of the next try.
pub(super) fn kind(error: &reqwest::Error) -> TransportKind {
    if error.is_timeout() {
        return TransportKind::Timeout;
    }
    if error.is_dns() {
        return TransportKind::Dns;
    }
    match io_kind(error) {
        Some(io::ErrorKind::TimedOut) => return TransportKind::Timeout,
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected,
        ) => return TransportKind::Reset,
        _ => {}
    }
    if error.is_connect() {
        return match io_kind(error) {
            Some(io::ErrorKind::InvalidData | io::ErrorKind::Other) => TransportKind::Tls,
            _ => TransportKind::Connect,
        };
    }
    // What is no I/O error is hyper's own word, which only its text tells: an answer that ended
    // before its announced length, or a connection closed before or within the answer.
    let text = chain(error);
    if text.contains("end of file before message length") || text.contains("unexpected EOF") {
        TransportKind::Truncated
    } else if text.contains("before message completed") || text.contains("connection closed") {
        TransportKind::Reset
    } else if matches!(io_kind(error), Some(io::ErrorKind::UnexpectedEof)) {
        TransportKind::Truncated
    } else {
        TransportKind::Garbled
    }
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>()
            && io.get_ref().is_none_or(|inner| !inner.is::<io::Error>())
        {
            return Some(io.kind());
        }
        next = error.source();
    }
    None
}

fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(&error.to_string());
        text.push('\n');
        next = error.source();
    }
    text
}

//! What reqwest's errors mean.

use std::{error::Error, io};

use super::{NetError, TransportKind};
use crate::model::SafeUrl;

/// Wraps what reqwest says. Its own text names the whole address, so that is taken out.
pub(super) fn failed(error: reqwest::Error, url: &SafeUrl, tries: u32) -> NetError {
    let kind = kind(&error);
    let source = Box::new(error.without_url());
    NetError::Transport { url: url.clone(), kind, tries, source }
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

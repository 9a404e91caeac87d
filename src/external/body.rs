//! Bodies that a driver sends: read piece by piece, never more than one ahead of who reads.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::stream;

use super::{
    handshake::Session,
    protocol::{Body, CHUNK, Read},
};
use crate::net::{ByteStream, StreamError};

/// Makes a stream of a body. `expected` is how long it must be, where that is known otherwise.
///
/// # Errors
/// What is wrong with the body.
pub(super) fn stream(
    session: &Arc<Session>,
    body: Body,
    expected: Option<u64>,
) -> Result<ByteStream, String> {
    let mut reading = match (body.data, body.stream) {
        (Some(data), None) => {
            let bytes = decode(&data)?;
            let size = bytes.len() as u64;
            if body.size.is_some_and(|said| said != size) {
                return Err(format!(
                    "it says {} bytes and sends {size}",
                    body.size.unwrap_or(size)
                ));
            }
            let mut whole = Reading::new(session, None, Some(size));
            whole.ready = Some(bytes);
            whole
        }
        (None, Some(stream)) => Reading::new(session, Some(stream), body.size),
        (None, None) => return Err("the body has neither `data` nor `stream`".to_owned()),
        (Some(_), Some(_)) => return Err("the body has both `data` and `stream`".to_owned()),
    };
    if let Some(expected) = expected {
        match reading.size {
            Some(size) if size != expected => {
                return Err(format!("it announces {size} bytes where there are {expected}"));
            }
            Some(_) | None => reading.size = Some(expected),
        }
    }
    let size = reading.size;
    let chunks = stream::unfold(Some(reading), async |reading| {
        let mut reading = reading?;
        match reading.next().await {
            Ok(Some(bytes)) => Some((Ok(bytes), Some(reading))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    });
    let mut stream = ByteStream::new(chunks);
    stream.size = size;
    Ok(stream)
}

/// A body that is being read. Dropped before its end, the driver is told.
struct Reading {
    session: Arc<Session>,
    stream: Option<String>,
    /// Bytes that came with the answer.
    ready: Option<Bytes>,
    size: Option<u64>,
    got: u64,
}

impl Reading {
    fn new(session: &Arc<Session>, stream: Option<String>, size: Option<u64>) -> Self {
        Self { session: Arc::clone(session), stream, ready: None, size, got: 0 }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, StreamError> {
        if let Some(bytes) = self.ready.take().filter(|bytes| !bytes.is_empty()) {
            self.got += bytes.len() as u64;
            return Ok(Some(bytes));
        }
        let Some(stream) = self.stream.clone() else {
            return match self.size {
                Some(announced) if announced != self.got => {
                    Err(StreamError::Truncated { got: self.got, announced })
                }
                Some(_) | None => Ok(None),
            };
        };
        let request = Read { stream, max: CHUNK };
        let answer = match self.session.connection.ask(&request).await {
            Ok(answer) => answer,
            Err(error) => {
                self.stream = None;
                return Err(StreamError::Broken(Box::new(error)));
            }
        };
        let bytes = decode(&answer.data).map_err(|why| broken(&why))?;
        if answer.end {
            self.stream = None;
        } else if bytes.is_empty() {
            return Err(broken("it sends nothing and does not say that this is the end"));
        }
        self.got += bytes.len() as u64;
        match self.size {
            Some(size) if self.got > size => {
                Err(broken(&format!("it sends more than the {size} bytes that it announced")))
            }
            Some(announced) if self.stream.is_none() && self.got < announced => {
                Err(StreamError::Truncated { got: self.got, announced })
            }
            Some(_) | None if bytes.is_empty() => Ok(None),
            Some(_) | None => Ok(Some(bytes)),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(stream) = &self.stream {
            self.session.connection.close(stream);
        }
    }
}

fn broken(why: &str) -> StreamError {
    StreamError::Broken(why.into())
}

/// Reads base64 of no more bytes than a message may hold.
fn decode(text: &str) -> Result<Bytes, String> {
    let bytes =
        STANDARD.decode(text).map_err(|error| format!("its `data` is no base64: {error}"))?;
    if bytes.len() > CHUNK {
        return Err(format!("it sends {} bytes at once, of at most {CHUNK}", bytes.len()));
    }
    Ok(bytes.into())
}

/// Writes bytes as a message holds them.
pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

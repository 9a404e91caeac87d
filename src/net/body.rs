//! Bytes on their way: from a source or a store, never spooled.

use std::{fmt, pin::Pin};

use bytes::Bytes;
use futures::{Stream, StreamExt as _};

use crate::model::{Code, SafeUrl};

/// A body that is being read, and what its sender said of it.
pub struct ByteStream {
    /// Size in bytes, where it was announced.
    pub size: Option<u64>,
    /// Where the bytes come from after redirects; none for a local file.
    pub url: Option<SafeUrl>,
    /// What the sender calls them (`text/html`).
    pub content_type: Option<String>,
    chunks: Pin<Box<dyn Stream<Item = Result<Bytes, StreamError>> + Send>>,
}

impl ByteStream {
    /// Wraps chunks. A stream that ends without an error was whole.
    pub fn new(chunks: impl Stream<Item = Result<Bytes, StreamError>> + Send + 'static) -> Self {
        Self { size: None, url: None, content_type: None, chunks: Box::pin(chunks) }
    }

    /// Wraps bytes that are in memory.
    pub fn of(bytes: Bytes) -> Self {
        let size = bytes.len() as u64;
        let mut stream = Self::new(futures::stream::iter([Ok(bytes)]));
        stream.size = Some(size);
        stream
    }

    /// Returns the next chunk; none at the end.
    ///
    /// # Errors
    /// When the transfer broke off; what came before is not the whole.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StreamError> {
        self.chunks.next().await.transpose()
    }

    /// Reads the whole body into memory.
    ///
    /// # Errors
    /// When the transfer broke off, or the body has more than `limit` bytes.
    pub async fn collect(mut self, limit: u64) -> Result<Bytes, StreamError> {
        let mut all = bytes::BytesMut::new();
        while let Some(chunk) = self.next().await? {
            if all.len() as u64 + chunk.len() as u64 > limit {
                return Err(StreamError::TooLarge { limit });
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream")
            .field("size", &self.size)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// Fewer bytes came than were announced.
    #[error("the answer ended after {got} of {announced} bytes")]
    Truncated {
        /// Bytes that came.
        got: u64,
        /// Bytes that were announced.
        announced: u64,
    },
    /// More bytes than the caller takes.
    #[error("the answer has more than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The transfer broke off.
    #[error("the transfer broke off")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StreamError {
    /// Returns the code for `depstate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::Truncated { .. } => Code::TRUNCATED,
            Self::TooLarge { .. } => Code::ANSWER_TOO_LARGE,
            Self::Broken(_) => Code::SOURCE_FAILED,
        }
    }
}

//! Looking at objects.

use std::{ops::Range, sync::Arc};

use aws_sdk_s3::{
    operation::get_object::GetObjectOutput,
    primitives::{ByteStream as SdkStream, DateTime},
    types::ChecksumMode,
};
use bytes::Bytes;
use futures::stream;
use jiff::Timestamp;

use super::{Bucket, checksum, connection::Connection, error::Asked, error::Failure};
use crate::{
    model::{ObjectKey, ObjectMeta, Revision},
    net::{ByteStream, StreamError},
    storage::{Object, StorageError},
};

/// How often a body that breaks off is asked for from there on.
const RESUMED: usize = 4;

impl Bucket {
    /// Returns what the store says of an object.
    ///
    /// # Errors
    /// When it can't be asked or does not let us look.
    pub(super) async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StorageError> {
        let connection = self.connection().await?;
        let full = self.config.full(key.as_str());
        let asked = Asked { operation: "HeadObject", key: &full };
        let ask = |connection: &Connection| {
            let request = connection.client.head_object().bucket(&self.config.bucket).key(&full);
            // Where no checksum is sent, none is asked for: such stores may not know the word.
            if self.config.checksums {
                request.checksum_mode(ChecksumMode::Enabled).send()
            } else {
                request.send()
            }
        };
        let mut answer = self.tried(connection, ask).await;
        if answer.as_ref().is_err_and(|failure| failure.status() == Some(403)) {
            // Without a body nobody can tell whether it was the clock, which is right by now.
            answer = self.tried(connection, ask).await;
        }
        match answer {
            Ok(head) => {
                let meta = head.e_tag().and_then(|tag| {
                    Some(ObjectMeta {
                        size: u64::try_from(head.content_length()?).ok()?,
                        revision: checksum::revision(tag),
                        modified: head.last_modified().and_then(timestamp),
                        checksum: head.checksum_sha256().and_then(checksum::decode),
                    })
                });
                match meta {
                    Some(meta) => Ok(Some(meta)),
                    None => Err(self.explain(connection, &asked, &incomplete())),
                }
            }
            // An answer without a body names no code.
            Err(failure) if failure.status() == Some(404) => Ok(None),
            Err(failure) => Err(self.explain(connection, &asked, &failure)),
        }
    }

    /// Returns an object or a part of it; both from one answer. A body that breaks off is gone on
    /// with, from the same state of the object.
    ///
    /// # Errors
    /// When it can't be asked or does not let us look.
    pub(super) async fn get(
        self: Arc<Self>,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Object>, StorageError> {
        if range.as_ref().is_some_and(Range::is_empty) {
            return self.nothing_of(key).await;
        }
        let connection = self.connection().await?;
        let full = self.config.full(key.as_str());
        let asked = Asked { operation: "GetObject", key: &full };
        let answer = match self.fetch(connection, &full, range.clone(), None).await {
            Ok(answer) => answer,
            Err(failure) if failure.code() == Some("NoSuchKey") => return Ok(None),
            // The part begins behind the object's end.
            Err(failure) if failure.status() == Some(416) => return self.nothing_of(key).await,
            Err(failure) => return Err(self.explain(connection, &asked, &failure)),
        };
        let Some((meta, length)) = describe(&answer) else {
            return Err(self.explain(connection, &asked, &incomplete()));
        };
        let start = range.map_or(0, |range| range.start);
        let rest = Rest {
            bucket: Arc::clone(&self),
            key: full,
            revision: meta.revision.clone(),
            body: answer.body,
            next: start,
            end: start + length,
            resumed: 0,
        };
        let mut body = ByteStream::new(stream::unfold(Some(rest), Rest::step));
        body.size = Some(length);
        Ok(Some(Object { meta, body }))
    }

    async fn nothing_of(&self, key: &ObjectKey) -> Result<Option<Object>, StorageError> {
        let meta = self.head(key).await?;
        Ok(meta.map(|meta| Object { meta, body: ByteStream::of(Bytes::new()) }))
    }

    async fn fetch(
        &self,
        connection: &Connection,
        full: &str,
        range: Option<Range<u64>>,
        revision: Option<&Revision>,
    ) -> Result<GetObjectOutput, Failure> {
        let range = range.map(|range| format!("bytes={}-{}", range.start, range.end - 1));
        self.tried(connection, |connection| {
            connection
                .client
                .get_object()
                .bucket(&self.config.bucket)
                .key(full)
                .set_range(range.clone())
                .set_if_match(revision.map(checksum::quoted))
                .send()
        })
        .await
    }
}

/// What is still to come of an object.
struct Rest {
    bucket: Arc<Bucket>,
    key: String,
    revision: Revision,
    body: SdkStream,
    next: u64,
    end: u64,
    resumed: usize,
}

impl Rest {
    async fn step(state: Option<Self>) -> Option<(Result<Bytes, StreamError>, Option<Self>)> {
        let mut rest = state?;
        loop {
            let broken = match rest.body.next().await {
                Some(Ok(chunk)) => {
                    rest.next += chunk.len() as u64;
                    return Some((Ok(chunk), Some(rest)));
                }
                None if rest.next == rest.end => return None,
                None => StreamError::Truncated { got: rest.next, announced: rest.end },
                Some(Err(e)) => StreamError::Broken(Box::new(e)),
            };
            if rest.resumed == RESUMED || !rest.resume().await {
                return Some((Err(broken), None));
            }
        }
    }

    /// Asks for what is missing, of the same state of the object.
    async fn resume(&mut self) -> bool {
        self.resumed += 1;
        let Ok(connection) = self.bucket.connection().await else { return false };
        let range = Some(self.next..self.end);
        match self.bucket.fetch(connection, &self.key, range, Some(&self.revision)).await {
            Ok(answer) => {
                self.body = answer.body;
                true
            }
            Err(_) => false,
        }
    }
}

/// Returns what an answer says of the whole object, and how many bytes it brings.
fn describe(answer: &GetObjectOutput) -> Option<(ObjectMeta, u64)> {
    let length = u64::try_from(answer.content_length()?).ok()?;
    // `bytes 0-9/1234`: the last number is the size of the whole.
    let whole = match answer.content_range() {
        Some(range) => range.rsplit_once('/')?.1.parse().ok()?,
        None => length,
    };
    let meta = ObjectMeta {
        size: whole,
        revision: checksum::revision(answer.e_tag()?),
        modified: answer.last_modified().and_then(timestamp),
        checksum: None,
    };
    Some((meta, length))
}

/// The failure of an answer without the headers that every store sends.
fn incomplete() -> Failure {
    Failure::unreadable("it lacks `ETag` or `Content-Length`".to_owned())
}

pub(super) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(time.secs()).ok()
}

//! The `s3` driver: a bucket, or a prefix of one. The only place that names the AWS SDK.
//!
//! **Attempts.** The SDK's own retries are off. Reads and parts are tried again here, with growing
//! pauses, so that a message can say how often; a `put`, and the completion of an upload, is sent
//! once, because whoever asked has to decide what an unknown outcome means. One alone is sent
//! again: what was refused, so certainly not applied, because of this machine's clock, which the SDK
//! corrects by the answer, or because its credentials ran out, and there are new ones.
//!
//! **Pace.** All requests to the store share a limit that falls when it says that it is asked too
//! much, and spare tries that run out when it is down: see `pace`.
//!
//! **Integrity.** The SDK's own checksums are off as well: a single PUT carries the SHA-256 of its
//! body, the parts of an upload and the whole object carry a CRC-64/NVME. That is why the payload
//! is not hashed once more for the signature. With `checksum = "when-required"` none is sent.

mod attempt;
mod checksum;
mod config;
mod connection;
mod credentials;
mod error;
mod list;
mod pace;
mod probe;
mod read;
mod renewal;
mod unfinished;
mod upload;
mod whole;
mod write;

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use tokio::sync::{OnceCell, Semaphore};

use super::{
    Object, Precondition, PutError, StorageError, StorageReader, StorageWriter, Upload, UploadRef,
    registry::Setup,
};
use crate::model::{Checksums, Mistake, ObjectKey, ObjectMeta};
use connection::Connection;

pub(super) use config::FIELDS;

/// A bucket as a store. Clones share its connections.
#[derive(Clone)]
pub struct S3Storage {
    bucket: Arc<Bucket>,
}

/// The bucket, and how it is reached.
pub(super) struct Bucket {
    config: config::Config,
    connection: OnceCell<Connection>,
    /// Room for the parts of all uploads that are under way, in bytes' worth of [`upload::UNIT`].
    room: Arc<Semaphore>,
    /// How fast it is asked.
    pace: pace::Pace,
}

impl S3Storage {
    /// Reads the driver's table. Nobody is asked before the first request.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn from_table(setup: Setup) -> Result<Self, Vec<Mistake>> {
        config::Config::from_table(setup).map(Self::open)
    }

    /// The same, with another time that an answer may let wait, in place of half a minute and, for
    /// requests that carry a body, five minutes.
    ///
    /// # Errors
    /// All mistakes of the table.
    pub fn with_patience(setup: Setup, patience: Duration) -> Result<Self, Vec<Mistake>> {
        let mut config = config::Config::from_table(setup)?;
        config.patience = Some(patience);
        Ok(Self::open(config))
    }

    fn open(config: config::Config) -> Self {
        let room = Arc::new(Semaphore::new(upload::ROOM));
        let (connection, pace) = (OnceCell::new(), pace::Pace::default());
        Self { bucket: Arc::new(Bucket { config, connection, room, pace }) }
    }
}

impl fmt::Debug for S3Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3Storage({})", self.bucket.config.location())
    }
}

impl Bucket {
    /// Returns the way to the bucket; the first call looks for credentials.
    ///
    /// # Errors
    /// When credentials are configured but can't be had.
    async fn connection(&self) -> Result<&Connection, StorageError> {
        self.connection.get_or_try_init(|| Connection::open(&self.config)).await
    }
}

#[async_trait]
impl StorageReader for S3Storage {
    fn location(&self) -> String {
        self.bucket.config.location()
    }

    fn identity(&self) -> String {
        self.bucket.config.identity()
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StorageError> {
        self.bucket.head(key).await
    }

    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Object>, StorageError> {
        Arc::clone(&self.bucket).get(key, range).await
    }

    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
    ) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>> {
        list::objects(Arc::clone(&self.bucket), prefix, after, "")
    }

    fn list_cut<'a>(
        &'a self,
        prefix: &'a str,
        cuts: &'a [String],
    ) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>> {
        list::spans(&self.bucket, prefix, cuts)
    }
}

#[async_trait]
impl StorageWriter for S3Storage {
    async fn put(
        &self,
        key: &ObjectKey,
        body: Bytes,
        precondition: Precondition,
    ) -> Result<ObjectMeta, PutError> {
        self.bucket.put(key, body, precondition).await
    }

    async fn upload(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, StorageError> {
        Ok(Box::new(upload::S3Upload::begin(Arc::clone(&self.bucket), key).await?))
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        self.bucket.delete(key).await
    }

    fn unfinished<'a>(&'a self, prefix: &'a str) -> BoxStream<'a, Result<UploadRef, StorageError>> {
        unfinished::uploads(Arc::clone(&self.bucket), prefix)
    }

    async fn discard(&self, upload: &UploadRef) -> Result<(), StorageError> {
        self.bucket.discard(upload).await
    }

    async fn checksums(&self, key: &ObjectKey) -> Result<Checksums, StorageError> {
        self.bucket.probe_checksums(key).await
    }
}

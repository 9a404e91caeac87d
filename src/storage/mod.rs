//! Floor 4: stores of objects, behind two traits: one that can only look, one that can change.

mod error;
mod fields;
mod fs;
mod memory;
pub mod registry;
mod s3;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::{
    model::{Checksums, ObjectKey, ObjectMeta, Revision},
    net::ByteStream,
};

pub use error::{PutError, StorageError};
pub use fs::FsStorage;
pub use memory::{Failure, MemoryStorage, Op};
pub use s3::S3Storage;

/// A store that is looked at.
#[async_trait]
pub trait StorageReader: Send + Sync {
    /// Returns where it is, for messages: `s3://bucket/prefix`, `fs:mirror`.
    fn location(&self) -> String;

    /// Returns what tells it from every other place, where the location alone does not: the same
    /// bucket's name at another endpoint is another bucket.
    fn identity(&self) -> String {
        self.location()
    }

    /// Returns what the store says of an object; none: there is no such object.
    ///
    /// # Errors
    /// When the store could not be asked or does not let us look (403 is never `None`).
    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StorageError>;

    /// Returns an object, or a part of it (`range` in bytes, end exclusive): what the store says of
    /// it and its bytes, both from one answer.
    ///
    /// # Errors
    /// As [`StorageReader::head`].
    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<Option<Object>, StorageError>;

    /// Lists the objects whose key begins with `prefix` and comes after `after` (empty: all), in the
    /// order of keys, paged to the end.
    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
    ) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>>;

    /// The same from the first key on; a driver may ask for what lies between two cuts beside the
    /// rest. Where they lie decides how long it takes, never what is listed. They are in order.
    fn list_cut<'a>(
        &'a self,
        prefix: &'a str,
        _cuts: &'a [String],
    ) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>> {
        self.list(prefix)
    }

    /// Lists all objects whose key begins with `prefix`, in the order of keys, paged to the end.
    fn list<'a>(
        &'a self,
        prefix: &'a str,
    ) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>> {
        self.list_after(prefix, "")
    }
}

/// A store that is changed. Every `put` and `finish` is **one attempt**: nothing below retries it;
/// whoever asked decides. (What a store has certainly not applied, because the request's time was
/// wrong, may be sent again with the right one.)
#[async_trait]
pub trait StorageWriter: StorageReader {
    /// Writes a whole object under a precondition.
    ///
    /// # Errors
    /// See [`PutError`] for what each failure says of the attempt.
    async fn put(
        &self,
        key: &ObjectKey,
        body: Bytes,
        precondition: Precondition,
    ) -> Result<ObjectMeta, PutError>;

    /// Begins to write a large object in parts. Nothing is visible before [`Upload::finish`].
    ///
    /// # Errors
    /// When it could not be begun.
    async fn upload(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, StorageError>;

    /// Deletes an object; one that is not there is no error.
    ///
    /// # Errors
    /// When the store refused or could not be asked.
    async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError>;

    /// Lists uploads that were begun below `prefix` and neither finished nor aborted.
    fn unfinished<'a>(&'a self, prefix: &'a str) -> BoxStream<'a, Result<UploadRef, StorageError>>;

    /// Throws an unfinished upload away.
    ///
    /// # Errors
    /// When the store refused or could not be asked.
    async fn discard(&self, upload: &UploadRef) -> Result<(), StorageError>;

    /// Tries to write under `key` with a digest of other bytes, and tells what the store does. What
    /// it takes is removed again.
    ///
    /// # Errors
    /// When the store could not be asked, or does not let us write: no verdict.
    async fn checksums(&self, key: &ObjectKey) -> Result<Checksums, StorageError>;
}

/// A large object on its way.
#[async_trait]
pub trait Upload: Send {
    /// Takes more bytes; sends a part whenever there are enough. Waits while too much is in flight.
    ///
    /// # Errors
    /// When a part could not be sent, after retries.
    async fn write(&mut self, bytes: Bytes) -> Result<(), StorageError>;

    /// Makes the object visible, whole. One attempt.
    ///
    /// # Errors
    /// See [`PutError`].
    async fn finish(self: Box<Self>, precondition: Precondition) -> Result<ObjectMeta, PutError>;

    /// Throws away what was sent.
    ///
    /// # Errors
    /// When the store refused or could not be asked; the collector finds it later.
    async fn abort(self: Box<Self>) -> Result<(), StorageError>;
}

/// An object: what the store says of it, and its bytes.
#[derive(Debug)]
pub struct Object {
    /// What the store says of it.
    pub meta: ObjectMeta,
    /// Its bytes.
    pub body: ByteStream,
}

/// What must be true for a write to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// There is no such object (`If-None-Match: *`).
    Absent,
    /// The object is in this state (`If-Match`).
    Matches(Revision),
}

/// An upload that was begun and not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRef {
    /// Where the object would be.
    pub key: ObjectKey,
    /// The store's id of the upload.
    pub id: String,
    /// When it was begun, by the store's clock.
    pub begun: Option<jiff::Timestamp>,
}

//! A store in which something happens just before HEAD is read for the first time.

use std::{ops::Range, sync::Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use depstate::{
    model::{Checksums, ObjectKey, ObjectMeta, Revision},
    net::ByteStream,
    storage::{
        MemoryStorage, Object, Precondition, PutError, StorageError, StorageReader, StorageWriter,
        Upload, UploadRef,
    },
};
use futures::stream::BoxStream;

/// What happens; what it returns is shown in the place of HEAD.
type Meddle = Box<dyn FnOnce(&MemoryStorage) -> Option<Bytes> + Send>;

pub(crate) struct Meddler {
    below: MemoryStorage,
    meddle: Mutex<Option<Meddle>>,
}

impl Meddler {
    pub(crate) fn new(
        below: &MemoryStorage,
        meddle: impl FnOnce(&MemoryStorage) -> Option<Bytes> + Send + 'static,
    ) -> Self {
        Self { below: below.clone(), meddle: Mutex::new(Some(Box::new(meddle))) }
    }
}

#[async_trait]
impl StorageReader for Meddler {
    fn location(&self) -> String {
        self.below.location()
    }
    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StorageError> {
        self.below.head(key).await
    }
    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Object>, StorageError> {
        let meddle = (key.as_str() == "head.json").then(|| self.meddle.lock().unwrap().take());
        let shown = meddle.flatten().and_then(|meddle| meddle(&self.below));
        let mut object = self.below.get(key, range).await?;
        if let (Some(shown), Some(object)) = (shown, &mut object) {
            object.meta.revision = Revision("shown".to_owned());
            object.body = ByteStream::of(shown);
        }
        Ok(object)
    }
    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
    ) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>> {
        self.below.list_after(prefix, after)
    }
}

#[async_trait]
impl StorageWriter for Meddler {
    async fn put(
        &self,
        key: &ObjectKey,
        body: Bytes,
        precondition: Precondition,
    ) -> Result<ObjectMeta, PutError> {
        self.below.put(key, body, precondition).await
    }
    async fn upload(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, StorageError> {
        self.below.upload(key).await
    }
    async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        self.below.delete(key).await
    }
    fn unfinished<'a>(&'a self, prefix: &'a str) -> BoxStream<'a, Result<UploadRef, StorageError>> {
        self.below.unfinished(prefix)
    }
    async fn discard(&self, upload: &UploadRef) -> Result<(), StorageError> {
        self.below.discard(upload).await
    }
    async fn checksums(&self, key: &ObjectKey) -> Result<Checksums, StorageError> {
        self.below.checksums(key).await
    }
}

/// A reader to whom HEAD is another each time; after the last it is what it is.
pub(crate) struct Moving {
    below: MemoryStorage,
    next: Mutex<Box<dyn FnMut() -> Option<Bytes> + Send>>,
}

impl Moving {
    pub(crate) fn new(
        below: &MemoryStorage,
        next: impl FnMut() -> Option<Bytes> + Send + 'static,
    ) -> Self {
        Self { below: below.clone(), next: Mutex::new(Box::new(next)) }
    }
}

#[async_trait]
impl StorageReader for Moving {
    fn location(&self) -> String {
        self.below.location()
    }
    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StorageError> {
        self.below.head(key).await
    }
    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Object>, StorageError> {
        let shown = if key.as_str() == "head.json" { (self.next.lock().unwrap())() } else { None };
        let mut object = self.below.get(key, range).await?;
        if let (Some(shown), Some(object)) = (shown, &mut object) {
            object.meta.revision = Revision(depstate::model::Sha256::of(&shown).to_string());
            object.body = ByteStream::of(shown);
        }
        Ok(object)
    }
    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
    ) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>> {
        self.below.list_after(prefix, after)
    }
}

//! The `fs` driver: a folder that is a full store, with the same conditions as a bucket.
//!
//! Keys are paths below the folder, one to one. A write lands in a temporary file below `.tmp`, is
//! forced to the disk, and gets its name by a rename or a link that never replaces; so nobody sees
//! half of one. Conditions are compared under an exclusive lock of the operating system on `.lock`,
//! which is held until the new name is there. Names that begin with a dot are no keys.
//!
//! **Revisions.** Of a document (anything but `artifacts/` and `side/`) up to 64 KiB: the SHA-256
//! of its bytes. Of anything else: size, time of change in nanoseconds and inode, so that listing
//! ten thousand artifacts opens none of them. A copied folder therefore gets new revisions.

mod files;
mod key_path;
mod list;
mod lock;
mod revision;
mod root;
mod upload;
mod write;

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use super::{
    Object, Precondition, PutError, StorageError, StorageReader, StorageWriter, Upload, UploadRef,
    fields::Fields, registry::Setup,
};
use crate::model::{Checksums, Mistake, ObjectKey, ObjectMeta};

/// The keys of its table.
pub(super) const FIELDS: &[&str] = &["path", "public-url"];

/// A folder as a store.
#[derive(Clone)]
pub struct FsStorage {
    shared: Arc<Folder>,
}

/// Where the store is.
pub(super) struct Folder {
    /// The folder as written in deps.toml, for messages.
    shown: String,
    /// The folder.
    root: PathBuf,
}

impl FsStorage {
    /// Takes a folder, which need not be there: reading finds nothing, and the first write makes it.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self { shared: Arc::new(Folder { shown: root.display().to_string(), root }) }
    }

    /// Reads the driver's table.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn from_table(setup: Setup) -> Result<Self, Vec<Mistake>> {
        let mut fields = Fields::new(setup.table, FIELDS, setup.environment);
        let path = fields.place("path");
        let path = fields.required("path", path);
        fields.address("public-url");
        fields.finish()?;
        let shown = path.map(|path| path.value).unwrap_or_default();
        let root = setup.root.join(&shown);
        Ok(Self { shared: Arc::new(Folder { shown, root }) })
    }
}

impl fmt::Debug for FsStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FsStorage({})", self.shared.shown)
    }
}

/// Runs blocking work away from the tasks.
async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StorageError> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| {
        let message = format!("the work on a file was cut off: {e}");
        Err(StorageError::Failed { message, help: None }.into())
    })
}

#[async_trait]
impl StorageReader for FsStorage {
    fn location(&self) -> String {
        format!("fs:{}", self.shared.shown)
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StorageError> {
        let (folder, key) = (Arc::clone(&self.shared), key.clone());
        blocking(move || folder.head(&key)).await
    }

    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Object>, StorageError> {
        let (folder, key) = (Arc::clone(&self.shared), key.clone());
        blocking(move || folder.open(&key, range)).await
    }

    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
    ) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>> {
        list::objects(Arc::clone(&self.shared), prefix.to_owned(), after.to_owned())
    }
}

#[async_trait]
impl StorageWriter for FsStorage {
    async fn put(
        &self,
        key: &ObjectKey,
        body: Bytes,
        precondition: Precondition,
    ) -> Result<ObjectMeta, PutError> {
        let (folder, key) = (Arc::clone(&self.shared), key.clone());
        blocking(move || folder.put(&key, &body, &precondition)).await
    }

    async fn upload(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, StorageError> {
        let (folder, key) = (Arc::clone(&self.shared), key.clone());
        let upload = blocking(move || upload::FsUpload::begin(folder, key)).await?;
        Ok(Box::new(upload))
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        let (folder, key) = (Arc::clone(&self.shared), key.clone());
        blocking(move || folder.delete(&key)).await
    }

    fn unfinished<'a>(&'a self, prefix: &'a str) -> BoxStream<'a, Result<UploadRef, StorageError>> {
        list::unfinished(Arc::clone(&self.shared), prefix.to_owned())
    }

    async fn discard(&self, upload: &UploadRef) -> Result<(), StorageError> {
        let (folder, id) = (Arc::clone(&self.shared), upload.id.clone());
        blocking(move || folder.discard(&id)).await
    }

    async fn checksums(&self, _key: &ObjectKey) -> Result<Checksums, StorageError> {
        // A file system keeps no digest. To read a file back would tell what the cache holds.
        Ok(Checksums::None)
    }
}

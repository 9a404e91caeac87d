//! A large object on its way into the folder.

use std::{io::Write as _, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::task::JoinHandle;

use super::{Folder, blocking, files::failed, write::named};
use crate::{
    failpoint,
    model::{ObjectKey, ObjectMeta},
    storage::{Precondition, PutError, StorageError, Upload},
};

/// Bytes that are gathered before they are written: one hand-over to another thread for many chunks.
const BATCH: usize = 1024 * 1024;

/// A temporary file that fills; while one batch is written the next is gathered.
pub(super) struct FsUpload {
    folder: Arc<Folder>,
    key: ObjectKey,
    file: Option<NamedTempFile>,
    writing: Option<JoinHandle<Result<NamedTempFile, StorageError>>>,
    gathered: Vec<Bytes>,
    size: usize,
}

impl FsUpload {
    pub(super) fn begin(folder: Arc<Folder>, key: ObjectKey) -> Result<Self, StorageError> {
        let file = Some(folder.temporary(&key)?);
        Ok(Self { folder, key, file, writing: None, gathered: Vec::new(), size: 0 })
    }

    /// Waits for the batch that is being written, and takes the file back.
    async fn settle(&mut self) -> Result<NamedTempFile, StorageError> {
        let lost = |why: String| StorageError::Failed {
            message: format!("could not write {}: {why}", self.folder.name(&self.key)),
            help: None,
        };
        match self.writing.take() {
            Some(task) => task.await.map_err(|e| lost(e.to_string()))?,
            None => self.file.take().ok_or_else(|| lost("an earlier write failed".to_owned())),
        }
    }

    async fn flush(&mut self) -> Result<(), StorageError> {
        let mut file = self.settle().await?;
        let batch = std::mem::take(&mut self.gathered);
        self.size = 0;
        let path = self.folder.path(&self.key)?;
        self.writing = Some(tokio::task::spawn_blocking(move || {
            for chunk in batch {
                file.write_all(&chunk).map_err(|e| failed(named(e, &path)))?;
            }
            failpoint::hit("fs/batch-written");
            Ok(file)
        }));
        Ok(())
    }
}

#[async_trait]
impl Upload for FsUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), StorageError> {
        self.size += bytes.len();
        self.gathered.push(bytes);
        if self.size >= BATCH { self.flush().await } else { Ok(()) }
    }

    async fn finish(
        mut self: Box<Self>,
        precondition: Precondition,
    ) -> Result<ObjectMeta, PutError> {
        self.flush().await?;
        let file = self.settle().await?;
        failpoint::hit("fs/all-written");
        let (folder, key) = (Arc::clone(&self.folder), self.key.clone());
        blocking(move || folder.publish(&key, file, &precondition)).await
    }

    async fn abort(mut self: Box<Self>) -> Result<(), StorageError> {
        // A write that failed has dropped, and so removed, its file.
        if let Ok(file) = self.settle().await {
            let path = file.path().to_path_buf();
            return blocking(move || file.close().map_err(|e| failed(named(e, &path)))).await;
        }
        Ok(())
    }
}

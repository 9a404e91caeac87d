//! An upload into the store in memory.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use super::{MemoryStorage, Op, Verdict, word};
use crate::{
    model::{ObjectKey, ObjectMeta},
    storage::{Precondition, PutError, StorageError, Upload},
};

pub(super) struct MemoryUpload {
    storage: MemoryStorage,
    key: ObjectKey,
    id: String,
    bytes: BytesMut,
}

impl MemoryUpload {
    pub(super) fn new(storage: MemoryStorage, key: ObjectKey, id: String) -> Self {
        Self { storage, key, id, bytes: BytesMut::new() }
    }
}

#[async_trait]
impl Upload for MemoryUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), StorageError> {
        let verdict = self.storage.lock().ask(Op::Part, self.key.as_str(), "");
        if !matches!(verdict, Verdict::Failed(_)) {
            self.bytes.extend_from_slice(&bytes);
        }
        verdict.read()
    }

    async fn finish(self: Box<Self>, precondition: Precondition) -> Result<ObjectMeta, PutError> {
        let Self { storage, key, id, bytes } = *self;
        let mut shared = storage.lock();
        let verdict = shared.ask(Op::Complete, key.as_str(), word(&precondition));
        if let Verdict::Failed(failure) = verdict {
            let error = PutError::from(failure);
            // Only an unknown outcome leaves the upload to the collector, as the S3 driver does.
            if !matches!(error, PutError::Unknown(_)) {
                shared.uploads.remove(&id);
            }
            return Err(error);
        }
        // A thrown away upload can't be finished any more.
        if shared.uploads.remove(&id).is_none() {
            return Err(PutError::Refused(StorageError::Failed {
                message: format!("the upload of `{key}` was thrown away"),
                help: None,
            }));
        }
        let outcome = shared.write(&key, bytes.freeze(), &precondition, false);
        match verdict {
            Verdict::Answered => outcome,
            Verdict::Lost(failure) | Verdict::Failed(failure) => Err(failure.into()),
        }
    }

    async fn abort(self: Box<Self>) -> Result<(), StorageError> {
        let mut shared = self.storage.lock();
        let verdict = shared.ask(Op::Abort, self.key.as_str(), "");
        if !matches!(verdict, Verdict::Failed(_)) {
            shared.uploads.remove(&self.id);
        }
        verdict.read()
    }
}

//! Large objects on their way to a driver: one piece after the other, each answered before the next
//! is sent.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use sha2::Digest as _;

use super::{
    ExternalStorage, answer_of, refused,
    write::{condition, written},
};
use crate::{
    external::{
        body::encode,
        handshake::Session,
        protocol::{AbortUpload, Begin, CHUNK, FinishUpload, WriteUpload},
    },
    model::{ObjectKey, ObjectMeta, Sha256},
    storage::{Precondition, PutError, StorageError, Upload},
};

/// Longest id of an upload.
const LONGEST_ID: usize = 1024;

/// An upload that a driver takes.
pub(super) struct ExternalUpload {
    session: Arc<Session>,
    place: String,
    key: ObjectKey,
    id: String,
    /// Not yet sent: less than a piece.
    held: BytesMut,
    sent: u64,
    hasher: sha2::Sha256,
}

pub(super) async fn begin(
    store: &ExternalStorage,
    key: &ObjectKey,
) -> Result<ExternalUpload, StorageError> {
    let session = store.session().await?;
    let answer = session.connection.ask(&Begin { key: key.to_string() }).await;
    let begun = answer_of(&store.place, key.as_str(), answer)?;
    if begun.upload.is_empty() || begun.upload.len() > LONGEST_ID {
        return Err(store.odd(key.as_str(), "the id of its upload is empty or too long"));
    }
    Ok(ExternalUpload {
        session,
        place: store.place.clone(),
        key: key.clone(),
        id: begun.upload,
        held: BytesMut::new(),
        sent: 0,
        hasher: sha2::Sha256::new(),
    })
}

impl ExternalUpload {
    async fn send(&mut self, piece: Bytes) -> Result<(), StorageError> {
        self.hasher.update(&piece);
        let request =
            WriteUpload { upload: self.id.clone(), offset: self.sent, data: encode(&piece) };
        let answer = self.session.connection.ask(&request).await;
        answer_of(&self.place, self.key.as_str(), answer)?;
        self.sent += piece.len() as u64;
        Ok(())
    }
}

#[async_trait]
impl Upload for ExternalUpload {
    async fn write(&mut self, mut bytes: Bytes) -> Result<(), StorageError> {
        while self.held.len() + bytes.len() >= CHUNK {
            let piece = bytes.split_to(CHUNK - self.held.len());
            let piece = if self.held.is_empty() {
                piece
            } else {
                self.held.extend_from_slice(&piece);
                self.held.split().freeze()
            };
            self.send(piece).await?;
        }
        self.held.extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(
        mut self: Box<Self>,
        precondition: Precondition,
    ) -> Result<ObjectMeta, PutError> {
        if !self.held.is_empty() {
            let rest = self.held.split().freeze();
            self.send(rest).await?;
        }
        let sha256 = Sha256(self.hasher.clone().finalize().into());
        let request = FinishUpload {
            upload: self.id.clone(),
            size: self.sent,
            sha256: sha256.to_string(),
            precondition: condition(precondition),
        };
        let answer = self.session.connection.ask(&request).await;
        written(&self.place, &self.key, self.sent, answer)
    }

    async fn abort(self: Box<Self>) -> Result<(), StorageError> {
        let answer = self.session.connection.ask(&AbortUpload { upload: self.id.clone() }).await;
        answer.map(drop).map_err(|error| refused(&self.place, self.key.as_str(), &error))
    }
}

//! An external driver as a store.

mod failures;
mod list;
mod upload;
mod write;

use std::{ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use self::failures::{answer_of, refused};
use super::{
    body,
    error::ExternalError,
    handshake::Session,
    keeper::Keeper,
    protocol::{Delete, Discard, Get, Head, Meta, Range as Part},
    setup::Setup,
    words::{is_hidden, plain},
};
use crate::{
    model::{Checksums, ObjectKey, ObjectMeta},
    storage::{
        Object, Precondition, PutError, StorageError, StorageReader, StorageWriter, Upload,
        UploadRef,
    },
};

/// Longest revision, in bytes. It stands in documents.
const LONGEST_REVISION: usize = 1024;

/// A store that a program of the user's keeps.
#[derive(Debug)]
pub struct ExternalStorage {
    keeper: Keeper,
    /// Where it is, as the driver said first.
    place: String,
    identity: String,
    checksums: bool,
}

impl ExternalStorage {
    /// Starts a driver and greets it.
    ///
    /// # Errors
    /// When it can't be started, does not speak the protocol, or does not take its table.
    pub async fn start(setup: Setup) -> Result<Self, ExternalError> {
        let keeper = Keeper::new(setup);
        let session = keeper.session().await?;
        let welcome = &session.welcome;
        let place = format!("{}:{}", keeper.setup.name, welcome.place);
        let identity = welcome.identity.as_deref().map_or_else(
            || place.clone(),
            |identity| format!("{}:{}", keeper.setup.name, plain(identity)),
        );
        let checksums = welcome.capabilities.checksums;
        drop(session);
        Ok(Self { keeper, place, identity, checksums })
    }

    /// Returns the driver's name and version, as it says.
    pub fn greeting(&self) -> String {
        let said = self.keeper.welcome();
        said.map_or_else(String::new, |w| format!("{} {}", plain(&w.name), plain(&w.version)))
    }

    /// Tells whether the driver says that it compares digests.
    pub fn claims_checksums(&self) -> bool {
        self.checksums
    }

    /// Ends the driver as the protocol has it.
    ///
    /// # Errors
    /// When it did not end by itself with status 0.
    pub async fn shutdown(&self) -> Result<(), ExternalError> {
        self.keeper.shutdown().await
    }

    async fn session(&self) -> Result<Arc<Session>, StorageError> {
        self.keeper.session().await.map_err(|error| refused(&self.place, "", &error))
    }

    /// Makes an error of an answer that can't be true.
    fn odd(&self, key: &str, why: &str) -> StorageError {
        StorageError::Failed { message: format!("{}: `{key}`: {why}", self.place), help: None }
    }
}

/// Takes what a driver says of an object, if it can be so.
fn meta(meta: Meta) -> Result<ObjectMeta, String> {
    let revision = &meta.revision;
    if revision.is_empty() || revision.len() > LONGEST_REVISION || revision.chars().any(is_hidden) {
        return Err("its revision is empty, too long, or has letters that can't be seen".to_owned());
    }
    Ok(meta.into())
}

#[async_trait]
impl StorageReader for ExternalStorage {
    fn location(&self) -> String {
        self.place.clone()
    }

    fn identity(&self) -> String {
        self.identity.clone()
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StorageError> {
        let session = self.session().await?;
        let answer = session.connection.ask(&Head { key: key.to_string() }).await;
        let answer = answer.map_err(|error| refused(&self.place, key.as_str(), &error))?;
        answer.object.map(meta).transpose().map_err(|why| self.odd(key.as_str(), &why))
    }

    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Object>, StorageError> {
        let session = self.session().await?;
        let part = range.clone().map(|range| Part { start: range.start, end: range.end });
        let answer = session.connection.ask(&Get { key: key.to_string(), range: part }).await;
        let answer = answer.map_err(|error| refused(&self.place, key.as_str(), &error))?;
        let odd = |why: String| self.odd(key.as_str(), &why);
        match (answer.object, answer.body) {
            (None, None) => Ok(None),
            (Some(object), Some(body)) => {
                let meta = meta(object).map_err(odd)?;
                let wanted = range.map_or(meta.size, |range| {
                    range.end.min(meta.size).saturating_sub(range.start)
                });
                let body = body::stream(&session, body, Some(wanted)).map_err(odd)?;
                Ok(Some(Object { meta, body }))
            }
            (Some(_), None) => Err(odd("it answers an object without its `body`".to_owned())),
            (None, Some(_)) => Err(odd("it answers a `body` of no object".to_owned())),
        }
    }

    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
    ) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>> {
        list::objects(self, prefix, after)
    }
}

#[async_trait]
impl StorageWriter for ExternalStorage {
    async fn put(
        &self,
        key: &ObjectKey,
        body: Bytes,
        precondition: Precondition,
    ) -> Result<ObjectMeta, PutError> {
        write::put(self, key, body, precondition).await
    }

    async fn upload(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, StorageError> {
        Ok(Box::new(upload::begin(self, key).await?))
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        let session = self.session().await?;
        let answer = session.connection.ask(&Delete { key: key.to_string() }).await;
        answer_of(&self.place, key.as_str(), answer).map(drop)
    }

    fn unfinished<'a>(&'a self, prefix: &'a str) -> BoxStream<'a, Result<UploadRef, StorageError>> {
        list::unfinished(self, prefix)
    }

    async fn discard(&self, upload: &UploadRef) -> Result<(), StorageError> {
        let session = self.session().await?;
        let request = Discard { key: upload.key.to_string(), id: upload.id.clone() };
        let answer = session.connection.ask(&request).await;
        answer_of(&self.place, upload.key.as_str(), answer).map(drop)
    }

    async fn checksums(&self, key: &ObjectKey) -> Result<Checksums, StorageError> {
        if self.checksums { write::checksums(self, key).await } else { Ok(Checksums::None) }
    }
}

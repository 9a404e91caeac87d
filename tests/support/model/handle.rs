//! One actor's connection to the store.
#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::single_match_else,
    reason = "an answer that does not fit its question is a mistake of this store"
)]

use std::{
    ops::Range,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use async_trait::async_trait;
use bytes::Bytes;
use depstate::{
    model::{Checksums, ObjectKey, ObjectMeta, Revision, Sha256},
    net::{ByteStream, StreamError},
    storage::{
        Object, Precondition, PutError, StorageError, StorageReader, StorageWriter, Upload,
        UploadRef,
    },
};
use futures::{StreamExt as _, stream, stream::BoxStream};

use super::{
    Request, World,
    request::{Answer, Good, plain},
};

/// A bug that is planted between an actor and the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lens {
    /// A write of HEAD without an answer counts as refused.
    UnknownIsRefused,
    /// A write of HEAD without an answer counts as done.
    UnknownIsDone,
    /// HEAD is written without a condition.
    HeadUnconditional,
    /// Views are written without a condition.
    ViewsUnconditional,
    /// The journal is not written.
    NoJournal,
    /// Index documents are not written.
    NoDocuments,
}

#[derive(Clone)]
pub(crate) struct ModelStore {
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) actor: usize,
    pub(crate) lens: Option<Lens>,
}

/// One request on its way.
struct Ask {
    world: Arc<Mutex<World>>,
    actor: usize,
    request: Option<Request>,
    id: Option<u64>,
}

impl Future for Ask {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        let world = Arc::clone(&self.world);
        let mut world = world.lock().unwrap();
        if let Some(request) = self.request.take() {
            self.id = Some(world.register(self.actor, request, cx.waker().clone()));
            return Poll::Pending;
        }
        let id = self.id.unwrap();
        match world.take(id) {
            Some(answer) => {
                self.id = None;
                Poll::Ready(answer)
            }
            None => {
                world.wait(id, cx.waker());
                Poll::Pending
            }
        }
    }
}

impl Drop for Ask {
    fn drop(&mut self) {
        if let Some(id) = self.id
            && let Ok(mut world) = self.world.lock()
        {
            world.forget(id);
        }
    }
}

impl ModelStore {
    fn ask(&self, request: Request) -> Ask {
        Ask { world: Arc::clone(&self.world), actor: self.actor, request: Some(request), id: None }
    }

    async fn write(&self, request: Request) -> Result<ObjectMeta, PutError> {
        match self.ask(request).await? {
            Good::Written(meta) => Ok(meta),
            other => panic!("a write is answered by {other:?}"),
        }
    }

    async fn done(&self, request: Request) -> Result<(), StorageError> {
        self.ask(request).await.map(drop).map_err(plain)
    }
}

#[async_trait]
impl StorageReader for ModelStore {
    fn location(&self) -> String {
        "model:".to_owned()
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StorageError> {
        match self.ask(Request::Head(key.to_string())).await.map_err(plain)? {
            Good::Meta(meta) => Ok(meta),
            other => panic!("HEAD is answered by {other:?}"),
        }
    }

    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Object>, StorageError> {
        match self.ask(Request::Get(key.to_string(), range)).await.map_err(plain)? {
            Good::Object { found, cut } => Ok(found.map(|(meta, bytes)| {
                let body = if cut {
                    let half = bytes.slice(..bytes.len() / 2);
                    let broken = StreamError::Broken("connection reset".into());
                    ByteStream::new(stream::iter([Ok(half), Err(broken)]))
                } else {
                    ByteStream::of(bytes)
                };
                Object { meta, body }
            })),
            other => panic!("GET is answered by {other:?}"),
        }
    }

    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
    ) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>> {
        stream::unfold(Some(after.to_owned()), move |after| async move {
            let request = Request::List { prefix: prefix.to_owned(), after: after? };
            match self.ask(request).await.map_err(plain) {
                Ok(Good::Page { found, more }) => {
                    let last = found.last().map(|(key, _)| key.to_string());
                    let next = last.filter(|_| more);
                    Some((found.into_iter().map(Ok).collect::<Vec<_>>(), next))
                }
                Ok(other) => panic!("LIST is answered by {other:?}"),
                Err(error) => Some((vec![Err(error)], None)),
            }
        })
        .flat_map(stream::iter)
        .boxed()
    }
}

#[async_trait]
impl StorageWriter for ModelStore {
    async fn checksums(&self, _key: &ObjectKey) -> Result<Checksums, StorageError> {
        Ok(Checksums::Verified)
    }

    async fn put(
        &self,
        key: &ObjectKey,
        body: Bytes,
        precondition: Precondition,
    ) -> Result<ObjectMeta, PutError> {
        let text = key.to_string();
        let made_up = || ObjectMeta {
            size: body.len() as u64,
            revision: Revision("made up".to_owned()),
            modified: None,
            checksum: Some(Sha256::of(&body).into()),
        };
        let (head, view) = (text == "head.json", text.starts_with("views/"));
        let mut condition = Some(precondition);
        match self.lens {
            Some(Lens::HeadUnconditional) if head => condition = None,
            Some(Lens::ViewsUnconditional) if view => condition = None,
            Some(Lens::NoJournal) if text.starts_with("tx/") => return Ok(made_up()),
            Some(Lens::NoDocuments) if text.starts_with("index/") => return Ok(made_up()),
            Some(_) | None => {}
        }
        let answer = self.write(Request::Put { key: text, body: body.clone(), condition }).await;
        match (self.lens, answer) {
            (Some(Lens::UnknownIsDone), Err(PutError::Unknown(_))) if head => Ok(made_up()),
            (Some(Lens::UnknownIsRefused), Err(PutError::Unknown(message))) if head => {
                Err(PutError::Refused(StorageError::Failed { message, help: None }))
            }
            (_, answer) => answer,
        }
    }

    async fn upload(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, StorageError> {
        match self.ask(Request::Begin(key.to_string())).await.map_err(plain)? {
            Good::Begun(id) => {
                let (store, key) = (self.clone(), key.to_string());
                Ok(Box::new(Parts { store, key, id, sent: 0 }))
            }
            other => panic!("BEGIN is answered by {other:?}"),
        }
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        self.done(Request::Delete(key.to_string())).await
    }

    fn unfinished<'a>(&'a self, prefix: &'a str) -> BoxStream<'a, Result<UploadRef, StorageError>> {
        stream::once(async move {
            match self.ask(Request::Uploads(prefix.to_owned())).await.map_err(plain) {
                Ok(Good::Uploads(all)) => all.into_iter().map(Ok).collect::<Vec<_>>(),
                Ok(other) => panic!("UPLOADS is answered by {other:?}"),
                Err(error) => vec![Err(error)],
            }
        })
        .flat_map(stream::iter)
        .boxed()
    }

    async fn discard(&self, upload: &UploadRef) -> Result<(), StorageError> {
        let (key, id) = (upload.key.to_string(), upload.id.clone());
        self.done(Request::Discard { key, id }).await
    }
}

/// An upload in parts.
struct Parts {
    store: ModelStore,
    key: String,
    id: String,
    sent: u32,
}

#[async_trait]
impl Upload for Parts {
    async fn write(&mut self, bytes: Bytes) -> Result<(), StorageError> {
        self.sent += 1;
        let (key, id, number) = (self.key.clone(), self.id.clone(), self.sent);
        self.store.done(Request::Part { key, id, number, body: bytes }).await
    }

    async fn finish(self: Box<Self>, precondition: Precondition) -> Result<ObjectMeta, PutError> {
        let Self { store, key, id, .. } = *self;
        store.write(Request::Complete { key, id, condition: precondition }).await
    }

    async fn abort(self: Box<Self>) -> Result<(), StorageError> {
        let Self { store, key, id, .. } = *self;
        store.done(Request::Abort { key, id }).await
    }
}

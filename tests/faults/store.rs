//! A store that answers at once, can be copied whole, and fails one request in one way.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard},
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
use jiff::{Timestamp, ToSpan as _};

use super::fault::{Fate, Fault};
use crate::support::model::{Chain, Stored};

/// Something that was asked for and is still on its way.
#[derive(Clone)]
enum Late {
    Put(String, Bytes, Precondition, bool),
    Delete(String),
    Discard(String),
}

#[derive(Clone, Default)]
pub(crate) struct Inner {
    pub(crate) objects: BTreeMap<String, Stored>,
    pub(crate) chain: Chain,
    /// Laws that were broken.
    pub(crate) broken: Vec<String>,
    /// Every request since the last count began.
    pub(crate) asked: Vec<String>,
    uploads: BTreeMap<String, ObjectKey>,
    first: BTreeMap<String, Sha256>,
    writes: u64,
    /// Which request fails, and how.
    fault: Option<(usize, Fault)>,
    late: Option<Late>,
    meddle: Vec<(String, Bytes)>,
    /// The store's clock when the first object was written; none: as in every other test.
    pub(crate) clock: Option<Timestamp>,
}

#[derive(Clone, Default)]
pub(crate) struct FaultyStore {
    inner: Arc<Mutex<Inner>>,
}

impl FaultyStore {
    pub(crate) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// A store of its own with the same objects.
    pub(crate) fn copy(&self) -> Self {
        let inner = Inner { fault: None, ..self.inner().clone() };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// Counts requests anew; the `nth` (from 0) fails so.
    pub(crate) fn arm(&self, fault: Option<(usize, Fault)>) {
        let mut inner = self.inner();
        inner.asked.clear();
        inner.fault = fault;
    }

    /// Lets somebody else write objects just before HEAD is swapped for the first time.
    pub(crate) fn meddle(&self, objects: Vec<(String, Bytes)>) {
        self.inner().meddle = objects;
    }

    /// What was late lands now.
    pub(crate) fn settle(&self) {
        self.inner().land();
    }

    fn ask(&self, line: String) -> (MutexGuard<'_, Inner>, Fate) {
        let mut inner = self.inner();
        let nth = inner.asked.len();
        inner.asked.push(line);
        // What waits for the next request of all lands before it.
        if inner.fault.is_none_or(|(_, fault)| fault != Fault::LateAfter) {
            inner.land();
        }
        let fate = match inner.fault {
            Some((at, fault)) if at == nth => fault.fate(),
            Some(_) | None => Fate::Answered,
        };
        (inner, fate)
    }
}

impl Inner {
    fn land(&mut self) {
        match self.late.take() {
            None => {}
            Some(Late::Put(key, body, condition, parts)) => {
                let _nobody_hears = self.write(&key, body, &condition, parts);
            }
            Some(Late::Delete(key)) => self.delete(&key),
            Some(Late::Discard(id)) => {
                self.uploads.remove(&id);
            }
        }
    }

    fn now(&self) -> Timestamp {
        let start = self.clock.unwrap_or_else(|| "2025-03-01T12:00:00Z".parse().unwrap());
        start.checked_add(i64::try_from(self.writes).unwrap().milliseconds()).unwrap()
    }

    /// How much is there that nobody reaches, or not for long.
    pub(crate) fn left(&self) -> usize {
        let state = &self.chain.state;
        let artifacts = self.objects.keys().filter(|key| key.starts_with("artifacts/"));
        artifacts.filter(|key| !state.live.values().any(|live| live == *key)).count()
            + state.doomed.len()
            + self.uploads.len()
    }

    fn write(
        &mut self,
        key: &str,
        body: Bytes,
        condition: &Precondition,
        parts: bool,
    ) -> Result<ObjectMeta, PutError> {
        let there = self.objects.get(key).map(|stored| &stored.meta.revision);
        match (condition, there) {
            (Precondition::Absent, None) => {}
            (Precondition::Absent, Some(_)) => {
                return Err(PutError::Precondition(format!("`{key}` is there")));
            }
            (Precondition::Matches(_), None) => return Err(PutError::Missing(key.to_owned())),
            (Precondition::Matches(wanted), Some(found)) if wanted == found => {}
            (Precondition::Matches(_), Some(found)) => {
                return Err(PutError::Precondition(format!("`{key}` is {}", found.0)));
            }
        }
        Ok(self.put(key, body, parts))
    }

    fn put(&mut self, key: &str, body: Bytes, parts: bool) -> ObjectMeta {
        self.writes += 1;
        let sha256 = Sha256::of(&body);
        let meta = ObjectMeta {
            size: body.len() as u64,
            revision: Revision(format!("r{}", self.writes)),
            modified: Some(self.now()),
            checksum: (!parts).then(|| sha256.into()),
        };
        let mutable = key == "head.json"
            || ["tx/", "views/", "probe/"].iter().any(|folder| key.starts_with(folder));
        if !mutable && *self.first.entry(key.to_owned()).or_insert(sha256) != sha256 {
            self.broken.push(format!("`{key}` is given a second content"));
        }
        let stored = Stored::new(body, meta.clone());
        let before = self.objects.insert(key.to_owned(), stored).map(|stored| stored.bytes);
        if key == "head.json"
            && let Err(why) = self.chain.follow(&self.objects, before.as_ref())
        {
            self.broken.push(why);
        }
        meta
    }

    fn delete(&mut self, key: &str) {
        self.objects.remove(key);
        if self.chain.reach.contains(key) || key == "head.json" {
            self.broken.push(format!("`{key}` was deleted, and HEAD reaches it"));
        }
    }

    /// Takes an object away, or alters it, as an accident would.
    pub(crate) fn damage(&mut self, key: &str, bytes: Option<&'static str>) {
        match bytes {
            None => {
                self.objects.remove(key);
            }
            Some(bytes) => {
                self.first.remove(key);
                self.put(key, Bytes::from_static(bytes.as_bytes()), false);
            }
        }
        // What was damaged on purpose is not the program's doing.
        self.chain.excuse(key);
    }
}

fn word(condition: &Precondition) -> &'static str {
    match condition {
        Precondition::Absent => "if-none-match",
        Precondition::Matches(_) => "if-match",
    }
}

#[async_trait]
impl StorageReader for FaultyStore {
    fn location(&self) -> String {
        "faulty:".to_owned()
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StorageError> {
        let (inner, fate) = self.ask(format!("HEAD {key}"));
        fate.read()?;
        Ok(inner.objects.get(key.as_str()).map(|stored| stored.meta.clone()))
    }

    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Object>, StorageError> {
        let (inner, fate) = self.ask(format!("GET {key}"));
        let Some(stored) = inner.objects.get(key.as_str()) else {
            fate.read()?;
            return Ok(None);
        };
        let mut bytes = stored.bytes.clone();
        if let Some(range) = range {
            let place = |n: u64| usize::try_from(n).unwrap().min(bytes.len());
            bytes = bytes.slice(place(range.start)..place(range.end));
        }
        let body = if matches!(fate, Fate::Cut) {
            let half = bytes.slice(..bytes.len() / 2);
            let broken = StreamError::Broken("connection reset".into());
            ByteStream::new(stream::iter([Ok(half), Err(broken)]))
        } else {
            fate.read()?;
            ByteStream::of(bytes)
        };
        Ok(Some(Object { meta: stored.meta.clone(), body }))
    }

    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
    ) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>> {
        let (inner, fate) = self.ask(format!("LIST {prefix}"));
        let mut all: Vec<_> = inner
            .objects
            .iter()
            .filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after)
            .map(|(key, stored)| {
                Ok((ObjectKey::new(key), ObjectMeta { checksum: None, ..stored.meta.clone() }))
            })
            .collect();
        if let Err(error) = fate.read() {
            // A page or two may have come before.
            let cut = matches!(fate, Fate::Cut);
            all.truncate(if cut { all.len() / 2 } else { 0 });
            all.push(Err(error));
        }
        stream::iter(all).boxed()
    }
}

#[async_trait]
impl StorageWriter for FaultyStore {
    async fn checksums(&self, key: &ObjectKey) -> Result<Checksums, StorageError> {
        let (_inner, fate) = self.ask(format!("PUT {key} with a wrong digest"));
        fate.read()?;
        Ok(Checksums::Verified)
    }

    async fn put(
        &self,
        key: &ObjectKey,
        body: Bytes,
        precondition: Precondition,
    ) -> Result<ObjectMeta, PutError> {
        let swap = key.as_str() == "head.json" && matches!(precondition, Precondition::Matches(_));
        if swap {
            let mut inner = self.inner();
            for (key, body) in std::mem::take(&mut inner.meddle) {
                inner.put(&key, body, false);
            }
        }
        let (mut inner, fate) = self.ask(format!("PUT {key} {}", word(&precondition)));
        if fate.late() {
            inner.late =
                Some(Late::Put(key.to_string(), body.clone(), precondition.clone(), false));
        }
        fate.write(|| inner.write(key.as_str(), body, &precondition, false))
    }

    async fn upload(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, StorageError> {
        let (mut inner, fate) = self.ask(format!("BEGIN {key}"));
        inner.writes += 1;
        let id = format!("u{}", inner.writes);
        if fate.applied() {
            inner.uploads.insert(id.clone(), key.clone());
        }
        fate.read()?;
        Ok(Box::new(Parts { store: self.clone(), key: key.clone(), id, bytes: Vec::new() }))
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        let (mut inner, fate) = self.ask(format!("DELETE {key}"));
        if fate.late() {
            inner.late = Some(Late::Delete(key.to_string()));
        }
        if fate.applied() {
            inner.delete(key.as_str());
        }
        fate.read()
    }

    fn unfinished<'a>(&'a self, prefix: &'a str) -> BoxStream<'a, Result<UploadRef, StorageError>> {
        let (inner, fate) = self.ask(format!("UPLOADS {prefix}"));
        if let Err(error) = fate.read() {
            return stream::iter([Err(error)]).boxed();
        }
        let at = inner.now();
        let all: Vec<_> = inner
            .uploads
            .iter()
            .filter(|(_, key)| key.as_str().starts_with(prefix))
            .map(|(id, key)| Ok(UploadRef { key: key.clone(), id: id.clone(), begun: Some(at) }))
            .collect();
        stream::iter(all).boxed()
    }

    async fn discard(&self, upload: &UploadRef) -> Result<(), StorageError> {
        let (mut inner, fate) = self.ask(format!("DISCARD {}", upload.key));
        if fate.late() {
            inner.late = Some(Late::Discard(upload.id.clone()));
        }
        if fate.applied() {
            inner.uploads.remove(&upload.id);
        }
        fate.read()
    }
}

struct Parts {
    store: FaultyStore,
    key: ObjectKey,
    id: String,
    bytes: Vec<u8>,
}

#[async_trait]
impl Upload for Parts {
    async fn write(&mut self, bytes: Bytes) -> Result<(), StorageError> {
        let (_inner, fate) = self.store.ask(format!("PART {}", self.key));
        if fate.applied() {
            self.bytes.extend_from_slice(&bytes);
        }
        fate.read()
    }

    async fn finish(self: Box<Self>, precondition: Precondition) -> Result<ObjectMeta, PutError> {
        let Self { store, key, id, bytes } = *self;
        let (mut inner, fate) = store.ask(format!("COMPLETE {key} {}", word(&precondition)));
        let body = Bytes::from(bytes);
        if fate.late() {
            inner.late = Some(Late::Put(key.to_string(), body.clone(), precondition.clone(), true));
        }
        if fate.applied() {
            inner.uploads.remove(&id);
        }
        fate.write(|| inner.write(key.as_str(), body, &precondition, true))
    }

    async fn abort(self: Box<Self>) -> Result<(), StorageError> {
        let (mut inner, fate) = self.store.ask(format!("ABORT {}", self.key));
        if fate.late() {
            inner.late = Some(Late::Discard(self.id.clone()));
        }
        if fate.applied() {
            inner.uploads.remove(&self.id);
        }
        fate.read()
    }
}

//! A store in memory, for tests of the rooms above: linearizable, and stricter than S3.
//!
//! Every operation happens at one instant under one mutex. A key that was created once can never be
//! created again, not even after it was deleted; every write gets a revision of its own. Each
//! request is kept in a log, and faults can be scripted for the n-th request that fits.

mod fault;
mod upload;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, stream, stream::BoxStream};
use jiff::{Timestamp, ToSpan as _};

use super::{
    Object, Precondition, PutError, StorageError, StorageReader, StorageWriter, Upload, UploadRef,
};
use crate::{
    model::{Checksums, ObjectKey, ObjectMeta, Revision, Sha256},
    net::ByteStream,
};

pub use fault::{Failure, Op};
use fault::{Fault, Verdict};

/// A store in memory. Clones share it.
#[derive(Clone)]
pub struct MemoryStorage {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    objects: BTreeMap<String, Stored>,
    /// Every key that was ever created: none is created twice.
    used: BTreeSet<String>,
    uploads: BTreeMap<String, Begun>,
    ops: Vec<String>,
    faults: Vec<Fault>,
    /// Counts writes; revisions, ids of uploads and the store's clock come from it.
    writes: u64,
    clock: Option<Timestamp>,
    /// What it does with digests; none: it checks them.
    checksums: Option<Checksums>,
}

#[derive(Clone)]
struct Stored {
    bytes: Bytes,
    meta: ObjectMeta,
}

struct Begun {
    key: ObjectKey,
    at: Timestamp,
}

impl MemoryStorage {
    /// Returns an empty store.
    pub fn new() -> Self {
        Self { shared: Arc::default() }
    }

    /// Returns all requests so far, in order: `GET head.json`, `PUT head.json if-match`,
    /// `PUT gen/… if-none-match`, `HEAD …`, `LIST artifacts/`, `DELETE …`, `BEGIN …`, `PART …`,
    /// `COMPLETE … if-none-match`, `ABORT …`, `UPLOADS …`, `DISCARD …`, `PUT … wrong-digest`.
    pub fn ops(&self) -> Vec<String> {
        self.lock().ops.clone()
    }

    /// Forgets the requests so far.
    pub fn clear_ops(&self) {
        self.lock().ops.clear();
    }

    /// Returns every object by its key.
    pub fn objects(&self) -> BTreeMap<String, Bytes> {
        let shared = self.lock();
        shared.objects.iter().map(|(key, stored)| (key.clone(), stored.bytes.clone())).collect()
    }

    /// Puts bytes in place as somebody else would: no condition, no log, no fault.
    pub fn put_raw(&self, key: &str, bytes: impl Into<Bytes>) {
        self.lock().store(key, bytes.into(), true);
    }

    /// Takes an object away as an accident would, and tells whether it was there. Its key may be
    /// created again.
    pub fn remove(&self, key: &str) -> bool {
        let mut shared = self.lock();
        shared.used.remove(key);
        shared.objects.remove(key).is_some()
    }

    /// Sets the store's clock; until then it starts at 2024-01-01 and goes a second with each write.
    pub fn set_clock(&self, now: Timestamp) {
        self.lock().clock = Some(now);
    }

    /// Sets what it does with a wrong digest; until then it refuses the write.
    pub fn set_checksums(&self, checksums: Checksums) {
        self.lock().checksums = Some(checksums);
    }

    /// Lets the next request of a kind fail whose key (for listings: prefix) fits a glob.
    /// `applied`: what was asked happens all the same, only the answer is lost.
    pub fn fail_next(&self, op: Op, key: &str, failure: impl Into<Failure>, applied: bool) {
        self.fail_nth(op, key, 1, failure, applied);
    }

    /// As [`MemoryStorage::fail_next`] for the n-th request from now on that fits (1: the next).
    pub fn fail_nth(
        &self,
        op: Op,
        key: &str,
        nth: u64,
        failure: impl Into<Failure>,
        applied: bool,
    ) {
        self.lock().faults.push(Fault::new(op, key, nth, failure.into(), applied));
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStorage({} objects)", self.lock().objects.len())
    }
}

impl Shared {
    /// Logs a request, and decides whether it is answered.
    fn ask(&mut self, op: Op, key: &str, note: &str) -> Verdict {
        let mut line = format!("{} {key}", op.word());
        if !note.is_empty() {
            line.push(' ');
            line.push_str(note);
        }
        self.ops.push(line);
        fault::judge(&mut self.faults, op, key)
    }

    fn now(&self) -> Timestamp {
        // 2024-01-01T00:00:00Z, and a second for each write.
        self.clock.unwrap_or_else(|| {
            let seconds = 1_704_067_200 + i64::try_from(self.writes).unwrap_or(0);
            Timestamp::UNIX_EPOCH.checked_add(seconds.seconds()).unwrap_or(Timestamp::UNIX_EPOCH)
        })
    }

    fn store(&mut self, key: &str, bytes: Bytes, hashed: bool) -> ObjectMeta {
        self.writes += 1;
        let meta = ObjectMeta {
            size: bytes.len() as u64,
            revision: Revision(format!("r{}", self.writes)),
            modified: Some(self.now()),
            checksum: hashed.then(|| Sha256::of(&bytes).into()),
        };
        self.used.insert(key.to_owned());
        self.objects.insert(key.to_owned(), Stored { bytes, meta: meta.clone() });
        meta
    }

    /// Writes if the precondition holds. `hashed`: a single PUT, whose SHA-256 the store keeps.
    fn write(
        &mut self,
        key: &ObjectKey,
        bytes: Bytes,
        precondition: &Precondition,
        hashed: bool,
    ) -> Result<ObjectMeta, PutError> {
        let there = self.objects.get(key.as_str()).map(|stored| &stored.meta.revision);
        match (precondition, there) {
            (Precondition::Absent, Some(_)) => {
                return Err(PutError::Precondition(format!("`{key}` is there")));
            }
            (Precondition::Absent, None) if self.used.contains(key.as_str()) => {
                return Err(PutError::Refused(StorageError::Failed {
                    message: format!("`{key}` was used before; a key is never created twice"),
                    help: None,
                }));
            }
            (Precondition::Matches(_), None) => return Err(PutError::Missing(format!("`{key}`"))),
            (Precondition::Matches(wanted), Some(found)) if wanted != found => {
                return Err(PutError::Precondition(format!(
                    "`{key}` is in state {}, not {}",
                    found.0, wanted.0
                )));
            }
            (Precondition::Absent, None) | (Precondition::Matches(_), Some(_)) => {}
        }
        Ok(self.store(key.as_str(), bytes, hashed))
    }
}

/// Returns what a precondition is called in the log.
fn word(precondition: &Precondition) -> &'static str {
    match precondition {
        Precondition::Absent => "if-none-match",
        Precondition::Matches(_) => "if-match",
    }
}

/// Returns what a listing says of an object: as S3, no checksum.
fn listed(key: &str, stored: &Stored) -> (ObjectKey, ObjectMeta) {
    (ObjectKey::new(key), ObjectMeta { checksum: None, ..stored.meta.clone() })
}

#[async_trait]
impl StorageReader for MemoryStorage {
    fn location(&self) -> String {
        "memory:".to_owned()
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StorageError> {
        let mut shared = self.lock();
        shared.ask(Op::Head, key.as_str(), "").read()?;
        Ok(shared.objects.get(key.as_str()).map(|stored| stored.meta.clone()))
    }

    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Object>, StorageError> {
        let mut shared = self.lock();
        shared.ask(Op::Get, key.as_str(), "").read()?;
        Ok(shared.objects.get(key.as_str()).cloned().map(|Stored { bytes, meta }| {
            let bytes = match range {
                None => bytes,
                Some(range) => {
                    let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(bytes.len());
                    let (start, end) = (place(range.start), place(range.end));
                    bytes.slice(start..end.max(start))
                }
            };
            Object { meta, body: ByteStream::of(bytes) }
        }))
    }

    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
    ) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>> {
        let mut shared = self.lock();
        if let Err(error) = shared.ask(Op::List, prefix, "").read() {
            return stream::iter([Err(error)]).boxed();
        }
        let all: Vec<_> = shared
            .objects
            .range(prefix.to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter(|(key, _)| key.as_str() > after)
            .map(|(key, stored)| Ok(listed(key, stored)))
            .collect();
        stream::iter(all).boxed()
    }
}

#[async_trait]
impl StorageWriter for MemoryStorage {
    async fn put(
        &self,
        key: &ObjectKey,
        body: Bytes,
        precondition: Precondition,
    ) -> Result<ObjectMeta, PutError> {
        let mut shared = self.lock();
        match shared.ask(Op::Put, key.as_str(), word(&precondition)) {
            Verdict::Answered => shared.write(key, body, &precondition, true),
            Verdict::Lost(failure) => {
                let _outcome_is_lost = shared.write(key, body, &precondition, true);
                Err(failure.into())
            }
            Verdict::Failed(failure) => Err(failure.into()),
        }
    }

    async fn upload(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, StorageError> {
        let mut shared = self.lock();
        let verdict = shared.ask(Op::Begin, key.as_str(), "");
        if let Verdict::Failed(failure) = verdict {
            return Err(failure.into());
        }
        shared.writes += 1;
        let id = format!("u{}", shared.writes);
        let at = shared.now();
        shared.uploads.insert(id.clone(), Begun { key: key.clone(), at });
        verdict.read()?;
        Ok(Box::new(upload::MemoryUpload::new(self.clone(), key.clone(), id)))
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        let mut shared = self.lock();
        let verdict = shared.ask(Op::Delete, key.as_str(), "");
        if !matches!(verdict, Verdict::Failed(_)) {
            shared.objects.remove(key.as_str());
        }
        verdict.read()
    }

    fn unfinished<'a>(&'a self, prefix: &'a str) -> BoxStream<'a, Result<UploadRef, StorageError>> {
        let mut shared = self.lock();
        if let Err(error) = shared.ask(Op::Uploads, prefix, "").read() {
            return stream::iter([Err(error)]).boxed();
        }
        let mut all: Vec<UploadRef> = shared
            .uploads
            .iter()
            .filter(|(_, begun)| begun.key.as_str().starts_with(prefix))
            .map(|(id, begun)| UploadRef {
                key: begun.key.clone(),
                id: id.clone(),
                begun: Some(begun.at),
            })
            .collect();
        all.sort_by(|a, b| (&a.key, &a.id).cmp(&(&b.key, &b.id)));
        stream::iter(all.into_iter().map(Ok)).boxed()
    }

    async fn discard(&self, upload: &UploadRef) -> Result<(), StorageError> {
        let mut shared = self.lock();
        let verdict = shared.ask(Op::Discard, upload.key.as_str(), "");
        if !matches!(verdict, Verdict::Failed(_)) {
            shared.uploads.remove(&upload.id);
        }
        verdict.read()
    }

    async fn checksums(&self, key: &ObjectKey) -> Result<Checksums, StorageError> {
        let mut shared = self.lock();
        shared.ask(Op::Put, key.as_str(), "wrong-digest").read()?;
        Ok(shared.checksums.unwrap_or(Checksums::Verified))
    }
}

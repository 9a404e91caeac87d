//! The state of the server: buckets, objects and uploads under one mutex.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use md5::{Digest as _, Md5};
use s3s::{
    S3Result,
    dto::{ETag, ETagCondition},
    s3_error,
};

/// How a server treats what it is sent: as S3 does, unless told otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Nature {
    pub(crate) conditions: Keeps,
    pub(crate) digests: Digests,
}

/// What a server does with `If-Match` and `If-None-Match`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// It compares and writes at one instant.
    #[default]
    Atomic,
    /// It compares, and writes so much later.
    Racing(std::time::Duration),
    /// It does not look.
    None,
    /// It says of every `If-Match` that it does not hold.
    NoIfMatch,
}

/// What a server does with checksums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Digests {
    /// It refuses a wrong one.
    #[default]
    Checked,
    /// It says what it was told.
    Echoed,
    /// It does not know them.
    Silent,
}

/// An object. Its bytes lie as they came: a gigabyte is never copied.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) chunks: Vec<Bytes>,
    pub(super) size: u64,
    pub(super) etag: String,
    pub(super) modified: SystemTime,
    pub(super) sha256: Option<String>,
    pub(super) crc64: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) metadata: Option<s3s::dto::Metadata>,
}

impl Stored {
    pub(super) fn of(bytes: Bytes) -> Self {
        Self {
            size: bytes.len() as u64,
            etag: hex::encode(Md5::digest(&bytes)),
            chunks: vec![bytes],
            modified: SystemTime::now(),
            sha256: None,
            crc64: None,
            content_type: None,
            cache_control: None,
            metadata: None,
        }
    }

    /// Returns the bytes of a range, in pieces of what is there.
    pub(super) fn slices(&self, range: std::ops::Range<u64>) -> Vec<Bytes> {
        let mut slices = Vec::new();
        let mut offset = 0;
        for chunk in &self.chunks {
            let end = offset + chunk.len() as u64;
            let (from, to) = (range.start.max(offset), range.end.min(end));
            if from < to {
                let index = |n: u64| usize::try_from(n - offset).unwrap();
                slices.push(chunk.slice(index(from)..index(to)));
            }
            offset = end;
        }
        slices
    }
}

/// An upload that was begun.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) begun: SystemTime,
    pub(super) parts: BTreeMap<i32, Part>,
    pub(super) full_crc64: bool,
    pub(super) content_type: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) metadata: Option<s3s::dto::Metadata>,
}

#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) bytes: Bytes,
    pub(super) size: usize,
    pub(super) md5: [u8; 16],
    pub(super) crc64: u64,
}

pub(super) type Objects = BTreeMap<String, Stored>;

#[derive(Default, Clone)]
pub(super) struct State {
    pub(super) buckets: BTreeMap<String, Objects>,
    pub(super) uploads: BTreeMap<String, Pending>,
    pub(super) begun: u64,
}

pub(super) struct Store {
    state: Mutex<State>,
    anyone_reads: AtomicBool,
    drops_bodies: AtomicBool,
    pub(super) nature: Nature,
}

impl Store {
    pub(super) fn new(bucket: &str, nature: Nature) -> Self {
        let mut state = State::default();
        state.buckets.insert(bucket.to_owned(), Objects::new());
        Self {
            state: Mutex::new(state),
            anyone_reads: AtomicBool::new(false),
            drops_bodies: AtomicBool::new(false),
            nature,
        }
    }

    /// Writes under conditions, as truly as the store's nature lets it.
    pub(super) async fn put_if(
        &self,
        bucket: &str,
        key: &str,
        stored: Stored,
        if_match: Option<&ETagCondition>,
        if_none_match: Option<&ETagCondition>,
    ) -> S3Result<()> {
        match self.nature.conditions {
            Keeps::Racing(window) => {
                self.lock().allow(bucket, key, if_match, if_none_match)?;
                tokio::time::sleep(window).await;
                return self.lock().put_if(bucket, key, stored, None, None);
            }
            Keeps::None => return self.lock().put_if(bucket, key, stored, None, None),
            Keeps::NoIfMatch if if_match.is_some() => return Err(s3_error!(PreconditionFailed)),
            Keeps::Atomic | Keeps::NoIfMatch => {}
        }
        self.lock().put_if(bucket, key, stored, if_match, if_none_match)
    }

    /// Refuses bytes that are not those of a checksum that came with them, where it looks at all.
    pub(super) fn check(
        &self,
        sent: Option<&str>,
        found: impl FnOnce() -> Vec<u8>,
    ) -> S3Result<()> {
        if self.nature.digests == Digests::Checked { check(sent, found) } else { Ok(()) }
    }

    /// Returns what is said of a checksum that came with a write.
    pub(super) fn say(&self, sent: Option<String>) -> Option<String> {
        sent.filter(|_| self.nature.digests != Digests::Silent)
    }

    /// Returns another store with the same objects and uploads; their bytes are shared.
    pub(super) fn copy(&self) -> Self {
        let state = self.lock().clone();
        Self {
            state: Mutex::new(state),
            anyone_reads: AtomicBool::new(false),
            drops_bodies: AtomicBool::new(false),
            nature: self.nature,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn snapshot(&self, bucket: &str) -> BTreeMap<String, Bytes> {
        let all = self.lock().buckets[bucket].clone();
        all.into_iter()
            .map(|(key, stored)| match stored.chunks.as_slice() {
                [one] => (key, one.clone()),
                many => (key, Bytes::from(many.concat())),
            })
            .collect()
    }

    pub(super) fn headers_of(
        &self,
        bucket: &str,
        key: &str,
    ) -> Option<(Option<String>, Option<String>)> {
        let state = self.lock();
        let stored = state.buckets[bucket].get(key)?;
        Some((stored.content_type.clone(), stored.cache_control.clone()))
    }

    pub(super) fn remove(&self, bucket: &str, key: &str) -> bool {
        self.lock().buckets.get_mut(bucket).unwrap().remove(key).is_some()
    }

    pub(super) fn put_raw(&self, bucket: &str, key: &str, bytes: Bytes) {
        let stored = Stored::of(bytes);
        self.lock().buckets.get_mut(bucket).unwrap().insert(key.to_owned(), stored);
    }

    pub(super) fn drop_bodies(&self) {
        self.drops_bodies.store(true, Ordering::Relaxed);
    }

    pub(super) fn drops_bodies(&self) -> bool {
        self.drops_bodies.load(Ordering::Relaxed)
    }

    pub(super) fn let_anyone_read(&self) {
        self.anyone_reads.store(true, Ordering::Relaxed);
    }

    pub(super) fn may_anyone_read(&self) -> bool {
        self.anyone_reads.load(Ordering::Relaxed)
    }
}

impl State {
    pub(super) fn objects(&mut self, bucket: &str) -> S3Result<&mut Objects> {
        self.buckets.get_mut(bucket).ok_or_else(|| s3_error!(NoSuchBucket))
    }

    /// Compares and writes, at one instant.
    pub(super) fn put_if(
        &mut self,
        bucket: &str,
        key: &str,
        stored: Stored,
        if_match: Option<&ETagCondition>,
        if_none_match: Option<&ETagCondition>,
    ) -> S3Result<()> {
        self.allow(bucket, key, if_match, if_none_match)?;
        self.objects(bucket)?.insert(key.to_owned(), stored);
        Ok(())
    }

    /// Compares alone.
    fn allow(
        &mut self,
        bucket: &str,
        key: &str,
        if_match: Option<&ETagCondition>,
        if_none_match: Option<&ETagCondition>,
    ) -> S3Result<()> {
        let there = self.objects(bucket)?.get(key);
        match (if_match, there) {
            (None, _) | (Some(ETagCondition::Any), Some(_)) => {}
            (Some(_), None) => return Err(s3_error!(NoSuchKey)),
            (Some(ETagCondition::ETag(wanted)), Some(found)) => {
                if wanted.value() != found.etag {
                    return Err(s3_error!(PreconditionFailed));
                }
            }
        }
        match if_none_match {
            // S3 knows the star alone.
            Some(ETagCondition::ETag(_)) => Err(s3_error!(NotImplemented)),
            Some(ETagCondition::Any) if there.is_some() => Err(s3_error!(PreconditionFailed)),
            None | Some(ETagCondition::Any) => Ok(()),
        }
    }
}

/// Refuses bytes that are not those of a checksum that came with them.
fn check(sent: Option<&str>, found: impl FnOnce() -> Vec<u8>) -> S3Result<()> {
    match sent {
        Some(sent) if sent != STANDARD.encode(found()) => {
            Err(s3_error!(BadDigest, "the checksum is of other bytes"))
        }
        _ => Ok(()),
    }
}

pub(super) fn tag(etag: &str) -> ETag {
    ETag::Strong(etag.to_owned())
}

/// Reads a body to its end into one piece.
pub(super) async fn collect(
    body: Option<s3s::dto::StreamingBlob>,
    announced: Option<i64>,
) -> S3Result<Bytes> {
    use futures::StreamExt as _;
    let size = announced.and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
    let mut bytes = BytesMut::with_capacity(size);
    if let Some(mut body) = body {
        while let Some(chunk) = body.next().await {
            bytes.extend_from_slice(&chunk.map_err(|_| s3_error!(IncompleteBody))?);
        }
    }
    if announced.is_some() && bytes.len() != size {
        return Err(s3_error!(IncompleteBody));
    }
    Ok(bytes.freeze())
}

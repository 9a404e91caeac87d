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
    S3Error, S3ErrorCode, S3Result,
    dto::{ETag, ETagCondition},
    s3_error,
};

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
}

#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) bytes: Bytes,
    pub(super) md5: [u8; 16],
    pub(super) crc64: u64,
}

pub(super) type Objects = BTreeMap<String, Stored>;

#[derive(Default)]
pub(super) struct State {
    pub(super) buckets: BTreeMap<String, Objects>,
    pub(super) uploads: BTreeMap<String, Pending>,
    pub(super) begun: u64,
}

pub(super) struct Store {
    state: Mutex<State>,
    anyone_reads: AtomicBool,
}

impl Store {
    pub(super) fn new(bucket: &str) -> Self {
        let mut state = State::default();
        state.buckets.insert(bucket.to_owned(), Objects::new());
        Self { state: Mutex::new(state), anyone_reads: AtomicBool::new(false) }
    }

    /// Returns another store with the same objects; their bytes are shared. Uploads stay behind.
    pub(super) fn copy(&self) -> Self {
        let state = State { buckets: self.lock().buckets.clone(), ..State::default() };
        Self { state: Mutex::new(state), anyone_reads: AtomicBool::new(false) }
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
        let objects = self.objects(bucket)?;
        let there = objects.get(key);
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
            Some(ETagCondition::ETag(_)) => return Err(s3_error!(NotImplemented)),
            Some(ETagCondition::Any) if there.is_some() => {
                return Err(s3_error!(PreconditionFailed));
            }
            None | Some(ETagCondition::Any) => {}
        }
        objects.insert(key.to_owned(), stored);
        Ok(())
    }
}

/// Refuses bytes that are not those of a checksum that came with them.
pub(super) fn check(sent: Option<&str>, found: impl FnOnce() -> Vec<u8>) -> S3Result<()> {
    match sent {
        Some(sent) if sent != STANDARD.encode(found()) => Err(wrong_checksum()),
        _ => Ok(()),
    }
}

pub(super) fn wrong_checksum() -> S3Error {
    S3Error::with_message(S3ErrorCode::BadDigest, "the checksum is of other bytes")
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

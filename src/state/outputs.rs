//! Outputs of builds, kept in the bucket so that a second machine need not build them again.
//!
//! Nothing that is published depends on them: no record names one, an artifact is uploaded under a
//! key of its own. So they may be written by anybody who may publish, and go at any moment. Whoever
//! takes one hashes what comes out.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;

use super::{AT_ONCE, StateError, keys, read};
use crate::{
    model::{BuiltOutput, InputDigest, ObjectKey},
    net::{ByteStream, StreamError},
    storage::{Precondition, PutError, StorageError, StorageReader, StorageWriter, UploadRef},
    wire::output::{OUTPUT_LIMIT, decode_output, encode_output},
};

/// Up to this many bytes go in a single request; more goes in parts.
const SINGLE: u64 = 8 << 20;
/// How long an upload may be on its way before the collector takes it for left over.
const SLOWEST: Duration = Duration::from_hours(24);

/// Returns what is known of the output of some inputs; none: nobody has kept one, or what is there is
/// not to be read.
///
/// # Errors
/// When the store fails.
pub async fn find(
    storage: &dyn StorageReader,
    input: &InputDigest,
) -> Result<Option<BuiltOutput>, StateError> {
    let found = read::within(storage, &keys::output(input), OUTPUT_LIMIT).await?;
    Ok(found.and_then(|(_, bytes)| decode_output(&bytes?, input).ok()))
}

/// Opens the bytes of a kept output; none: they have gone. Whoever reads them hashes them.
///
/// # Errors
/// When the store fails.
pub async fn open(
    storage: &dyn StorageReader,
    output: &BuiltOutput,
) -> Result<Option<ByteStream>, StateError> {
    let key = keys::output_bytes(&output.input, &output.sha256);
    let failed = |source| StateError::Storage { doing: format!("reading `{key}`"), source };
    let object = storage.get(&key, None).await.map_err(failed)?;
    Ok(object.filter(|object| object.meta.size == output.size).map(|object| object.body))
}

/// Keeps an output: its bytes first, then what is known of it.
///
/// # Errors
/// When the store or the local file fails. Then nothing is found, or what was kept before.
pub async fn keep(
    storage: &dyn StorageWriter,
    output: &BuiltOutput,
    bytes: impl Stream<Item = Result<Bytes, StreamError>> + Send + Unpin,
) -> Result<(), StateError> {
    let key = keys::output_bytes(&output.input, &output.sha256);
    let doing = |key: &ObjectKey| format!("writing `{key}`");
    let failed = |source| StateError::Storage { doing: doing(&key), source };
    let there = storage.head(&key).await.map_err(failed)?;
    if there.is_none_or(|meta| meta.size != output.size) {
        match upload(storage, &key, output.size, bytes).await? {
            // Another machine was faster: its key says that its bytes are the same.
            Ok(()) | Err(PutError::Precondition(_)) => {}
            Err(error) => return Err(failed(flat(&error))),
        }
    }
    let key = keys::output(&output.input);
    let body: Bytes = encode_output(output).map_err(|error| StateError::unwritable(&error))?.into();
    let precondition = match read::within(storage, &key, OUTPUT_LIMIT).await? {
        None => Precondition::Absent,
        Some((_, Some(there))) if there == body => return Ok(()),
        Some((meta, _)) => Precondition::Matches(meta.revision),
    };
    match storage.put(&key, body, precondition).await {
        // Whoever was faster built the same.
        Ok(_) | Err(PutError::Precondition(_)) => Ok(()),
        Err(error) => Err(StateError::Storage { doing: doing(&key), source: flat(&error) }),
    }
}

async fn upload(
    storage: &dyn StorageWriter,
    key: &ObjectKey,
    size: u64,
    mut bytes: impl Stream<Item = Result<Bytes, StreamError>> + Send + Unpin,
) -> Result<Result<(), PutError>, StateError> {
    let failed = |source| StateError::Storage { doing: format!("writing `{key}`"), source };
    let broken = |error: StreamError| {
        failed(StorageError::Failed { message: super::error::chain(&error), help: None })
    };
    if size <= SINGLE {
        let mut whole = bytes::BytesMut::new();
        while let Some(chunk) = bytes.next().await {
            whole.extend_from_slice(&chunk.map_err(broken)?);
        }
        return Ok(storage.put(key, whole.freeze(), Precondition::Absent).await.map(|_| ()));
    }
    let mut upload = storage.upload(key).await.map_err(failed)?;
    while let Some(chunk) = bytes.next().await {
        let written = match chunk {
            Ok(chunk) => upload.write(chunk).await.map_err(failed),
            Err(error) => Err(broken(error)),
        };
        if let Err(error) = written {
            // What stays is found by the collector.
            let _gone = upload.abort().await;
            return Err(error);
        }
    }
    Ok(upload.finish(Precondition::Absent).await.map(|_| ()))
}

fn flat(error: &PutError) -> StorageError {
    StorageError::Failed { message: super::error::chain(error), help: None }
}

/// The kept outputs of a bucket, and which of them may go.
#[derive(Debug, Default)]
pub struct Outputs {
    /// How many objects they are.
    pub objects: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// What may go: too old, or beyond the bound.
    pub stale: BTreeSet<ObjectKey>,
    /// The size of what may go, in bytes.
    pub stale_bytes: u64,
    /// Uploads that nobody will finish.
    pub uploads: Vec<UploadRef>,
    /// Objects below `cache/` that depstate did not write.
    pub foreign: usize,
}

impl Outputs {
    /// Tells whether nothing may go.
    pub fn is_clean(&self) -> bool {
        self.stale.is_empty() && self.uploads.is_empty()
    }
}

/// Looks at the kept outputs. Those that nobody wrote for `keep_for` may go, and the oldest of those
/// beyond `most` bytes.
///
/// # Errors
/// When the store can't be listed.
pub async fn survey(
    storage: &dyn StorageWriter,
    now: Timestamp,
    keep_for: Duration,
    most: u64,
) -> Result<Outputs, StateError> {
    let failed = |source| StateError::Storage { doing: "listing `cache/`".to_owned(), source };
    let listed: Vec<_> = storage.list(keys::OUTPUTS).try_collect().await.map_err(failed)?;
    let mut outputs = Outputs { objects: listed.len(), ..Outputs::default() };
    let mut folders: BTreeMap<String, Folder> = BTreeMap::new();
    for (key, meta) in listed {
        let Some(input) = keys::read_output(&key).map(str::to_owned) else {
            outputs.foreign += 1;
            continue;
        };
        outputs.bytes += meta.size;
        let folder = folders.entry(input).or_default();
        folder.written = folder.written.max(meta.modified);
        folder.bytes += meta.size;
        folder.keys.push(key);
    }
    let old = |written: Timestamp| {
        Duration::try_from(now.duration_since(written)).is_ok_and(|age| age > keep_for)
    };
    let mut newest_first: Vec<Folder> = folders.into_values().collect();
    newest_first.sort_by(|a, b| (b.written, &b.keys).cmp(&(a.written, &a.keys)));
    let mut kept = 0_u64;
    for folder in newest_first {
        kept = kept.saturating_add(folder.bytes);
        if folder.written.is_some_and(old) || kept > most {
            outputs.stale_bytes += folder.bytes;
            outputs.stale.extend(folder.keys);
        }
    }
    let mut uploads = storage.unfinished(keys::OUTPUTS);
    while let Some(upload) = uploads.next().await {
        let upload = upload.map_err(failed)?;
        let left = upload.begun.is_some_and(|begun| {
            Duration::try_from(now.duration_since(begun)).is_ok_and(|age| age > SLOWEST)
        });
        if left && keys::read_output(&upload.key).is_some() {
            outputs.uploads.push(upload);
        }
    }
    drop(uploads);
    Ok(outputs)
}

#[derive(Default)]
struct Folder {
    written: Option<Timestamp>,
    bytes: u64,
    keys: Vec<ObjectKey>,
}

/// Takes away what may go. Returns how many objects went, and what could not be done.
pub async fn sweep(storage: &dyn StorageWriter, outputs: &Outputs) -> (u64, Vec<String>) {
    // What is known of an output goes before its bytes: who finds the one finds the other.
    let (names, bodies): (Vec<&ObjectKey>, Vec<&ObjectKey>) =
        outputs.stale.iter().partition(|key| key.as_str().ends_with("/output.json"));
    let (mut deleted, mut left) = (0, Vec::new());
    for keys in [names, bodies] {
        let mut ended = futures::stream::iter(keys)
            .map(|key| async move { (key, storage.delete(key).await) })
            .buffer_unordered(AT_ONCE);
        while let Some((key, ended)) = ended.next().await {
            match ended {
                Ok(()) => deleted += 1,
                Err(error) => left.push(format!("`{key}`: {}", super::error::chain(&error))),
            }
        }
    }
    for upload in &outputs.uploads {
        if let Err(error) = storage.discard(upload).await {
            left.push(format!("the upload of `{}`: {}", upload.key, super::error::chain(&error)));
        }
    }
    left.sort();
    (deleted, left)
}

//! From upstream into the store, through the digest.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures::TryStreamExt as _;
use tokio_util::{io::ReaderStream, sync::CancellationToken};

use super::{Failed, Fetched, Intake, Origin, hasher, judge, open, unsigned};
use crate::{
    disk::CacheKind,
    failpoint,
    model::{Address, Code, Event, ObjectKey, ObjectMeta, Sink},
    net::{Backoff, ByteStream, StreamError},
    ops::{Project, error::chain},
    planner::LocatedFile,
    source::SourceDriver,
    storage::{Precondition, PutError, StorageWriter, Upload},
    verify::{Hashed, Hasher},
};

/// Up to this many bytes go in a single request; more goes in parts.
const SINGLE: usize = 8 << 20;
/// How often a create-only write whose outcome is not known is sent, and an upload in parts that came
/// to nothing begun.
const BACKOFF: Backoff =
    Backoff { tries: 4, first: Duration::from_millis(400), longest: Duration::from_secs(5) };
/// How long an upload may take to be thrown away.
const FAREWELL: Duration = Duration::from_secs(5);

/// What [`publish`] works with.
pub(crate) struct Job<'a> {
    pub(crate) project: &'a Project,
    pub(crate) source: &'a dyn SourceDriver,
    pub(crate) storage: &'a dyn StorageWriter,
    pub(crate) address: &'a Address,
    pub(crate) key: &'a ObjectKey,
    pub(crate) urls: &'a [String],
    pub(crate) file: &'a LocatedFile,
    /// The bytes themselves, on this machine: upstream is not asked.
    pub(crate) kept: Option<&'a Path>,
    /// The store refuses bytes with another digest than the one that is sent with them.
    pub(crate) checked: bool,
    pub(crate) sink: &'a Arc<dyn Sink>,
    pub(crate) cancel: &'a CancellationToken,
}

/// What is in the store now.
#[derive(Debug)]
pub(crate) struct Uploaded {
    pub(crate) fetched: Fetched,
    pub(crate) meta: ObjectMeta,
}

/// How one try ended that may be followed by another.
enum Tried {
    Done(Uploaded),
    /// The cached bytes are not those of their digest: upstream is asked.
    CacheIsWrong,
    /// The store did not put the parts together; they must be sent anew.
    Again(PutError),
}

/// Brings a file from upstream into the store under a key of its own. Nothing is visible there
/// before the digest is right.
pub(crate) async fn publish(job: &Job<'_>) -> Result<Uploaded, Failed> {
    unsigned(job.file)?;
    let mut waits = BACKOFF.waits();
    loop {
        match once(job).await? {
            Tried::Done(uploaded) => return Ok(uploaded),
            Tried::CacheIsWrong => {}
            Tried::Again(error) => {
                let Some(wait) = waits.next() else {
                    return Err(Failed::put(&error, job.key).after(BACKOFF.tries));
                };
                let waited = async {
                    tokio::time::sleep(wait).await;
                    Ok(())
                };
                until_cancelled(job, waited).await?;
            }
        }
    }
}

/// Does something, unless an interrupt comes first.
async fn until_cancelled<T>(
    job: &Job<'_>,
    work: impl Future<Output = Result<T, Failed>>,
) -> Result<T, Failed> {
    tokio::select! {
        biased;
        () = job.cancel.cancelled() => Err(Failed::interrupted()),
        done = work => done,
    }
}

async fn once(job: &Job<'_>) -> Result<Tried, Failed> {
    let (from_cache, url, stream) = if let Some(path) = job.kept {
        let stream = local(path).await.map_err(|error| {
            Failed::new(Code::FILE_FAILED, format!("the cache: {}", chain(&error)))
        })?;
        (None, job.file.url.clone(), stream)
    } else if let Some((path, stream)) = cached(job.project, job.file).await {
        (Some(path), job.file.url.clone(), stream)
    } else {
        let (url, stream) = until_cancelled(job, open(job.source, job.urls)).await?;
        (None, url, stream)
    };
    let origin = Origin::of(&stream);
    let mut body = Body { parts: Vec::new(), held: 0, upload: None };
    let mut hasher = hasher(job.file);
    let intake = Intake::new(stream, &url, job.file.size);
    let streamed = pour(job, intake, &mut hasher, &mut body).await;
    failpoint::hit("artifact/streamed");
    let hashed = hasher.finish();
    let judged =
        streamed.and_then(|()| judge(job.project, job.address, job.file, &hashed, &url, &origin));
    if let Err(failed) = judged {
        if let Some(upload) = body.upload {
            throw_away(job, upload).await;
        }
        if job.kept.is_some() && failed.refused {
            let message = "the bytes in `.depstate/cache` changed while they were read";
            return Err(Failed::new(Code::FILE_FAILED, message));
        }
        if let Some(path) = from_cache.filter(|_| failed.refused) {
            // A file that can't be removed would be found again, and upstream never asked.
            return match fs_err::remove_file(path) {
                Ok(()) => Ok(Tried::CacheIsWrong),
                Err(_) => Err(failed),
            };
        }
        return Err(failed);
    }
    let fetched = Fetched { url, size: hashed.size, sha256: hashed.sha256 };
    let meta = match body.upload {
        None => {
            failpoint::hit("artifact/before-put");
            let meta = until_cancelled(job, put(job, join(body.parts), &hashed)).await?;
            failpoint::hit("artifact/after-put");
            meta
        }
        Some(upload) => {
            failpoint::hit("artifact/before-complete");
            let finished =
                until_cancelled(job, async { Ok(upload.finish(Precondition::Absent).await) });
            let finished = finished.await?;
            failpoint::hit("artifact/after-complete");
            match finished {
                Ok(meta) => meta,
                Err(error) => match (landed(job, &hashed).await, &error) {
                    (Some(meta), _) => meta,
                    (None, PutError::Conflict(_) | PutError::Unknown(_)) => {
                        return Ok(Tried::Again(error));
                    }
                    (
                        None,
                        PutError::Precondition(_) | PutError::Missing(_) | PutError::Refused(_),
                    ) => return Err(Failed::put(&error, job.key)),
                },
            }
        }
    };
    if !job.checked {
        // It says that it is there; whether it is whole, it is asked. An interrupt lets it be: what is
        // whole is still committed.
        if landed(job, &hashed).await.is_none() {
            let message = format!("`{}` was written, and is not there as it was sent", job.key);
            return Err(Failed::new(Code::STORAGE_FAILED, message));
        }
    }
    Ok(Tried::Done(Uploaded { fetched, meta }))
}

/// Throws an upload away; one that stays is found by the collector.
async fn throw_away(job: &Job<'_>, upload: Box<dyn Upload>) {
    let ended = tokio::time::timeout(FAREWELL, upload.abort()).await;
    if !matches!(ended, Ok(Ok(()))) {
        let text = format!("an upload of `{}` could not be thrown away", job.key);
        job.sink.emit(&Event::Remark(text));
    }
}

/// Opens the cached bytes of a digest, if they are there.
async fn cached(project: &Project, file: &LocatedFile) -> Option<(PathBuf, ByteStream)> {
    let path = project.workspace.cache().path(CacheKind::Artifacts, &file.sha256?)?;
    let stream = local(&path).await.ok()?;
    Some((path, stream))
}

/// Opens a file of this machine.
async fn local(path: &Path) -> std::io::Result<ByteStream> {
    let opened = fs_err::tokio::File::open(path).await?;
    let chunks = ReaderStream::with_capacity(opened, 256 << 10)
        .map_err(|error| StreamError::Broken(Box::new(error)));
    Ok(ByteStream::new(chunks))
}

/// What was read and not yet sent, or the upload that takes it.
struct Body {
    parts: Vec<Bytes>,
    held: usize,
    upload: Option<Box<dyn Upload>>,
}

async fn pour(
    job: &Job<'_>,
    mut intake: Intake<'_>,
    hasher: &mut Hasher,
    body: &mut Body,
) -> Result<(), Failed> {
    let doing = format!("writing `{}`", job.key);
    let failed = |error| Failed::storage(&error, &doing);
    loop {
        let Some(chunk) = until_cancelled(job, intake.next()).await? else { return Ok(()) };
        hasher.update(&chunk);
        job.sink.emit(&Event::Bytes { address: job.address.clone(), count: chunk.len() as u64 });
        let waiting = if let Some(upload) = &mut body.upload {
            until_cancelled(job, async { upload.write(chunk).await.map_err(failed) }).await?;
            failpoint::hit("artifact/more-taken");
            continue;
        } else {
            body.held += chunk.len();
            body.parts.push(chunk);
            if body.held <= SINGLE {
                continue;
            }
            std::mem::take(&mut body.parts)
        };
        failpoint::hit("artifact/before-parts");
        let begun = async { job.storage.upload(job.key).await.map_err(failed) };
        let upload = body.upload.insert(until_cancelled(job, begun).await?);
        failpoint::hit("artifact/parts-begun");
        for part in waiting {
            until_cancelled(job, async { upload.write(part).await.map_err(failed) }).await?;
        }
    }
}

fn join(mut parts: Vec<Bytes>) -> Bytes {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let mut whole = bytes::BytesMut::with_capacity(parts.iter().map(Bytes::len).sum());
    for part in parts {
        whole.extend_from_slice(&part);
    }
    whole.freeze()
}

/// Writes a small object. The key is this transaction's own, so a try whose outcome is not known
/// may be repeated, and a 412 means that an earlier one landed.
async fn put(job: &Job<'_>, bytes: Bytes, hashed: &Hashed) -> Result<ObjectMeta, Failed> {
    let mut waits = BACKOFF.waits();
    loop {
        let error = match job.storage.put(job.key, bytes.clone(), Precondition::Absent).await {
            Ok(meta) => return Ok(meta),
            Err(error) => error,
        };
        match &error {
            PutError::Refused(_) | PutError::Missing(_) => {
                return Err(Failed::put(&error, job.key));
            }
            PutError::Precondition(_) => {
                return landed(job, hashed).await.ok_or_else(|| Failed::put(&error, job.key));
            }
            PutError::Conflict(_) | PutError::Unknown(_) => {
                let Some(wait) = waits.next() else {
                    let failed = || Failed::put(&error, job.key).after(BACKOFF.tries);
                    return landed(job, hashed).await.ok_or_else(failed);
                };
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// Returns what is at the key, if it is what was sent.
async fn landed(job: &Job<'_>, hashed: &Hashed) -> Option<ObjectMeta> {
    let meta = job.storage.head(job.key).await.ok()??;
    let right = meta.size == hashed.size
        && meta
            .checksum
            .as_ref()
            .and_then(crate::model::Digest::sha256)
            .is_none_or(|digest| digest == hashed.sha256);
    right.then_some(meta)
}

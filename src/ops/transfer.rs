//! Bytes from upstream: through the digest into the store, or into the local cache. One pass,
//! bounded memory.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::TryStreamExt as _;
use tokio_util::{io::ReaderStream, sync::CancellationToken};

use super::{Project, error::chain};
use crate::{
    disk::CacheKind,
    model::{Address, Algorithm, Code, Event, Evidence, ObjectKey, ObjectMeta, Sha256, Sink},
    net::{ByteStream, StreamError},
    planner::LocatedFile,
    source::SourceDriver,
    storage::{Precondition, PutError, StorageError, StorageWriter, Upload},
    verify::{self, Expected, Hashed, Hasher},
};

/// Up to this many bytes go in a single request; more goes in parts.
const SINGLE: usize = 8 << 20;
/// How often a create-only write whose outcome is not known is sent.
const TRIES: u32 = 4;

/// Why a transfer did not happen.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Something was verified and refused.
    pub(crate) refused: bool,
    /// An interrupt ended it.
    pub(crate) interrupted: bool,
}

impl Failed {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, refused: false, interrupted: false }
    }

    fn interrupted() -> Self {
        Self { interrupted: true, ..Self::new(Code::INTERRUPTED, "interrupted") }
    }

    fn storage(error: &StorageError, doing: &str) -> Self {
        let (code, help) = match error {
            StorageError::Denied { help, .. } => (Code::STORAGE_DENIED, help.clone()),
            StorageError::Failed { help, .. } => (Code::STORAGE_FAILED, help.clone()),
        };
        Self { help, ..Self::new(code, format!("{doing}: {error}")) }
    }

    fn put(error: &PutError, key: &ObjectKey) -> Self {
        match error {
            PutError::Refused(error) => Self::storage(error, &format!("writing `{key}`")),
            PutError::Precondition(_)
            | PutError::Conflict(_)
            | PutError::Missing(_)
            | PutError::Unknown(_) => {
                Self::new(Code::STORAGE_FAILED, format!("writing `{key}`: {error}"))
            }
        }
    }
}

/// What came through.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The address that served it, as written in the list.
    pub(crate) url: String,
    pub(crate) size: u64,
    pub(crate) sha256: Sha256,
}

/// What is in the store now.
#[derive(Debug)]
pub(crate) struct Uploaded {
    pub(crate) fetched: Fetched,
    pub(crate) meta: ObjectMeta,
}

/// Opens the first address that is there.
async fn open(source: &dyn SourceDriver, urls: &[String]) -> Result<(String, ByteStream), Failed> {
    let mut absent = None;
    for url in urls {
        match source.open(url, 0).await {
            Ok(stream) => return Ok((url.clone(), stream)),
            Err(error) if error.is_absent() => absent = Some(chain(&error)),
            Err(error) => return Err(Failed::new(error.code(), chain(&error))),
        }
    }
    Err(Failed::new(
        Code::SOURCE_FAILED,
        absent.unwrap_or_else(|| "there is no address".to_owned()),
    ))
}

fn expected(file: &LocatedFile) -> Expected {
    Expected { size: file.size, sha256: file.sha256, upstream: file.upstream_digest.clone() }
}

fn hasher(file: &LocatedFile) -> Hasher {
    let extra = file.upstream_digest.as_ref().map(crate::model::Digest::algorithm);
    Hasher::new(extra.filter(|algorithm| *algorithm == Algorithm::Sha512))
}

fn judge(
    project: &Project,
    address: &Address,
    file: &LocatedFile,
    hashed: &Hashed,
    url: &str,
    stream: &Origin,
) -> Result<(), Failed> {
    let shown = stream.url.as_deref().unwrap_or(url);
    if file.evidence == Evidence::Tofu
        && file.sha256.is_none()
        && let Some(why) = verify::unlikely(hashed, url)
    {
        return Err(Failed {
            refused: true,
            help: Some(
                "nothing vouches for this file, so it is not trusted on first use: look at the \
                 address, or give `verify.checksum`"
                    .to_owned(),
            ),
            ..Failed::new(Code::UNLIKELY, format!("`{shown}` serves no archive: {why}"))
        });
    }
    verify::check(&expected(file), hashed, shown, stream.content_type.as_deref()).map_err(
        |mismatch| Failed {
            refused: true,
            help: Some(way_on(project, address, file)),
            ..Failed::new(Code::DIGEST_MISMATCH, mismatch.to_string())
        },
    )
}

/// What a person can do about other bytes depends on who promised the right ones.
fn way_on(project: &Project, address: &Address, file: &LocatedFile) -> String {
    let locked = project.lock.artifact(address).is_some();
    match file.evidence {
        Evidence::Tofu if locked => format!(
            "upstream replaced a released file: find out why, then either `exclude` the version with a \
             reason, or accept the new bytes in a reviewed commit: `depstate lock --accept {address}`"
        ),
        Evidence::Given => {
            "deps.toml gives the expected digest: correct it, or `exclude` the version".to_owned()
        }
        Evidence::Tofu | Evidence::Index | Evidence::ChecksumFile | Evidence::Signed => {
            "upstream's own checksum and file disagree: try again later or tell upstream; until then \
             `exclude` the version with a reason"
                .to_owned()
        }
    }
}

/// What a sender said of a body, kept while the body is read.
struct Origin {
    url: Option<String>,
    content_type: Option<String>,
}

impl Origin {
    fn of(stream: &ByteStream) -> Self {
        Self {
            url: stream.url.as_ref().map(ToString::to_string),
            content_type: stream.content_type.clone(),
        }
    }
}

fn broken(error: &StreamError, url: &str) -> Failed {
    let code = match error {
        StreamError::Truncated { .. } => Code::TRUNCATED,
        StreamError::TooLarge { .. } | StreamError::Broken(_) => Code::SOURCE_FAILED,
    };
    Failed::new(code, format!("`{url}`: {}", chain(error)))
}

/// Reads a file into the local cache, so that its SHA-256 is known and apply need not ask again.
pub(crate) async fn download(
    project: &Project,
    source: &dyn SourceDriver,
    address: &Address,
    urls: &[String],
    file: &LocatedFile,
    sink: &Arc<dyn Sink>,
) -> Result<Fetched, Failed> {
    sink.emit(&Event::Remark(format!("downloading {address} to learn its SHA-256")));
    let (url, mut stream) = open(source, urls).await?;
    let origin = Origin::of(&stream);
    let mut hasher = hasher(file);
    // A cache that can't be written is no reason to fail: the digest is what counts.
    let mut keep = project.workspace.cache().begin(CacheKind::Artifacts);
    loop {
        match stream.next().await {
            Ok(Some(chunk)) => {
                hasher.update(&chunk);
                keep.write(&chunk);
                sink.emit(&Event::Bytes { address: address.clone(), count: chunk.len() as u64 });
            }
            Ok(None) => break,
            Err(error) => return Err(broken(&error, &url)),
        }
    }
    let hashed = hasher.finish();
    judge(project, address, file, &hashed, &url, &origin)?;
    let _kept = keep.finish(&hashed.sha256);
    Ok(Fetched { url, size: hashed.size, sha256: hashed.sha256 })
}

/// Opens the cached bytes of a digest, if they are there.
async fn cached(project: &Project, file: &LocatedFile) -> Option<(String, ByteStream)> {
    let path = project.workspace.cache().path(CacheKind::Artifacts, &file.sha256?)?;
    let opened = fs_err::tokio::File::open(path).await.ok()?;
    let chunks = ReaderStream::with_capacity(opened, 256 << 10)
        .map_err(|error| StreamError::Broken(Box::new(error)));
    Some((file.url.clone(), ByteStream::new(chunks)))
}

/// What [`publish`] works with.
pub(crate) struct Job<'a> {
    pub(crate) project: &'a Project,
    pub(crate) source: &'a dyn SourceDriver,
    pub(crate) storage: &'a dyn StorageWriter,
    pub(crate) address: &'a Address,
    pub(crate) key: &'a ObjectKey,
    pub(crate) urls: &'a [String],
    pub(crate) file: &'a LocatedFile,
    pub(crate) sink: &'a Arc<dyn Sink>,
    pub(crate) cancel: &'a CancellationToken,
}

/// Brings a file from upstream into the store under a key of its own. Nothing is visible there
/// before the digest is right.
pub(crate) async fn publish(job: &Job<'_>) -> Result<Uploaded, Failed> {
    let (url, stream) = tokio::select! {
        biased;
        () = job.cancel.cancelled() => return Err(Failed::interrupted()),
        opened = async {
            match cached(job.project, job.file).await {
                Some(opened) => Ok(opened),
                None => open(job.source, job.urls).await,
            }
        } => opened?,
    };
    let origin = Origin::of(&stream);
    let mut body = Body { parts: Vec::new(), held: 0, upload: None };
    let mut hasher = hasher(job.file);
    let streamed = pour(job, stream, &url, &mut hasher, &mut body).await;
    let hashed = hasher.finish();
    let judged =
        streamed.and_then(|()| judge(job.project, job.address, job.file, &hashed, &url, &origin));
    if let Err(failed) = judged {
        if let Some(upload) = body.upload
            && let Err(error) = upload.abort().await
        {
            job.sink.emit(&Event::Remark(format!("an upload could not be thrown away: {error}")));
        }
        return Err(failed);
    }
    let fetched = Fetched { url, size: hashed.size, sha256: hashed.sha256 };
    let meta = match body.upload {
        None => put(job, join(body.parts), &hashed).await?,
        Some(upload) => match upload.finish(Precondition::Absent).await {
            Ok(meta) => meta,
            Err(error) => landed(job, &hashed).await.ok_or_else(|| Failed::put(&error, job.key))?,
        },
    };
    Ok(Uploaded { fetched, meta })
}

/// What was read and not yet sent, or the upload that takes it.
struct Body {
    parts: Vec<Bytes>,
    held: usize,
    upload: Option<Box<dyn Upload>>,
}

async fn pour(
    job: &Job<'_>,
    mut stream: ByteStream,
    url: &str,
    hasher: &mut Hasher,
    body: &mut Body,
) -> Result<(), Failed> {
    let doing = format!("writing `{}`", job.key);
    loop {
        let chunk = tokio::select! {
            biased;
            () = job.cancel.cancelled() => return Err(Failed::interrupted()),
            chunk = stream.next() => chunk.map_err(|error| broken(&error, url))?,
        };
        let Some(chunk) = chunk else { return Ok(()) };
        hasher.update(&chunk);
        job.sink.emit(&Event::Bytes { address: job.address.clone(), count: chunk.len() as u64 });
        if body.upload.is_none() {
            body.held += chunk.len();
            body.parts.push(chunk);
            if body.held <= SINGLE {
                continue;
            }
            let begun = job.storage.upload(job.key).await;
            let upload =
                body.upload.insert(begun.map_err(|error| Failed::storage(&error, &doing))?);
            for part in std::mem::take(&mut body.parts) {
                upload.write(part).await.map_err(|error| Failed::storage(&error, &doing))?;
            }
        } else if let Some(upload) = &mut body.upload {
            tokio::select! {
                biased;
                () = job.cancel.cancelled() => return Err(Failed::interrupted()),
                written = upload.write(chunk) => {
                    written.map_err(|error| Failed::storage(&error, &doing))?;
                }
            }
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
    let mut tried = 0;
    loop {
        tried += 1;
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
            PutError::Conflict(_) | PutError::Unknown(_) if tried >= TRIES => {
                return landed(job, hashed).await.ok_or_else(|| Failed::put(&error, job.key));
            }
            PutError::Conflict(_) | PutError::Unknown(_) => {
                tokio::time::sleep(Duration::from_millis(200) * 2_u32.pow(tried)).await;
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

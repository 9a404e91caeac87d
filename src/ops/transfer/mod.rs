//! Bytes from upstream: through the digest into the store, or into the local cache. One pass,
//! bounded memory.

mod extra;
mod intake;
mod publish;

use std::sync::Arc;

pub(crate) use extra::download_extra;
pub(crate) use publish::{Job, Uploaded, publish};

use intake::Intake;

use super::{Project, error::chain, witness::Witness};
use crate::{
    disk::CacheKind,
    model::{Address, Algorithm, Code, Event, Evidence, ObjectKey, Sha256, Sink},
    net::ByteStream,
    planner::LocatedFile,
    source::SourceDriver,
    storage::{PutError, StorageError},
    verify::{self, Expected, Hashed, Hasher},
};

/// Why a transfer did not happen.
#[derive(Debug, Clone)]
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
        let refused = code.is_refusal();
        Self { code, message: message.into(), help: None, refused, interrupted: false }
    }

    pub(crate) fn interrupted() -> Self {
        Self { interrupted: true, ..Self::new(Code::INTERRUPTED, "interrupted") }
    }

    pub(crate) fn storage(error: &StorageError, doing: &str) -> Self {
        let (code, help) = match error {
            StorageError::Denied { help, .. } => (Code::STORAGE_DENIED, help.clone()),
            StorageError::Failed { help, .. } => (Code::STORAGE_FAILED, help.clone()),
        };
        Self { help, ..Self::new(code, format!("{doing}: {error}")) }
    }

    /// Says how often it was tried in all.
    pub(crate) fn after(mut self, tries: u32) -> Self {
        self.message = format!("{}, the last of {tries} writes", self.message);
        self
    }

    pub(crate) fn put(error: &PutError, key: &ObjectKey) -> Self {
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
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    /// The address that served it, as written in the list.
    pub(crate) url: String,
    pub(crate) size: u64,
    pub(crate) sha256: Sha256,
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

/// Refuses what a signature is wanted for and none was seen: whoever found the file out had to look.
pub(crate) fn unsigned(file: &LocatedFile) -> Result<(), Failed> {
    if file.evidence != Evidence::Signed || file.signer.is_some() {
        return Ok(());
    }
    let message = format!("`{}`: the signature that deps.toml wants was not checked", file.url);
    Err(Failed {
        refused: true,
        help: Some("run `depstate lock`, which checks it, and then apply".to_owned()),
        ..Failed::new(Code::SIGNATURE_MISSING, message)
    })
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

/// Reads a file to its end and says what its bytes are; nothing is kept. None: it is not there.
pub(crate) async fn weigh(
    source: &dyn SourceDriver,
    address: &Address,
    url: &str,
    size: Option<u64>,
    sink: &Arc<dyn Sink>,
) -> Result<Option<Hashed>, Failed> {
    let stream = match source.open(url, 0).await {
        Ok(stream) => stream,
        Err(error) if error.is_absent() => return Ok(None),
        Err(error) => return Err(Failed::new(error.code(), chain(&error))),
    };
    let mut hasher = Hasher::new(None);
    let mut intake = Intake::new(stream, url, size);
    while let Some(chunk) = intake.next().await? {
        hasher.update(&chunk);
        sink.emit(&Event::Bytes { address: address.clone(), count: chunk.len() as u64 });
    }
    Ok(Some(hasher.finish()))
}

/// Reads a file into the local cache, so that its SHA-256 is known and apply need not ask again. A
/// witness hears every byte; it has still to be asked for its verdict.
pub(crate) async fn download(
    project: &Project,
    source: &dyn SourceDriver,
    address: &Address,
    urls: &[String],
    file: &LocatedFile,
    witness: Option<Witness>,
    sink: &Arc<dyn Sink>,
) -> Result<(Fetched, Option<Witness>), Failed> {
    let why = if file.sha256.is_none() { " to learn its SHA-256" } else { "" };
    sink.emit(&Event::Remark(format!("downloading {address}{why}")));
    let (url, stream) = open(source, urls).await?;
    let origin = Origin::of(&stream);
    let mut hasher = hasher(file);
    // A cache that can't be written is no reason to fail: the digest is what counts.
    let mut keep = project.workspace.cache().begin(CacheKind::Artifacts);
    let mut intake = Intake::new(stream, &url, file.size);
    while let Some(chunk) = intake.next().await? {
        hasher.update(&chunk);
        keep.write(&chunk);
        if let Some(witness) = &witness {
            witness.hear(&chunk).await;
        }
        sink.emit(&Event::Bytes { address: address.clone(), count: chunk.len() as u64 });
    }
    let hashed = hasher.finish();
    judge(project, address, file, &hashed, &url, &origin)?;
    let _kept = keep.finish(&hashed.sha256);
    Ok((Fetched { url, size: hashed.size, sha256: hashed.sha256 }, witness))
}

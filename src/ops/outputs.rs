//! Outputs of builds that need not be made again: kept in `.depstate/cache`, and in the bucket.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures::TryStreamExt as _;
use sha2::Digest as _;
use tokio_util::io::ReaderStream;

use super::{Project, error::chain};
use crate::{
    disk::CacheKind,
    failpoint,
    model::{BuiltOutput, Event, InputDigest, Sha256, Sink},
    net::StreamError,
    state::outputs,
    storage::{StorageReader, StorageWriter},
};

/// Where an output was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// In this checkout.
    Cache,
    /// In the bucket: another machine made it.
    Storage,
}

/// An output that was made before; its bytes were hashed just now.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) output: BuiltOutput,
    /// Where its bytes are on this machine.
    pub(crate) path: PathBuf,
    pub(crate) from: From,
}

/// Looks for the output of some inputs: in this checkout, then in the bucket. What can't be read
/// counts as not there.
pub(crate) async fn find(
    project: &Project,
    storage: Option<&dyn StorageReader>,
    input: &InputDigest,
    sink: &Arc<dyn Sink>,
) -> Option<Kept> {
    if let Some(kept) = here(project, input) {
        return Some(kept);
    }
    let storage = storage?;
    let remark = |text: String| sink.emit(&Event::Remark(text));
    let output = match outputs::find(storage, input).await {
        Ok(output) => output?,
        Err(error) => {
            remark(format!("kept outputs could not be looked at: {}", chain(&error)));
            return None;
        }
    };
    match fetch(project, storage, &output).await {
        Ok(path) => {
            note(project, &output);
            Some(Kept { output, path: path?, from: From::Storage })
        }
        Err(why) => {
            remark(format!("a kept output could not be taken, it is built again: {why}"));
            None
        }
    }
}

/// Keeps an output in this checkout. Returns where its bytes are from now on.
///
/// # Errors
/// When it can't be kept.
pub(crate) fn keep(
    project: &Project,
    output: &BuiltOutput,
    path: &Path,
) -> std::io::Result<PathBuf> {
    let mut file = fs_err::File::open(path)?;
    let mut writer = project.workspace.cache().begin(CacheKind::Builds);
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        writer.write(&buffer[..read]);
    }
    let kept = writer.finish(&output.sha256);
    let kept = kept.ok_or_else(|| std::io::Error::other("`.depstate/cache` can't be written"))?;
    note(project, output);
    failpoint::hit("build/kept");
    Ok(kept)
}

/// Keeps an output in the bucket too. A failure is told, and is no reason to end.
pub(crate) async fn share(
    storage: &dyn StorageWriter,
    output: &BuiltOutput,
    path: &Path,
    sink: &Arc<dyn Sink>,
) {
    let remark = |why: String| {
        let text = format!("the output could not be kept for other machines: {why}");
        sink.emit(&Event::Remark(text));
    };
    let file = match fs_err::tokio::File::open(path).await {
        Ok(file) => file,
        Err(error) => return remark(error.to_string()),
    };
    let bytes = ReaderStream::with_capacity(file, 256 << 10)
        .map_err(|error| StreamError::Broken(Box::new(error)));
    if let Err(error) = outputs::keep(storage, output, bytes).await {
        remark(chain(&error));
    }
    failpoint::hit("build/shared");
}

/// Keeps what is known of an output whose bytes are here.
pub(crate) fn note(project: &Project, output: &BuiltOutput) {
    if let Ok(text) = crate::wire::output::encode_output(output) {
        project.workspace.cache().put_named(CacheKind::Outputs, &output.input.0, &text);
    }
}

fn here(project: &Project, input: &InputDigest) -> Option<Kept> {
    let cache = project.workspace.cache();
    let text = cache.get_named(CacheKind::Outputs, &input.0)?;
    let output = crate::wire::output::decode_output(&text, input).ok()?;
    let path = cache.path(CacheKind::Builds, &output.sha256)?;
    if digest_of(&path).ok()? == output.sha256 {
        return Some(Kept { output, path, from: From::Cache });
    }
    // It has gone bad: it is a miss, and must not be found again.
    let _removed = fs_err::remove_file(path);
    None
}

/// Hashes a file.
pub(crate) fn digest_of(path: &Path) -> std::io::Result<Sha256> {
    let mut file = fs_err::File::open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Sha256(hasher.finalize().into())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// Brings an output from the bucket into this checkout; none: it has gone.
async fn fetch(
    project: &Project,
    storage: &dyn StorageReader,
    output: &BuiltOutput,
) -> Result<Option<PathBuf>, String> {
    let opened = outputs::open(storage, output).await.map_err(|error| chain(&error))?;
    let Some(mut body) = opened else { return Ok(None) };
    let mut writer = project.workspace.cache().begin(CacheKind::Builds);
    let mut hasher = sha2::Sha256::new();
    while let Some(chunk) = body.next().await.map_err(|error| chain(&error))? {
        hasher.update(&chunk);
        writer.write(&chunk);
    }
    if Sha256(hasher.finalize().into()) != output.sha256 {
        return Err("it has other bytes than its name says".to_owned());
    }
    Ok(writer.finish(&output.sha256))
}

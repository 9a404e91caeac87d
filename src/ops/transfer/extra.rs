//! A sub-dependency into the local cache.

use std::sync::Arc;

use super::{Failed, Fetched, Intake, Origin, hasher, judge, open};
use crate::{
    disk::CacheKind,
    model::{Address, Event, Sink},
    ops::Project,
    planner::LocatedFile,
    source::SourceDriver,
};

/// Reads a sub-dependency's file into the local cache; `what` is how it is called. What `file` says of
/// its bytes must be so.
pub(crate) async fn download_extra(
    project: &Project,
    source: &dyn SourceDriver,
    address: &Address,
    what: &str,
    file: &LocatedFile,
    sink: &Arc<dyn Sink>,
) -> Result<Fetched, Failed> {
    sink.emit(&Event::Remark(format!("downloading {what} for {address}")));
    let (url, stream) = open(source, std::slice::from_ref(&file.url)).await?;
    let origin = Origin::of(&stream);
    let mut hasher = hasher(file);
    let mut keep = project.workspace.cache().begin(CacheKind::Artifacts);
    let mut intake = Intake::new(stream, &url, file.size);
    while let Some(chunk) = intake.next().await? {
        hasher.update(&chunk);
        keep.write(&chunk);
        sink.emit(&Event::Bytes { address: address.clone(), count: chunk.len() as u64 });
    }
    let hashed = hasher.finish();
    judge(project, address, file, &hashed, &url, &origin)?;
    let _kept = keep.finish(&hashed.sha256);
    Ok(Fetched { url, size: hashed.size, sha256: hashed.sha256 })
}

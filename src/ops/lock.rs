//! `lock` and `update`: decide versions and digests into deps.lock; nothing is published.

use std::{collections::BTreeMap, sync::Arc};

use super::{Download, OpsError, Project, Refresh, Request, plan};
use crate::{
    disk, lock,
    model::{Code, Lock, Plan, Sink},
    planner::Options,
    storage::StorageReader,
};

/// What `lock` or `update` decided.
#[derive(Debug)]
pub struct LockRequest {
    /// The plan that follows: its findings are what must be read.
    pub plan: Plan,
    /// The new lock.
    pub lock: Lock,
    /// Whether the file was written.
    pub written: bool,
}

/// Decides, downloads once what has no digest, and writes deps.lock.
///
/// Records are read only if the lock does not know some dependency.
///
/// # Errors
/// As [`plan()`]; and when deps.lock can't be written.
pub async fn lock(
    project: &Project,
    storage: &dyn StorageReader,
    request: &Request,
    sink: &Arc<dyn Sink>,
) -> Result<LockRequest, OpsError> {
    let known =
        project.manifest.dependencies.keys().all(|id| project.lock.dependencies.contains_key(id));
    let refresh = if known { Refresh::None } else { Refresh::Index };
    let options = Options { decide: !request.locked, ..request.options.clone() };
    let request = Request { refresh, download: Download::All, options, ..request.clone() };
    let planned = plan(project, storage, &request, sink).await?;
    let written = write(project, &planned.lock)?;
    Ok(LockRequest { plan: planned.plan, lock: planned.lock, written })
}

/// Writes deps.lock if its bytes differ. Tells whether it did.
pub(crate) fn write(project: &Project, new: &Lock) -> Result<bool, OpsError> {
    if project.lock_text.is_none() && new.dependencies.is_empty() {
        return Ok(false);
    }
    let text = lock::write(new);
    if project.lock_text.as_deref() == Some(text.as_bytes()) {
        return Ok(false);
    }
    let there = match fs_err::read(&project.lock_path) {
        Ok(there) => Some(there),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(OpsError::said(Code::FILE_FAILED, error.to_string(), None)),
    };
    if there != project.lock_text {
        return Err(OpsError::said(
            Code::FILE_FAILED,
            "deps.lock changed while depstate worked, so it was not written over",
            Some("run `depstate lock` once the other change is done"),
        ));
    }
    disk::write_atomic(&project.lock_path, text.as_bytes())?;
    Ok(true)
}

/// How many releases each dependency has in a lock, for a short account of a change.
pub fn versions(lock: &Lock) -> BTreeMap<String, Vec<String>> {
    lock.dependencies
        .iter()
        .map(|(id, dependency)| {
            let versions =
                dependency.releases.iter().map(|release| release.version.to_string()).collect();
            (id.to_string(), versions)
        })
        .collect()
}

//! Does upstream still serve the bytes that deps.lock has?

use std::sync::Arc;

use futures::{StreamExt as _, stream};

use super::{Verified, no_fit, takes};
use crate::{
    model::{Address, Code, Event, LockedArtifact, Severity, Sink},
    ops::{
        OpsError, Project,
        transfer::{self, Failed},
    },
    planner::Filter,
    verify::Hashed,
};

/// Downloads every locked file, so many at once as there are jobs, and compares its digest with the
/// lock's. Nothing is kept.
///
/// # Errors
/// When a filter fits nothing that is locked. All else is a finding.
pub async fn upstream(
    project: &Project,
    filters: &[Filter],
    sink: &Arc<dyn Sink>,
) -> Result<Verified, OpsError> {
    let locked = locked(project);
    let idle = filters.iter().find(|filter| !locked.iter().any(|(it, _)| filter.matches(it)));
    if let Some(filter) = idle {
        return Err(no_fit(filter, "locked"));
    }
    let wanted: Vec<&(Address, &LockedArtifact)> =
        locked.iter().filter(|(address, _)| takes(filters, address)).collect();
    let bytes = wanted.iter().filter_map(|(_, artifact)| artifact.size).sum();
    sink.emit(&Event::Reading { artifacts: wanted.len(), bytes });
    let mut all = stream::iter(wanted)
        .map(|(address, artifact)| async move {
            (address, artifact, one(project, address, artifact, sink).await)
        })
        .buffer_unordered(project.setting.jobs.max(1));
    let mut found = Verified::default();
    while let Some((address, artifact, came)) = all.next().await {
        if let Ok(Some(hashed)) = &came {
            found.read += 1;
            found.bytes += hashed.size;
        }
        let fault = judge(artifact, came);
        let shown = fault.as_ref().map(|(_, _, text)| text.clone());
        sink.emit(&Event::ReadEnded { address: address.clone(), fault: shown });
        if let Some((severity, code, text)) = fault {
            let accept;
            let help = match severity {
                Severity::Refused => {
                    accept = format!(
                        "find out why; then `exclude` the version with a reason, or accept the new \
                         bytes in a reviewed commit: `depstate lock --accept {address}`"
                    );
                    Some(accept.as_str())
                }
                Severity::Warning => {
                    Some("what is published stays; if it is lost, it can't be fetched again")
                }
                Severity::Error => None,
            };
            found.helped(severity, code, Some(address), text, help);
        }
    }
    found.findings.sort();
    Ok(found)
}

fn locked(project: &Project) -> Vec<(Address, &LockedArtifact)> {
    let mut all = Vec::new();
    for (id, dependency) in &project.lock.dependencies {
        for release in &dependency.releases {
            for (target, artifact) in &release.artifacts {
                let address = Address {
                    dependency: id.clone(),
                    version: release.version.clone(),
                    target: target.clone(),
                };
                all.push((address, artifact));
            }
        }
    }
    all
}

/// None: upstream does not have it any more.
async fn one(
    project: &Project,
    address: &Address,
    artifact: &LockedArtifact,
    sink: &Arc<dyn Sink>,
) -> Result<Option<Hashed>, Failed> {
    let Some(source) = project.sources.get(&address.dependency) else {
        return Err(Failed::new(Code::COULD_NOT_CHECK, "deps.toml has no such dependency"));
    };
    transfer::weigh(source.as_ref(), address, &artifact.url, artifact.size, sink).await
}

fn judge(
    artifact: &LockedArtifact,
    came: Result<Option<Hashed>, Failed>,
) -> Option<(Severity, Code, String)> {
    let url = &artifact.url;
    match came {
        Ok(Some(hashed)) if hashed.sha256 == artifact.sha256 => None,
        Ok(Some(hashed)) => {
            let text = format!(
                "`{url}` serves {} bytes with SHA-256 {}, deps.lock has {}",
                hashed.size, hashed.sha256, artifact.sha256
            );
            Some((Severity::Refused, Code::UPSTREAM_CHANGED, text))
        }
        Ok(None) => {
            Some((Severity::Warning, Code::UPSTREAM_GONE, format!("`{url}` is not there any more")))
        }
        // More bytes than were promised are other bytes.
        Err(failed) if failed.refused => {
            Some((Severity::Refused, Code::UPSTREAM_CHANGED, failed.message))
        }
        Err(failed) => Some((Severity::Error, Code::COULD_NOT_CHECK, failed.message)),
    }
}

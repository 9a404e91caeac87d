//! Does upstream still serve the bytes that deps.lock has?

use std::{collections::BTreeSet, sync::Arc};

use futures::{StreamExt as _, stream};

use super::{Verified, no_fit, takes};
use crate::{
    model::{Address, Code, Event, LockedArtifact, Severity, Sha256, Sink},
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
    let wanted = files(&wanted);
    let bytes = wanted.iter().filter_map(|file| file.size).sum();
    sink.emit(&Event::Reading { artifacts: wanted.len(), bytes });
    let mut all = stream::iter(wanted)
        .map(|file| async move {
            let came = one(project, &file, sink).await;
            (file, came)
        })
        .buffer_unordered(project.setting.jobs.max(1));
    let mut found = Verified::default();
    while let Some((file, came)) = all.next().await {
        let address = file.address;
        if let Ok(Some(hashed)) = &came {
            found.read += 1;
            found.bytes += hashed.size;
        }
        let fault = judge(&file, came);
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

/// A file of upstream's that deps.lock has a digest of.
struct File<'a> {
    address: &'a Address,
    /// What it is called, where it is a sub-dependency.
    extra: Option<&'a str>,
    url: &'a str,
    size: Option<u64>,
    sha256: Sha256,
}

/// The locked files, and their sub-dependencies: one that many have, once.
fn files<'a>(wanted: &[&'a (Address, &'a LockedArtifact)]) -> Vec<File<'a>> {
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    for (address, artifact) in wanted {
        let LockedArtifact { url, size, sha256, .. } = artifact;
        all.push(File { address, extra: None, url, size: *size, sha256: *sha256 });
        for (id, extra) in &artifact.extra {
            let Some(sha256) = extra.sha256 else { continue };
            let url = extra.url.as_str();
            if seen.insert((&address.dependency, url, sha256)) {
                all.push(File { address, extra: Some(id), url, size: extra.size, sha256 });
            }
        }
    }
    all
}

/// None: upstream does not have it any more.
async fn one(
    project: &Project,
    file: &File<'_>,
    sink: &Arc<dyn Sink>,
) -> Result<Option<Hashed>, Failed> {
    let Some(source) = project.sources.get(&file.address.dependency) else {
        return Err(Failed::new(Code::COULD_NOT_CHECK, "deps.toml has no such dependency"));
    };
    transfer::weigh(source.as_ref(), file.address, file.url, file.size, sink).await
}

fn judge(
    file: &File<'_>,
    came: Result<Option<Hashed>, Failed>,
) -> Option<(Severity, Code, String)> {
    let url = match file.extra {
        Some(id) => format!("{}` for `{id}", file.url),
        None => file.url.to_owned(),
    };
    match came {
        Ok(Some(hashed)) if hashed.sha256 == file.sha256 => None,
        Ok(Some(hashed)) => {
            let text = format!(
                "`{url}` serves {} bytes with SHA-256 {}, deps.lock has {}",
                hashed.size, hashed.sha256, file.sha256
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

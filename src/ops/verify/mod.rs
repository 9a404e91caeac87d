//! `verify`: holds what the bucket says of itself against what is there. Only reads.

mod deep;
mod documents;
mod objects;
mod side;
mod upstream;

use std::sync::Arc;

pub use upstream::upstream;

use super::{OpsError, Project, observe, seen};
use crate::{
    model::{Address, Code, Finding, Severity, Sink, Snapshot},
    planner::Filter,
    state,
    storage::StorageReader,
};

/// How often everything is looked at again because the bucket changed meanwhile.
const TRIES: u32 = 3;

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// The serial of HEAD; none: nothing is published, or the bucket was not looked at.
    pub serial: Option<u64>,
    /// How many generations and index documents were read, their digests checked.
    pub documents: u64,
    /// How many objects were looked at in the listing.
    pub listed: u64,
    /// How many files were read to their end and hashed.
    pub read: u64,
    /// How many bytes these had.
    pub bytes: u64,
    /// What is wrong: `Refused` bytes that are not the recorded ones, `Error` what could not be read.
    pub findings: Vec<Finding>,
}

impl Verified {
    fn find(&mut self, severity: Severity, code: Code, address: Option<&Address>, text: String) {
        self.helped(severity, code, address, text, None);
    }

    fn helped(
        &mut self,
        severity: Severity,
        code: Code,
        address: Option<&Address>,
        message: String,
        help: Option<&str>,
    ) {
        self.findings.push(Finding {
            severity,
            code,
            dependency: address.map(|address| address.dependency.clone()),
            address: address.cloned(),
            message,
            help: help.map(str::to_owned),
            span: None,
        });
    }
}

/// Reads HEAD, all documents and the listing; `deep` reads every published object too and hashes it,
/// and what is said of it, so many at once as there are jobs. What is read comes from the store, nothing from a cache.
///
/// # Errors
/// When the bucket is not ours or went back, or a newer depstate wrote it. All else is a finding.
pub async fn bucket(
    project: &Project,
    storage: &dyn StorageReader,
    filters: &[Filter],
    deep: bool,
    sink: &Arc<dyn Sink>,
) -> Result<Verified, OpsError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut found = Verified::default();
        let snapshot = documents::snapshot(storage, &mut found).await?;
        let head = match &snapshot {
            Some(snapshot) => snapshot.head.clone(),
            None if found.findings.is_empty() => return Ok(found),
            // What HEAD reaches is damaged; what was before it may be whole.
            None => match state::head(storage).await {
                Ok(Some(base)) => base.head,
                Ok(None) | Err(_) => return Ok(found),
            },
        };
        if head.project != project.manifest.project {
            return Err(observe::not_owner(&head.project, project, &storage.location()));
        }
        seen::check(project, storage, Some(&head)).await?;
        found.serial = Some(head.serial);
        documents::chain(project, storage, &head, &mut found).await;
        if let Some(snapshot) = &snapshot {
            refuse_idle(filters, snapshot)?;
            objects::look(project, storage, snapshot, filters, deep, &mut found).await;
            // What is wrong with documents may come of a change meanwhile: reading can wait.
            if deep && (found.findings.is_empty() || tries == TRIES || still(storage, &head).await)
            {
                deep::read(project, storage, snapshot, filters, &mut found, sink).await;
                side::read(project, storage, snapshot, filters, &mut found).await;
            }
        }
        let fine = found.findings.iter().all(|it| it.severity == Severity::Warning);
        if fine || tries == TRIES || still(storage, &head).await {
            found.findings.sort();
            found.findings.dedup();
            return Ok(found);
        }
    }
}

/// Tells whether HEAD is what it was: else a collector may have taken away what was looked for.
async fn still(storage: &dyn StorageReader, head: &crate::model::Head) -> bool {
    // A store that can't be asked has told nothing new.
    !matches!(state::head(storage).await, Ok(Some(now)) if now.head != *head)
}

/// A filter that fits nothing is a slip of the pen.
fn refuse_idle(filters: &[Filter], snapshot: &Snapshot) -> Result<(), OpsError> {
    let idle = filters.iter().find(|filter| !snapshot.live.keys().any(|it| filter.matches(it)));
    idle.map_or(Ok(()), |filter| Err(no_fit(filter, "published")))
}

fn no_fit(filter: &Filter, what: &str) -> OpsError {
    OpsError::said(
        Code::BAD_FILTER,
        format!("nothing that is {what} fits `{}`", filter.as_str()),
        Some("a filter is an address or a glob of one: `node`, `ruby@3.3.*`, `*/jammy-*`"),
    )
}

fn takes(filters: &[Filter], address: &Address) -> bool {
    filters.is_empty() || filters.iter().any(|filter| filter.matches(address))
}

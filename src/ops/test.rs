//! `test`: tries what is published, or what would be; publishes nothing.

use std::{path::PathBuf, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::{
    OpsError, Project,
    build::{Asked, Errand, failure},
    transfer::Failed,
};
use crate::{
    model::{Address, Artifact, Failure, Sha256, Sink, TestEvidence},
    storage::StorageReader,
};

/// What `test` did.
#[derive(Debug, Default)]
pub struct TestReport {
    /// What holds what its test asks for, in the order of addresses.
    pub tested: Vec<TestedFile>,
    /// What does not.
    pub failed: Vec<Failure>,
    /// Whether an interrupt ended it.
    pub interrupted: bool,
}

/// A file that was tried.
#[derive(Debug)]
pub struct TestedFile {
    /// Whose.
    pub address: Address,
    /// Its SHA-256.
    pub sha256: Sha256,
    /// Whether it is what is published now.
    pub published: bool,
    /// How it was tried.
    pub test: TestEvidence,
    /// The log, relative to deps.toml; none: it could not be kept.
    pub log: Option<String>,
}

/// Tries what is asked for: the published file where it is of the wanted inputs, else the one that
/// would be published, which is built or downloaded first.
///
/// # Errors
/// When nothing that has a test fits, or it can't be said what is wanted. A test that fails is in the
/// report.
pub async fn test(
    project: &Project,
    storage: Arc<dyn StorageReader>,
    asked: &Asked,
    sink: &Arc<dyn Sink>,
    cancel: &CancellationToken,
) -> Result<TestReport, OpsError> {
    let tried = |artifact: &Artifact| artifact.trial.is_some();
    let mut errand = Errand::new(project, &storage, asked, (tried, "`test`"), sink, cancel).await?;
    let mut report =
        TestReport { failed: std::mem::take(&mut errand.failed), ..TestReport::default() };
    for address in errand.chosen.clone() {
        let Some(artifact) = errand.wanted.get(&address).cloned() else { continue };
        match one(&mut errand, &artifact).await {
            Ok(tested) => report.tested.push(tested),
            Err(failed) if failed.interrupted => {
                report.interrupted = true;
                break;
            }
            Err(failed) => report.failed.push(failure(&address, failed)),
        }
    }
    Ok(report)
}

/// A file, its digest, and whether it is published.
struct Found {
    artifact: Artifact,
    path: PathBuf,
    sha256: Sha256,
    published: bool,
}

async fn one(errand: &mut Errand<'_>, artifact: &Artifact) -> Result<TestedFile, Failed> {
    let found = find(errand, artifact).await?;
    let trial = artifact.trial.as_deref().ok_or_else(Failed::interrupted)?;
    let needs = errand.needs(trial.needs.clone()).await?;
    let file = (found.path.as_path(), found.sha256);
    let tried = errand.bench.try_out(&found.artifact, file, trial, &needs).await?;
    Ok(TestedFile {
        address: artifact.address.clone(),
        sha256: found.sha256,
        published: found.published,
        test: tried.evidence,
        log: tried.log,
    })
}

async fn find(errand: &mut Errand<'_>, artifact: &Artifact) -> Result<Found, Failed> {
    let published = errand.published(&artifact.address);
    if let Some(file) = published.filter(|file| artifact.input == Some(file.input)) {
        return Ok(Found {
            artifact: artifact.clone(),
            path: errand.bench.need(&file).await?,
            sha256: file.sha256,
            published: true,
        });
    }
    let made = errand.make(artifact).await?;
    Ok(Found { artifact: made.artifact, path: made.path, sha256: made.sha256, published: false })
}

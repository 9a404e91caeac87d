//! Trying the very file that will be published.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{
    error::WorkshopError,
    run::{Log, Machine, Tier},
};
use crate::model::{Address, Sha256, Target, Trial};

/// What is to be tried.
#[derive(Debug)]
pub struct TestJob<'a> {
    /// What it is.
    pub address: &'a Address,
    /// What upstream calls the version.
    pub upstream: &'a str,
    /// The target.
    pub target: &'a Target,
    /// How.
    pub trial: &'a Trial,
    /// The file, and the name that it is published by; unpacked if it is an archive.
    pub file: (&'a Path, &'a str),
    /// Its digest: the room's name follows from it.
    pub sha256: Sha256,
    /// Verified files of other artifacts by id, to be unpacked.
    pub needs: BTreeMap<String, (PathBuf, String)>,
    /// The folder of deps.toml.
    pub root: &'a Path,
    /// Where rooms are made.
    pub below: &'a Path,
    /// `DEPSTATE_JOBS`.
    pub jobs: usize,
}

/// It holds what the test asks for.
#[derive(Debug)]
pub struct Tested {
    /// How well it was shut in; none: only files were looked for.
    pub tier: Option<Tier>,
    /// How long it ran.
    pub duration: Duration,
}

/// Tries a file.
///
/// # Errors
/// See [`WorkshopError`].
pub async fn test(
    job: &TestJob<'_>,
    machine: &Machine,
    log: &mut dyn Log,
    cancel: &CancellationToken,
) -> Result<Tested, WorkshopError> {
    let _todo = (job, machine, log, cancel);
    Err(WorkshopError::Interrupted)
}

//! The build contract: from a recipe and verified files to one output file. Its text for people is
//! BUILD.md in `schema/`; its version [`crate::model::CONTRACT`].

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
use crate::model::{Address, InputDigest, Recipe, Sha256, Target};

/// What is to be built.
#[derive(Debug)]
pub struct BuildJob<'a> {
    /// For whom.
    pub address: &'a Address,
    /// What upstream calls the version.
    pub upstream: &'a str,
    /// The target, for `DEPSTATE_OS` and the like.
    pub target: &'a Target,
    /// How.
    pub recipe: &'a Recipe,
    /// The digest of all its inputs: the room's name follows from it.
    pub input: InputDigest,
    /// `SOURCE_DATE_EPOCH`: seconds since 1970 of the release, else 315532800 (1980-01-01).
    pub epoch: i64,
    /// The verified upstream file, and the name that the script sees it by.
    pub source: (&'a Path, &'a str),
    /// Verified sub-dependencies by id: the file, and its name.
    pub extra: BTreeMap<String, (PathBuf, String)>,
    /// Verified files of other artifacts by id, to be unpacked.
    pub needs: BTreeMap<String, (PathBuf, String)>,
    /// The folder of deps.toml.
    pub root: &'a Path,
    /// Where rooms are made, and the output is left.
    pub below: &'a Path,
    /// `DEPSTATE_JOBS`.
    pub jobs: usize,
}

/// What was built.
#[derive(Debug)]
pub struct Built {
    /// The output, a file of its own below [`BuildJob::below`]; whoever takes it removes it.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: Sha256,
    /// How well the build was shut in; none: no script ran (`repack`).
    pub tier: Option<Tier>,
    /// How long the script ran.
    pub duration: Duration,
    /// Whether a second build gave the same bytes; none: nobody asked.
    pub reproduced: Option<bool>,
}

/// Builds.
///
/// # Errors
/// See [`WorkshopError`]; nothing is left behind but the log.
pub async fn build(
    job: &BuildJob<'_>,
    machine: &Machine,
    log: &mut dyn Log,
    cancel: &CancellationToken,
) -> Result<Built, WorkshopError> {
    let _todo = (job, machine, log, cancel);
    Err(WorkshopError::Interrupted)
}

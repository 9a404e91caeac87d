//! The bench: where artifacts are made and tried, one at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock},
};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use super::{files::NeedFile, rooms::Rooms};
use crate::{
    model::{Address, Artifact, Code, Evidence, InputDigest, Sink, Target, Work},
    ops::{Project, error::chain, transfer::Failed},
    planner::{Filter, LocatedFile},
    storage::StorageReader,
    workshop::{Machine, WorkshopError},
};

/// Needed artifacts, by their dependency's id.
pub(crate) type Needs = BTreeMap<String, NeedFile>;

/// Where artifacts are made and tried.
pub(crate) struct Bench<'a> {
    pub(crate) project: &'a Project,
    /// Where needed artifacts and kept outputs are; none: it can't be read.
    pub(crate) storage: Option<Arc<dyn StorageReader>>,
    pub(crate) sink: &'a Arc<dyn Sink>,
    pub(crate) cancel: &'a CancellationToken,
    /// What is built though its output is kept.
    rebuild: Vec<Filter>,
    /// What was built here and now: even `--rebuild` does it once.
    built: Mutex<BTreeSet<InputDigest>>,
    /// A build has all processors.
    turn: Semaphore,
    /// Where rooms are made, from the first one on.
    rooms: OnceLock<Rooms>,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(
        project: &'a Project,
        storage: Option<Arc<dyn StorageReader>>,
        rebuild: &[Filter],
        sink: &'a Arc<dyn Sink>,
        cancel: &'a CancellationToken,
    ) -> Self {
        Self {
            project,
            storage,
            sink,
            cancel,
            rebuild: rebuild.to_vec(),
            built: Mutex::default(),
            turn: Semaphore::new(1),
            rooms: OnceLock::new(),
        }
    }

    /// Tells whether a kept output will do.
    pub(super) fn may_take_kept(&self, address: &Address, input: &InputDigest) -> bool {
        let again = self.rebuild.iter().any(|filter| filter.matches(address));
        !again || self.built.lock().is_ok_and(|built| built.contains(input))
    }

    pub(super) fn note_built(&self, input: InputDigest) {
        if let Ok(mut built) = self.built.lock() {
            built.insert(input);
        }
    }

    /// Waits for its turn.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, Failed> {
        let turn = self.until_cancelled(async { Ok(self.turn.acquire().await) }).await?;
        turn.map_err(|_closed| Failed::interrupted())
    }

    /// Does something, unless an interrupt comes first.
    pub(crate) async fn until_cancelled<T>(
        &self,
        work: impl Future<Output = Result<T, Failed>>,
    ) -> Result<T, Failed> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Failed::interrupted()),
            done = work => done,
        }
    }

    pub(super) fn machine(&self) -> Machine {
        Machine {
            environment: self.project.setting.environment.clone(),
            program: self.project.setting.program.clone(),
        }
    }

    pub(super) fn target(&self, address: &Address) -> Target {
        self.project.manifest.targets.get(&address.target).cloned().unwrap_or_default()
    }

    /// Returns the folder that rooms are made in.
    pub(super) fn rooms(&self) -> Result<PathBuf, Failed> {
        if let Some(rooms) = self.rooms.get() {
            return Ok(rooms.folder().to_owned());
        }
        let rooms = Rooms::new(self.project.workspace.folder().join("rooms"))
            .map_err(|error| Failed::new(Code::FILE_FAILED, chain(&error)))?;
        Ok(self.rooms.get_or_init(|| rooms).folder().to_owned())
    }

    /// Brings the needed artifacts here.
    pub(super) async fn needs(
        &self,
        needs: &Needs,
    ) -> Result<BTreeMap<String, (PathBuf, String)>, Failed> {
        let mut here = BTreeMap::new();
        for (id, need) in needs {
            here.insert(id.clone(), (self.need(need).await?, need.name.clone()));
        }
        Ok(here)
    }
}

/// Returns what is known of an artifact's upstream file.
pub(crate) fn source_of(artifact: &Artifact) -> LocatedFile {
    let source = &artifact.source;
    LocatedFile {
        extra: source.extra.clone(),
        url: source.urls.first().cloned().unwrap_or_default(),
        size: source.size,
        sha256: source.sha256,
        upstream_digest: source.upstream_digest.clone(),
        evidence: source.evidence,
        signer: source.signer.clone(),
    }
}

/// Returns what is to be published of a file that was made here.
pub(crate) fn made_file(
    artifact: &Artifact,
    size: u64,
    sha256: crate::model::Sha256,
) -> LocatedFile {
    LocatedFile {
        size: Some(size),
        sha256: Some(sha256),
        // That one is of the source.
        upstream_digest: None,
        evidence: match artifact.source.evidence {
            // Whoever signed did not sign this.
            Evidence::Signed => Evidence::Tofu,
            given @ (Evidence::Given
            | Evidence::Index
            | Evidence::ChecksumFile
            | Evidence::Tofu) => given,
        },
        signer: None,
        ..source_of(artifact)
    }
}

/// Says why a build or test did not end well.
pub(super) fn failed(
    error: &WorkshopError,
    address: &Address,
    work: Work,
    log: Option<&str>,
) -> Failed {
    if matches!(error, WorkshopError::Interrupted) {
        return Failed::interrupted();
    }
    let mut message = chain(error);
    for line in error.tail() {
        message.push_str("\n| ");
        message.push_str(&line.replace('\t', "    "));
    }
    if let Some(log) = log {
        message.push_str("\nthe whole log: ");
        message.push_str(log);
    }
    let word = match work {
        Work::Build => "build",
        Work::Test => "test",
    };
    let ran = matches!(
        error,
        WorkshopError::Ended { .. } | WorkshopError::Limit { .. } | WorkshopError::Check { .. }
    );
    let again = || format!("`depstate {word} {address}` runs it again here, and publishes nothing");
    let help = error.help().map(str::to_owned).or_else(|| ran.then(again));
    Failed { help, ..Failed::new(error.code(), message) }
}

//! From an artifact to the file that is published of it: in the cache, with its digest known.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    bench::{Bench, Needs, failed, source_of},
    files::upstream_name,
    log::StepLog,
};
use crate::{
    model::{
        Artifact, BuildEvidence, BuiltOutput, CONTRACT, Code, Event, InputDigest, Recipe, Sha256,
        Tree, Work, Worked,
    },
    ops::{
        error::chain,
        outputs,
        transfer::{self, Failed, Fetched},
    },
    planner::{self, LocatedFile},
    workshop::{self, ArchiveLimits, BuildJob},
};

/// What did the work where no script ran.
const OURSELVES: &str = "depstate";

/// How a file came to be here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It was built just now.
    Built,
    /// This checkout had it.
    Kept,
    /// The storage's cache had it.
    Shared,
    /// It is upstream's, as it is.
    Upstream,
}

/// A file that can be tried and published.
#[derive(Debug)]
pub(crate) struct Made {
    /// Where it is; its bytes were hashed.
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) sha256: Sha256,
    /// The artifact, with all that is known once the source's digest is.
    pub(crate) artifact: Artifact,
    /// The upstream file that it was made of.
    pub(crate) source: Fetched,
    /// What was kept of its build; none: it was not built.
    pub(crate) output: Option<BuiltOutput>,
    /// The licences found in it; none: nobody looked.
    pub(crate) licenses: Option<Vec<String>>,
    pub(crate) origin: Origin,
    /// The build's log, relative to deps.toml; none: nothing ran.
    pub(crate) log: Option<String>,
}

impl Bench<'_> {
    /// Makes the file that is published of an artifact, or finds it made.
    ///
    /// A build whose files are not those of `tree` any more fails.
    pub(crate) async fn make(
        &self,
        artifact: &Artifact,
        needs: &Needs,
        tree: &Tree,
    ) -> Result<Made, Failed> {
        let mut made = match &artifact.recipe {
            Some(recipe) => self.build(artifact, recipe, needs, tree).await?,
            None => self.mirror(artifact).await?,
        };
        if artifact.detect_licenses && made.licenses.is_none() {
            let found = self.licenses(&made.path, &made.artifact.file).await?;
            if let Some(output) = &mut made.output {
                output.licenses = Some(found.clone());
                outputs::note(self.project, output);
            }
            made.licenses = Some(found);
        }
        Ok(made)
    }

    async fn mirror(&self, artifact: &Artifact) -> Result<Made, Failed> {
        let (path, source) = self.source(artifact).await?;
        let artifact = if artifact.input.is_some() {
            artifact.clone()
        } else {
            let learned = LocatedFile {
                url: source.url.clone(),
                size: Some(source.size),
                sha256: Some(source.sha256),
                ..source_of(artifact)
            };
            planner::finish(&self.project.manifest, artifact, &learned)
                .map_err(|message| Failed::new(Code::TEMPLATE, message))?
        };
        Ok(Made {
            path,
            size: source.size,
            sha256: source.sha256,
            artifact,
            source,
            output: None,
            licenses: None,
            origin: Origin::Upstream,
            log: None,
        })
    }

    async fn build(
        &self,
        artifact: &Artifact,
        recipe: &Recipe,
        needs: &Needs,
        tree: &Tree,
    ) -> Result<Made, Failed> {
        let address = &artifact.address;
        transfer::unsigned(&source_of(artifact))?;
        let input = artifact.input.ok_or_else(|| Failed {
            help: Some("run `depstate lock`, which finds it out".to_owned()),
            ..Failed::new(Code::PLAN_UNDECIDED, "the digest of its source is not known")
        })?;
        if self.may_take_kept(address, &input)
            && let Some(made) = self.kept(artifact, &input).await?
        {
            return Ok(made);
        }
        let (path, source) = self.source(artifact).await?;
        let extra = self.extras(artifact).await?;
        let needs = self.needs(needs).await?;
        let target = self.target(address);
        let rooms = self.rooms()?;
        let turn = self.turn().await?;
        let name = upstream_name(&source.url);
        let job = BuildJob {
            address,
            upstream: &artifact.upstream,
            target: &target,
            recipe,
            input,
            epoch: artifact.epoch(),
            source: (&path, &name),
            extra,
            needs,
            root: &self.project.root,
            tree,
            below: &rooms,
            jobs: self.project.setting.processors.max(1),
        };
        self.sink.emit(&Event::WorkStarted { address: address.clone(), work: Work::Build });
        let mut log = StepLog::new(self.project, address, Work::Build, self.sink);
        let built = workshop::build(&job, &self.machine(), &mut log, self.cancel).await;
        let shown = log.shown().map(str::to_owned);
        let log_sha256 = log.end();
        drop(turn);
        let built =
            built.map_err(|error| failed(&error, address, Work::Build, shown.as_deref()))?;
        let executor = by(built.tier);
        let output = BuiltOutput {
            input,
            sha256: built.sha256,
            size: built.size,
            build: BuildEvidence {
                contract: CONTRACT,
                executor: executor.clone(),
                image: recipe.image.clone().filter(|_| built.tier.is_some()),
                network: recipe.network,
                reproduced: built.reproduced,
                log_sha256,
                duration_ms: millis(built.duration),
            },
            licenses: None,
        };
        let kept = outputs::keep(self.project, &output, &built.path);
        // It is in the cache; what could not be removed goes with the next clearing of the folder.
        let _removed = fs_err::remove_file(&built.path);
        let path = kept.map_err(|error| Failed::new(Code::FILE_FAILED, chain(&error)))?;
        self.note_built(input);
        self.told(artifact, Work::Build, Worked::Ran { executor, duration: built.duration });
        Ok(Made {
            path,
            size: output.size,
            sha256: output.sha256,
            artifact: artifact.clone(),
            source,
            output: Some(output),
            licenses: None,
            origin: Origin::Built,
            log: shown,
        })
    }

    /// Takes an output that was made before.
    async fn kept(&self, artifact: &Artifact, input: &InputDigest) -> Result<Option<Made>, Failed> {
        let find = outputs::find(self.project, self.storage.as_deref(), input, self.sink);
        let Some(kept) = self.until_cancelled(async { Ok(find.await) }).await? else {
            return Ok(None);
        };
        let (origin, worked) = match kept.from {
            outputs::From::Cache => (Origin::Kept, Worked::Kept),
            outputs::From::Storage => (Origin::Shared, Worked::Shared),
        };
        let source = match (artifact.source.sha256, artifact.source.size) {
            (Some(sha256), Some(size)) => {
                let url = artifact.source.urls.first().cloned().unwrap_or_default();
                Fetched { url, size, sha256 }
            }
            // A record names its source's size; who was only told a digest has to look.
            (Some(_), None) | (None, _) => self.source(artifact).await?.1,
        };
        self.told(artifact, Work::Build, worked);
        Ok(Some(Made {
            path: kept.path,
            size: kept.output.size,
            sha256: kept.output.sha256,
            artifact: artifact.clone(),
            source,
            licenses: kept.output.licenses.clone(),
            output: Some(kept.output),
            origin,
            log: None,
        }))
    }

    pub(super) fn told(&self, artifact: &Artifact, work: Work, worked: Worked) {
        let address = artifact.address.clone();
        self.sink.emit(&Event::WorkEnded { address, work, worked });
    }

    /// Finds out the licences of a file.
    async fn licenses(&self, file: &Path, name: &str) -> Result<Vec<String>, Failed> {
        let failed = |error: std::io::Error| Failed::new(Code::FILE_FAILED, chain(&error));
        let folder = tempfile::Builder::new()
            .prefix("licenses-")
            .tempdir_in(self.rooms()?)
            .map_err(failed)?;
        let turn = self.turn().await?;
        let (limits, machine) = (ArchiveLimits::default(), self.machine());
        let unpack = workshop::unpack(file, name, folder.path(), &limits, &machine);
        let unpacked = self.until_cancelled(async {
            unpack.await.map_err(|error| Failed::new(error.code(), chain(&error)))
        });
        let _unpacked = unpacked.await?;
        let found = tokio::task::spawn_blocking(move || {
            let found = workshop::detect(folder.path());
            // Removing a large tree takes a while, too.
            drop(folder);
            found
        });
        let found = found.await.map_err(|error| Failed::new(Code::FILE_FAILED, chain(&error)))?;
        drop(turn);
        Ok(found)
    }
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Says who did the work.
pub(super) fn by(tier: Option<workshop::Tier>) -> String {
    tier.map_or_else(|| OURSELVES.to_owned(), |tier| tier.to_string())
}

//! The build contract: from a recipe and verified files to one output file. Its text for people is
//! `schema/build-contract.md`; its version [`crate::model::CONTRACT`].

use std::{
    collections::BTreeMap,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::{
    archive::{ArchiveLimits, check},
    blocking,
    collect::collect,
    contract::environment,
    difference::difference,
    error::WorkshopError,
    furnish::Furniture,
    pack::pack,
    repack::repack,
    room::Room,
    run::{Executor, Job, Log, Machine, Tier, executor},
    unpack::{Unpacked, unpack},
};
use crate::{
    disk,
    model::{Address, ArchiveFormat, CONTRACT, InputDigest, Recipe, Repack, Sha256, Target, Tree},
};

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
    /// What the files there were when the plan was made: another one fails the build.
    pub tree: &'a Tree,
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

/// Builds: a script's output folder, or what `repack` makes of the source, becomes one file.
///
/// The log begins with a line that names the contract, the executor and the address. When this
/// returns no process of the build lives, and but for [`Built::path`] nothing of it is left.
///
/// # Errors
/// See [`WorkshopError`]; nothing is left behind but the log.
pub async fn build(
    job: &BuildJob<'_>,
    machine: &Machine,
    log: &mut dyn Log,
    cancel: &CancellationToken,
) -> Result<Built, WorkshopError> {
    let maker = Maker::of(job, machine)?;
    let tier = maker.tier();
    let how = tier.map_or_else(|| "repack".to_owned(), |tier| tier.to_string());
    let line = format!("depstate: build contract {CONTRACT}, {how}, {}\n", job.address);
    log.write(line.as_bytes());
    let what = format!("`{}`", job.recipe.script.as_deref().unwrap_or("repack"));
    let named = |error: WorkshopError| error.of(&what);
    fs_err::create_dir_all(job.below).map_err(|error| writing(job.below, &error))?;
    // Beside the rooms: no step ever sees it.
    let aside = tempfile::Builder::new()
        .prefix(".depstate-build-")
        .tempdir_in(job.below)
        .map_err(|error| writing(job.below, &error))?;
    let first = aside.path().join("first");
    let duration = maker.make(job, machine, log, cancel, &first).await.map_err(named)?;
    let packed = aside.path().join("output");
    let (size, sha256) = packing(job, &first, &packed).await.map_err(named)?;
    usable(job, &packed).await.map_err(named)?;
    let reproduced = if job.recipe.reproducible {
        log.write(b"depstate: once more, to compare\n");
        let second = aside.path().join("second");
        maker.make(job, machine, log, cancel, &second).await.map_err(named)?;
        let again = aside.path().join("again");
        let (_, other) = packing(job, &second, &again).await.map_err(named)?;
        let differs = blocking(move || difference(&first, &second)).await?;
        if let Some(difference) = differs {
            return Err(WorkshopError::NotReproducible { difference, digests: (sha256, other) });
        }
        Some(true)
    } else {
        None
    };
    let path = keep(job, &packed)?;
    Ok(Built { path, size, sha256, tier, duration, reproduced })
}

/// Refuses what depstate itself would not unpack: a test or another build may have to.
async fn usable(job: &BuildJob<'_>, packed: &Path) -> Result<(), WorkshopError> {
    if job.recipe.archive == ArchiveFormat::File {
        return Ok(());
    }
    // What it may hold was bounded while it was written.
    let limits = ArchiveLimits {
        total: u64::MAX,
        members: u64::MAX,
        member: u64::MAX,
        ratio: u64::MAX,
        ..ArchiveLimits::default()
    };
    let packed = packed.to_owned();
    match blocking(move || check(&packed, &limits)).await {
        Ok(_) => Ok(()),
        Err(WorkshopError::Archive { why, .. }) => {
            Err(WorkshopError::output(format!("nobody could unpack it safely: {why}")))
        }
        Err(error) => Err(error),
    }
}

/// How the members of an output come to be.
enum Maker<'a> {
    Script { path: &'a str, executor: Box<dyn Executor> },
    Repack(&'a Repack),
}

impl<'a> Maker<'a> {
    fn of(job: &BuildJob<'a>, machine: &Machine) -> Result<Self, WorkshopError> {
        match (&job.recipe.script, &job.recipe.repack) {
            (Some(path), _) => {
                let executor = executor(job.recipe.executor, machine)?;
                Ok(Self::Script { path, executor })
            }
            (None, Some(rule)) => Ok(Self::Repack(rule)),
            (None, None) => {
                Err(WorkshopError::output("there is neither `script` nor `repack`".to_owned()))
            }
        }
    }

    fn tier(&self) -> Option<Tier> {
        match self {
            Self::Script { executor, .. } => Some(executor.tier()),
            Self::Repack(_) => None,
        }
    }

    /// Makes the members in a new folder, and says how long that took.
    async fn make(
        &self,
        job: &BuildJob<'_>,
        machine: &Machine,
        log: &mut dyn Log,
        cancel: &CancellationToken,
        to: &Path,
    ) -> Result<Duration, WorkshopError> {
        if cancel.is_cancelled() {
            return Err(WorkshopError::Interrupted);
        }
        match self {
            Self::Script { path, executor } => {
                run(job, path, executor.as_ref(), machine, log, cancel, to).await
            }
            Self::Repack(rule) => repacking(job, rule, machine, to).await,
        }
    }
}

/// Runs the script in a room of its own, and takes its output when all its processes are dead.
async fn run(
    job: &BuildJob<'_>,
    script: &str,
    executor: &dyn Executor,
    machine: &Machine,
    log: &mut dyn Log,
    cancel: &CancellationToken,
    to: &Path,
) -> Result<Duration, WorkshopError> {
    let recipe = job.recipe;
    let room = Room::new(job.below, &job.input.0)?;
    let mut furniture = Furniture::default();
    furniture.file("source", job.source.1, job.source.0);
    for (id, (path, _)) in &job.extra {
        furniture.file("extra", id, path);
    }
    furniture.needs(&job.needs);
    furniture.tree(job.root, &recipe.inputs, job.tree)?;
    furniture.lay(&room, machine).await?;
    let places = executor.places(&room);
    let step = Job {
        room: &room,
        argv: command(job, script, &room, &places.part("tree"))?,
        env: environment(job, &places),
        image: recipe.image.as_deref(),
        network: recipe.network,
        limits: recipe.limits,
        what: script,
    };
    let ended = executor.run(&step, log, cancel).await?;
    let (from, to, most) = (room.part("output"), to.to_owned(), recipe.limits.output);
    blocking(move || collect(&from, &to, most)).await?;
    Ok(ended.duration)
}

/// Says how a script is started: by itself if it can be, else by the shell.
fn command(
    job: &BuildJob<'_>,
    script: &str,
    room: &Room,
    tree: &Path,
) -> Result<Vec<String>, WorkshopError> {
    let seen = tree.join(script).to_string_lossy().into_owned();
    let executable = job.tree.get(script).is_some_and(|file| file.executable);
    let here = room.part("tree").join(script);
    if executable && starts_itself(&here).map_err(|error| reading(&here, &error))? {
        return Ok(vec![seen]);
    }
    Ok(vec!["/bin/sh".to_owned(), seen])
}

/// Tells a file that the system can start from one that only a shell would.
fn starts_itself(path: &Path) -> io::Result<bool> {
    let mut front = Vec::new();
    fs_err::File::open(path)?.take(4).read_to_end(&mut front)?;
    Ok(front.starts_with(b"#!") || front == b"\x7fELF")
}

async fn repacking(
    job: &BuildJob<'_>,
    rule: &Repack,
    machine: &Machine,
    to: &Path,
) -> Result<Duration, WorkshopError> {
    let began = Instant::now();
    let (source, name) = job.source;
    let unpacked = to.with_extension("unpacked");
    fs_err::create_dir(&unpacked).map_err(|error| writing(&unpacked, &error))?;
    let found = unpack(source, name, &unpacked, &ArchiveLimits::default(), machine).await?;
    if found == Unpacked::Single {
        return Err(WorkshopError::output(format!(
            "`{name}` is no archive, and `repack` takes one: write a `script`, or leave `build` out"
        )));
    }
    let (rule, to) = (rule.clone(), to.to_owned());
    blocking(move || repack(&unpacked, &rule, &to)).await?;
    Ok(began.elapsed())
}

async fn packing(
    job: &BuildJob<'_>,
    folder: &Path,
    to: &Path,
) -> Result<(u64, Sha256), WorkshopError> {
    let (folder, to) = (folder.to_owned(), to.to_owned());
    let (format, epoch) = (job.recipe.archive, job.epoch);
    blocking(move || pack(&folder, format, epoch, &to)).await
}

/// Gives the output a name of its own, which nobody else has.
fn keep(job: &BuildJob<'_>, packed: &Path) -> Result<PathBuf, WorkshopError> {
    let kept = tempfile::Builder::new()
        .prefix("output-")
        .suffix(&format!(".{}", job.recipe.archive.name()))
        .tempfile_in(job.below)
        .map_err(|error| writing(job.below, &error))?;
    let path = kept.path().to_owned();
    fs_err::rename(packed, &path).map_err(|error| writing(&path, &error))?;
    let (_file, path) = kept.keep().map_err(|error| writing(&path, &error.error))?;
    Ok(path)
}

fn reading(path: &Path, error: &io::Error) -> WorkshopError {
    WorkshopError::File { doing: "reading", path: path.to_owned(), source: disk::bare(error) }
}

fn writing(path: &Path, error: &io::Error) -> WorkshopError {
    WorkshopError::File { doing: "writing", path: path.to_owned(), source: disk::bare(error) }
}

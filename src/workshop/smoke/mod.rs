//! Trying the very file that will be published.

mod checks;
mod environment;
mod furnished;
mod heard;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{
    error::WorkshopError,
    helper::HELPER,
    http,
    room::{Places, Room},
    run::{Executor, Job, Log, Machine, Tier, executor},
};
use crate::model::{Address, Sha256, Target, Trial};
use furnished::Furnished;
use heard::Heard;

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

/// Tries a file: what it holds, then the script, then the command, each in the same room. The
/// unpacked file can only be read there.
///
/// # Errors
/// See [`WorkshopError`]; of what is asked for the first that does not hold. Nothing is left behind
/// but the log.
pub async fn test(
    job: &TestJob<'_>,
    machine: &Machine,
    log: &mut dyn Log,
    cancel: &CancellationToken,
) -> Result<Tested, WorkshopError> {
    let trial = job.trial;
    let shut_in = if trial.script.is_none() && trial.run.is_empty() {
        None
    } else {
        Some(executor(trial.executor, machine)?)
    };
    if let Some(executor) = &shut_in {
        can_serve(trial, executor.tier())?;
    }
    let how = shut_in.as_ref().map_or_else(|| "files".to_owned(), |it| it.tier().to_string());
    log.write(format!("depstate: test, {how}, {}\n", job.address).as_bytes());
    let room = Room::new(job.below, &job.sha256)?;
    let furnished = tokio::select! {
        biased;
        () = cancel.cancelled() => return Err(WorkshopError::Interrupted),
        furnished = furnished::furnish(job, &room, machine) => furnished?,
    };
    checks::files(&trial.files, &furnished.members, job.file.1)?;
    let Some(executor) = shut_in else {
        return Ok(Tested { tier: None, duration: Duration::ZERO });
    };
    let trying = Trying {
        job,
        room: &room,
        places: executor.places(&room),
        executor: executor.as_ref(),
        furnished: &furnished,
    };
    let mut duration = Duration::ZERO;
    let mut said = Heard::new(log);
    if let Some(script) = &trial.script {
        duration += trying.run(trying.script(script)?, script, &mut said, cancel).await?;
        if trial.run.is_empty() {
            checks::stdout(trial.stdout.as_deref(), script, &said)?;
        }
    }
    if !trial.run.is_empty() {
        let name = format!("`{}`", trial.run.join(" "));
        said.forget();
        duration += trying.run(trying.command(), &name, &mut said, cancel).await?;
        checks::stdout(trial.stdout.as_deref(), &name, &said)?;
    }
    Ok(Tested { tier: Some(executor.tier()), duration })
}

/// Refuses to start a server where it would have no network of its own to be asked over.
fn can_serve(trial: &Trial, tier: Tier) -> Result<(), WorkshopError> {
    if trial.http.is_none() || trial.network || tier != Tier::Landlock {
        return Ok(());
    }
    Err(WorkshopError::NoExecutor {
        message: "`http` needs a network of the test's own, which Landlock can't give".to_owned(),
        help: "install `bubblewrap`, or set `executor` of the test to `container` or `host`"
            .to_owned(),
    })
}

struct Trying<'a> {
    job: &'a TestJob<'a>,
    room: &'a Room,
    places: Places,
    executor: &'a dyn Executor,
    furnished: &'a Furnished,
}

impl Trying<'_> {
    async fn run(
        &self,
        argv: Vec<String>,
        what: &str,
        said: &mut Heard<'_>,
        cancel: &CancellationToken,
    ) -> Result<Duration, WorkshopError> {
        let trial = self.job.trial;
        let step = Job {
            room: self.room,
            argv,
            env: environment::of(self.job, &self.places, &self.furnished.programs),
            image: trial.image.as_deref(),
            network: trial.network,
            limits: trial.limits,
            what,
        };
        match self.executor.run(&step, said, cancel).await {
            Ok(ended) => Ok(ended.duration),
            Err(WorkshopError::Ended { what, how, tail }) => {
                // The helper that asks a server says by a line what was wrong.
                Err(match said.marked(http::MARK).filter(|_| trial.http.is_some()) {
                    Some(check) => WorkshopError::Check { check, tail },
                    None => WorkshopError::Ended { what, how, tail },
                })
            }
            Err(other) => Err(other),
        }
    }

    /// A script: by itself if it can be, else by the shell.
    fn script(&self, script: &str) -> Result<Vec<String>, WorkshopError> {
        let seen = text(&self.places.part("tree").join(script));
        Ok(if furnished::starts_itself(&self.room.part("tree").join(script))? {
            vec![seen]
        } else {
            vec!["/bin/sh".to_owned(), seen]
        })
    }

    /// The command, begun in the unpacked file, and asked if it is a server.
    fn command(&self) -> Vec<String> {
        let trial = self.job.trial;
        let artifact = self.places.part("source").join("artifact");
        let mut command = trial.run.clone();
        if let Some(program) = command.first_mut() {
            let within = program.contains('/') || self.furnished.has(self.room, program);
            if within && !program.starts_with('/') {
                *program = text(&artifact.join(program.trim_start_matches("./")));
            }
        }
        let go = r#"cd "$DEPSTATE_ARTIFACT" && exec "$@""#;
        let mut argv: Vec<String> = ["/bin/sh", "-c", go, "sh"].map(str::to_owned).into();
        argv.extend(command);
        let Some(check) = &trial.http else {
            return argv;
        };
        let helper = self.places.part("source").join("program").join("depstate");
        let mut asked = vec![text(&helper), HELPER.to_owned()];
        asked.extend(http::arguments(check, argv));
        asked
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

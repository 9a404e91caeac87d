//! Running one command in a room: what every executor promises.

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::{
    container,
    error::WorkshopError,
    host::Host,
    room::{Places, Room},
    sandbox,
};
use crate::model::{self, Environment, Limits};

/// How well a step is shut in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Not at all.
    Host,
    /// Landlock and seccomp: no file but its own can be written or, outside the system's, read; no
    /// network. It sees that other processes exist.
    Landlock,
    /// Namespaces of its own, by bubblewrap.
    Bubblewrap,
    /// A container of podman's.
    Podman,
    /// A container of docker's.
    Docker,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Landlock => "sandbox (landlock)",
            Self::Bubblewrap => "sandbox (bubblewrap)",
            Self::Podman => "container (podman)",
            Self::Docker => "container (docker)",
        })
    }
}

/// One command in a room.
#[derive(Debug)]
pub struct Job<'a> {
    /// Where it runs; it begins in `work/`.
    pub room: &'a Room,
    /// The program and its arguments, with paths as the step sees them.
    pub argv: Vec<String>,
    /// Its whole environment, with paths as the step sees them.
    pub env: BTreeMap<String, String>,
    /// The image; only for containers.
    pub image: Option<&'a str>,
    /// Whether it may use the network.
    pub network: bool,
    /// What it may take at most.
    pub limits: Limits,
    /// How it is called in messages.
    pub what: &'a str,
}

/// Takes what a step says, line by line, as it comes.
pub trait Log: Send {
    /// Takes bytes of its stdout or stderr, as they were written.
    fn write(&mut self, bytes: &[u8]);
}

/// How a command ended: by itself, with 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How well it was shut in.
    pub tier: Tier,
    /// How long it ran.
    pub duration: Duration,
    /// What it wrote to stdout, up to 1 MiB.
    pub stdout: Vec<u8>,
}

/// Runs commands.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Says how well it shuts in.
    fn tier(&self) -> Tier;

    /// Says where a room's parts are for a step.
    fn places(&self, room: &Room) -> Places;

    /// Runs a command to its end. When this returns, whatever the answer, no process of it lives.
    ///
    /// # Errors
    /// When it can't be run, does not end with 0, passes a limit, or is cancelled.
    async fn run(
        &self,
        job: &Job<'_>,
        log: &mut dyn Log,
        cancel: &CancellationToken,
    ) -> Result<Ended, WorkshopError>;
}

/// What executors need to know of this machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Where PATH and the like come from, to find `bwrap`, `podman`, `docker`.
    pub environment: Environment,
    /// This program, to be run again as a helper.
    pub program: PathBuf,
}

/// Finds the executor that deps.toml names: of the sandbox the strongest tier that works here.
///
/// # Errors
/// [`WorkshopError::NoExecutor`]: never a weaker one in silence.
pub fn executor(
    wanted: model::Executor,
    machine: &Machine,
) -> Result<Box<dyn Executor>, WorkshopError> {
    match wanted {
        model::Executor::Host => Ok(Box::new(Host::new(machine))),
        model::Executor::Sandbox => sandbox::choose(machine),
        model::Executor::Container => container::choose(machine),
    }
}

/// Says which tiers work on this machine, best first, and of the others why not: for `doctor`.
pub fn tiers(machine: &Machine) -> Vec<(Tier, Result<(), String>)> {
    let mut all = sandbox::tiers(machine);
    all.extend(container::tiers(machine));
    all
}

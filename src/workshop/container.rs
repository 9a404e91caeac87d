//! The executor `container`: podman or docker, in an image pinned by its digest.
//!
//! The engine's own client runs as the step of a warden, which keeps the time, watches what is
//! written, and listens for an interrupt; the container itself is ended by its name, since docker's
//! is no process of ours.

mod arguments;
mod engine;

use std::{os::unix::fs::lchown, path::Path};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use self::{
    arguments::{INSIDE, Order, USER},
    engine::{Engine, Owner},
};
use super::{
    blocking,
    error::WorkshopError,
    members::members,
    room::{Places, Room},
    run::{Ended, Executor, Job, Log, Machine, Tier},
    step,
    warden::Confined,
};
use crate::{disk, model::Limits};

/// What the engine's client and its like take beside the step's own, in bytes and processes.
const CLIENT: (u64, u32) = (1 << 30, 256);

/// Finds podman, else docker, and asks whether it works.
///
/// # Errors
/// [`WorkshopError::NoExecutor`] when neither works: what each says.
pub(super) fn choose(machine: &Machine) -> Result<Box<dyn Executor>, WorkshopError> {
    let mut why = Vec::new();
    for tier in [Tier::Podman, Tier::Docker] {
        match Engine::find(tier, machine) {
            Ok(engine) => return Ok(Box::new(Container { engine, machine: machine.clone() })),
            Err(error) => why.push(error),
        }
    }
    Err(WorkshopError::NoExecutor {
        message: format!("containers can't be run on this machine: {}", why.join("; ")),
        help: "install podman, or start docker's daemon".to_owned(),
    })
}

/// Says which engines work on this machine, and of the others why not.
pub(super) fn tiers(machine: &Machine) -> Vec<(Tier, Result<(), String>)> {
    [Tier::Podman, Tier::Docker].map(|tier| (tier, Engine::find(tier, machine).map(drop))).into()
}

#[derive(Debug)]
struct Container {
    engine: Engine,
    machine: Machine,
}

#[async_trait]
impl Executor for Container {
    fn tier(&self) -> Tier {
        self.engine.tier
    }

    fn places(&self, _: &Room) -> Places {
        Places { root: INSIDE.into() }
    }

    async fn run(
        &self,
        job: &Job<'_>,
        log: &mut dyn Log,
        cancel: &CancellationToken,
    ) -> Result<Ended, WorkshopError> {
        let image = pinned(job)?;
        self.engine.fetch(image, log, cancel).await?;
        if self.engine.owner == Owner::Given {
            let parts = Room::WRITABLE.iter().chain(Room::READABLE);
            let parts: Vec<_> = parts.map(|part| job.room.part(part)).collect();
            blocking(move || parts.iter().try_for_each(|part| give(part))).await?;
        }
        let name = format!("depstate-{}", uuid::Uuid::new_v4().simple());
        let argv = arguments::run(&Order { engine: &self.engine, job, image, name: &name })?;
        let limits = Limits {
            memory: job.limits.memory.saturating_add(CLIENT.0),
            processes: job.limits.processes.saturating_add(CLIENT.1),
            ..job.limits
        };
        let client = Job {
            room: job.room,
            argv,
            env: self.engine.env.clone(),
            image: None,
            network: true,
            limits,
            what: job.what,
        };
        let mut leftover = Leftover { engine: &self.engine, name: Some(&name) };
        let root = job.room.root().to_owned();
        let mut log = Quiet(log);
        let ended =
            step::run(&client, root, Confined::Not, self.tier(), &self.machine, &mut log, cancel)
                .await;
        // Whatever the client says: from here on there is no container of that name.
        leftover.name = None;
        self.engine.remove(&name).await?;
        ended.map_err(|error| self.told(error, job))
    }
}

impl Container {
    /// Says what the engine's own exit codes mean.
    fn told(&self, error: WorkshopError, job: &Job<'_>) -> WorkshopError {
        let engine = self.engine.name();
        if let WorkshopError::Ended { what, how, mut tail } = error {
            tail.retain(|line| !line.starts_with(LEFT));
            let meaning = match how.as_str() {
                "exit code 125" => format!(": {engine} could not start the container"),
                "exit code 127" => ": there is no such program in the image".to_owned(),
                "exit code 137" => {
                    format!(": it was killed; it may take {} bytes of memory", job.limits.memory)
                }
                _ => String::new(),
            };
            return WorkshopError::Ended { what, how: how + &meaning, tail };
        }
        // The client takes some of its own.
        if let WorkshopError::Limit { what, limit, tail } = error {
            let limit = if limit.ends_with("of memory") {
                format!("took more than {} bytes of memory", job.limits.memory)
            } else {
                limit
            };
            return WorkshopError::Limit { what, limit, tail };
        }
        error
    }
}

/// What a warden says of processes that were left. In a container none can be: they are the engine's.
const LEFT: &str = "[depstate: it left ";

/// Leaves out what is said of the engine's own processes.
struct Quiet<'a>(&'a mut dyn Log);

impl Log for Quiet<'_> {
    fn write(&mut self, bytes: &[u8]) {
        if !bytes.starts_with(LEFT.as_bytes()) {
            self.0.write(bytes);
        }
    }
}

/// Removes a container when whoever waits for it is dropped.
struct Leftover<'a> {
    engine: &'a Engine,
    name: Option<&'a str>,
}

impl Drop for Leftover<'_> {
    fn drop(&mut self) {
        if let Some(name) = self.name {
            self.engine.remove_later(name);
        }
    }
}

/// Returns the image, which must be pinned.
fn pinned<'a>(job: &Job<'a>) -> Result<&'a str, WorkshopError> {
    let is_hex = |hex: &str| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let image = job.image.unwrap_or_default();
    // A dash would be taken for an option.
    match image.split_once("@sha256:") {
        Some((name, hex)) if !name.is_empty() && !name.starts_with('-') && is_hex(hex) => Ok(image),
        _ => Err(WorkshopError::NoExecutor {
            message: format!("the image `{image}` is not pinned by its digest"),
            help: "write `name@sha256:` and 64 hex digits".to_owned(),
        }),
    }
}

/// Gives a part of the room to the user that the step is.
fn give(part: &Path) -> Result<(), WorkshopError> {
    let to = |path: &Path| {
        lchown(path, Some(USER), Some(USER)).map_err(|error| WorkshopError::File {
            doing: "giving away",
            path: path.to_owned(),
            source: disk::bare(&error),
        })
    };
    to(part)?;
    for entry in members(part)? {
        to(&part.join(&entry.path))?;
    }
    Ok(())
}

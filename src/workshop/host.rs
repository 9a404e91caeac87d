//! The executor `host`: on this machine, as this user, kept from nothing.

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::{
    error::WorkshopError,
    room::{Places, Room},
    run::{Ended, Executor, Job, Log, Machine, Tier},
    step,
    warden::Confined,
};

/// Runs steps unprotected. Limits hold, and nothing that a step starts outlives it.
#[derive(Debug)]
pub(super) struct Host {
    machine: Machine,
}

impl Host {
    pub(super) fn new(machine: &Machine) -> Self {
        Self { machine: machine.clone() }
    }
}

#[async_trait]
impl Executor for Host {
    fn tier(&self) -> Tier {
        Tier::Host
    }

    fn places(&self, room: &Room) -> Places {
        Places { root: room.root().to_owned() }
    }

    async fn run(
        &self,
        job: &Job<'_>,
        log: &mut dyn Log,
        cancel: &CancellationToken,
    ) -> Result<Ended, WorkshopError> {
        let cwd = job.room.part("work");
        step::run(job, cwd, Confined::Not, Tier::Host, &self.machine, log, cancel).await
    }
}

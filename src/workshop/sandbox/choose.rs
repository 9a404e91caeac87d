//! Which tier it is, on this machine.

use std::path::PathBuf;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        error::WorkshopError,
        room::{Places, Room},
        run::{Ended, Executor, Job, Log, Machine, Tier},
        step,
        warden::Confined,
    },
    bubblewrap, landlock,
};

/// Names one tier, where somebody wants that one and no other.
const VARIABLE: &str = "DEPSTATE_SANDBOX";

/// Returns the strongest tier that works here, or the one that the environment names.
///
/// # Errors
/// When there is none: what is missing of each, and how to get it.
pub(in crate::workshop) fn choose(machine: &Machine) -> Result<Box<dyn Executor>, WorkshopError> {
    let none = |message: String, help: String| Err(WorkshopError::NoExecutor { message, help });
    let wanted = machine.environment.get(VARIABLE).filter(|name| !name.is_empty());
    let (first, second) = match wanted {
        None => (true, true),
        Some("bubblewrap") => (true, false),
        Some("landlock") => (false, true),
        Some(other) => {
            let message = format!("`{VARIABLE}` is `{other}`, which is no tier of the sandbox");
            return none(message, "set it to `bubblewrap` or `landlock`, or unset it".to_owned());
        }
    };
    let mut why = Vec::new();
    if first {
        match try_bubblewrap(machine) {
            Ok(executor) => return Ok(Box::new(executor)),
            Err(error) => why.push(format!("bubblewrap: {error}")),
        }
    }
    if second {
        match landlock::probe() {
            Ok(_) => return Ok(Box::new(Landlock { machine: machine.clone() })),
            Err(error) => why.push(format!("landlock: {error}")),
        }
    }
    none(format!("nothing can be shut in on this machine: {}", why.join("; ")), help())
}

/// Says which tiers work on this machine, best first, and of the others why not.
pub(in crate::workshop) fn tiers(machine: &Machine) -> Vec<(Tier, Result<(), String>)> {
    vec![
        (Tier::Bubblewrap, try_bubblewrap(machine).map(drop).map_err(|why| with_help(&why))),
        (Tier::Landlock, landlock::probe().map(drop)),
    ]
}

fn with_help(why: &str) -> String {
    format!("{why} ({})", help())
}

fn try_bubblewrap(machine: &Machine) -> Result<Bubblewrap, String> {
    let program = bubblewrap::find(machine)?;
    bubblewrap::probe(&program)?;
    Ok(Bubblewrap { program, machine: machine.clone() })
}

/// What lets bubblewrap work here.
fn help() -> String {
    let number = |path: &str| {
        fs_err::read_to_string(path).ok().and_then(|text| text.trim().parse::<u64>().ok())
    };
    if number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == Some(1) {
        return "this system lets only programs with an AppArmor profile make user name spaces: \
                give `bwrap` one (`/etc/apparmor.d/bwrap` with `abi <abi/4.0>, include \
                <tunables/global> profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }`, \
                then `sudo apparmor_parser -r /etc/apparmor.d/bwrap`), or allow it to all: \
                `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`"
            .to_owned();
    }
    if number("/proc/sys/user/max_user_namespaces") == Some(0) {
        return "user name spaces are off: `sudo sysctl -w user.max_user_namespaces=10000`"
            .to_owned();
    }
    if number("/proc/sys/kernel/unprivileged_userns_clone") == Some(0) {
        return "user name spaces are root's alone: `sudo sysctl -w \
                kernel.unprivileged_userns_clone=1`"
            .to_owned();
    }
    "install `bubblewrap`, or use a kernel with Landlock (Linux 6.2 or newer); in a container, let \
     it make user name spaces"
        .to_owned()
}

#[derive(Debug)]
struct Bubblewrap {
    program: PathBuf,
    machine: Machine,
}

#[async_trait]
impl Executor for Bubblewrap {
    fn tier(&self) -> Tier {
        Tier::Bubblewrap
    }

    fn places(&self, _: &Room) -> Places {
        bubblewrap::places()
    }

    async fn run(
        &self,
        job: &Job<'_>,
        log: &mut dyn Log,
        cancel: &CancellationToken,
    ) -> Result<Ended, WorkshopError> {
        let confined = bubblewrap::confine(&self.program, job, &self.machine)?;
        let cwd = bubblewrap::places().part("work");
        step::run(job, cwd, confined, self.tier(), &self.machine, log, cancel).await
    }
}

#[derive(Debug)]
struct Landlock {
    machine: Machine,
}

#[async_trait]
impl Executor for Landlock {
    fn tier(&self) -> Tier {
        Tier::Landlock
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
        let confined = Confined::Landlock {
            readable: (Room::READABLE.iter().map(|part| job.room.part(part)))
                .chain([self.machine.program.clone()])
                .collect(),
            writable: Room::WRITABLE.iter().map(|part| job.room.part(part)).collect(),
            network: job.network,
        };
        let cwd = job.room.part("work");
        step::run(job, cwd, confined, self.tier(), &self.machine, log, cancel).await
    }
}

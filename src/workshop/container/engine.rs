//! A container engine on this machine.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use tokio_util::sync::CancellationToken;

use super::super::{
    error::WorkshopError,
    run::{Log, Machine, Tier},
};

/// What an engine's client needs of the environment. None of it reaches a container.
const VARIABLES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
    "CONTAINERS_CONF",
    "CONTAINERS_STORAGE_CONF",
    "CONTAINERS_REGISTRIES_CONF",
    "CONTAINER_HOST",
    "CONTAINER_SSHKEY",
    "REGISTRY_AUTH_FILE",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Who a step is, so that what it writes is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// This user, kept by podman's own mapping.
    Kept { user: u32, group: u32 },
    /// Root within, who is this user without: docker without root.
    Root,
    /// This user; the engine is root's.
    Same { user: u32, group: u32 },
    /// An ordinary user, who is given the room: depstate and the engine are root's.
    Given,
}

/// An engine that works.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) tier: Tier,
    pub(super) program: PathBuf,
    /// The whole environment of its client.
    pub(super) env: BTreeMap<String, String>,
    pub(super) owner: Owner,
}

impl Engine {
    /// Looks for an engine on the PATH and asks it what it is.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(super) fn find(tier: Tier, machine: &Machine) -> Result<Self, String> {
        let name = name(tier);
        let env: BTreeMap<String, String> = VARIABLES
            .iter()
            .filter_map(|name| {
                Some(((*name).to_owned(), machine.environment.get(name)?.to_owned()))
            })
            .collect();
        let path = machine.environment.get("PATH").unwrap_or_default();
        let mut folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
        let program = folders
            .find_map(|folder| {
                let file = folder.join(name);
                let meta = fs_err::metadata(&file).ok()?;
                (meta.is_file() && meta.permissions().mode() & 0o111 != 0).then_some(file)
            })
            .ok_or_else(|| format!("there is no `{name}` on the PATH"))?;
        let format = if tier == Tier::Podman {
            "{{.Host.Security.Rootless}}"
        } else {
            "{{json .SecurityOptions}}"
        };
        #[expect(clippy::disallowed_methods, reason = "running scripts is what this room is for")]
        let asked = std::process::Command::new(&program)
            .args(["info", "--format", format])
            .env_clear()
            .envs(&env)
            .stdin(Stdio::null())
            .output();
        let asked = asked.map_err(|error| format!("{name}: {error}"))?;
        if !asked.status.success() {
            return Err(format!("{name}: {}", last_line(&asked)));
        }
        let said = String::from_utf8_lossy(&asked.stdout).into_owned();
        let rootless = said.trim() == "true" || said.contains("rootless");
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        let (me, group, is_root) = (user.as_raw(), group.as_raw(), user.is_root());
        let owner = match (tier, rootless) {
            (Tier::Podman, true) => Owner::Kept { user: me, group },
            (_, true) => Owner::Root,
            (_, false) if is_root => Owner::Given,
            (_, false) => Owner::Same { user: me, group },
        };
        Ok(Self { tier, program, env, owner })
    }

    /// Returns its name.
    pub(super) fn name(&self) -> &'static str {
        name(self.tier)
    }

    /// Has the engine fetch an image that it does not have. By its digest: no other can come.
    ///
    /// # Errors
    /// When it can't.
    pub(super) async fn fetch(
        &self,
        image: &str,
        log: &mut dyn Log,
        cancel: &CancellationToken,
    ) -> Result<(), WorkshopError> {
        if self.ask(&["image", "inspect", "--format", "{{.Id}}", image]).await?.status.success() {
            return Ok(());
        }
        log.write(format!("depstate: {} fetches the image `{image}`\n", self.name()).as_bytes());
        let pull = ["pull", "--quiet", image];
        let fetched = tokio::select! {
            fetched = self.ask(&pull) => fetched?,
            () = cancel.cancelled() => return Err(WorkshopError::Interrupted),
        };
        if fetched.status.success() {
            return Ok(());
        }
        Err(WorkshopError::NoExecutor {
            message: format!("{} has no image `{image}`: {}", self.name(), last_line(&fetched)),
            help: format!("fetch it while there is a network: `{} pull {image}`", self.name()),
        })
    }

    /// Ends a container and removes it; one that is not there is as good.
    ///
    /// # Errors
    /// When it is still there.
    pub(super) async fn remove(&self, name: &str) -> Result<(), WorkshopError> {
        let mut said = String::new();
        for _ in 0..3 {
            said = last_line(&self.ask(&["rm", "--force", "--volumes", name]).await?);
            let there = self.ask(&["container", "inspect", "--format", "{{.Id}}", name]).await?;
            if !there.status.success() {
                return Ok(());
            }
        }
        Err(WorkshopError::Ended {
            what: format!("the container `{name}`"),
            how: format!("{} being unable to remove it: {said}", self.name()),
            tail: Vec::new(),
        })
    }

    /// The same, without waiting.
    pub(super) fn remove_later(&self, name: &str) {
        #[expect(clippy::disallowed_methods, reason = "running scripts is what this room is for")]
        let mut command = std::process::Command::new(&self.program);
        command.args(["rm", "--force", "--volumes", name]).env_clear().envs(&self.env);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Whoever dropped the step can't be told.
        let _started = command.spawn();
    }

    async fn ask(&self, args: &[&str]) -> Result<Output, WorkshopError> {
        #[expect(clippy::disallowed_methods, reason = "running scripts is what this room is for")]
        let mut command = tokio::process::Command::new(&self.program);
        command.args(args).env_clear().envs(&self.env).stdin(Stdio::null()).kill_on_drop(true);
        command.output().await.map_err(|source| WorkshopError::File {
            doing: "running",
            path: Path::new(&self.program).to_owned(),
            source,
        })
    }
}

fn name(tier: Tier) -> &'static str {
    if tier == Tier::Podman { "podman" } else { "docker" }
}

/// Returns the last line of what a client complained of, as it may be shown.
fn last_line(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    line.chars().filter(|letter| !crate::model::is_hidden(*letter)).take(400).collect()
}

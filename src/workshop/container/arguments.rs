//! What an engine is told.

use rustix::process::{Resource, getrlimit};

use super::{
    super::{
        error::WorkshopError,
        room::Room,
        run::{Job, Tier},
    },
    engine::{Engine, Owner},
};

/// Where the room is, as the step sees it: always the same.
pub(super) const INSIDE: &str = "/depstate";
/// Who the step is where depstate is root and the engine too: an ordinary user, since a root without
/// capabilities trips over `chown`.
pub(super) const USER: u32 = 1000;
/// Open files of a process, where the system allows so many.
const FILES: u64 = 65_536;
/// Processes of the step's user, its other containers among them: the limit of the step itself is
/// `--pids-limit`.
const PROCESSES: u64 = 32_768;

/// One container.
pub(super) struct Order<'a> {
    pub(super) engine: &'a Engine,
    pub(super) job: &'a Job<'a>,
    pub(super) image: &'a str,
    pub(super) name: &'a str,
}

/// Returns the command line of the engine that runs a job.
///
/// # Errors
/// When the room's path can't be said to an engine.
pub(super) fn run(order: &Order<'_>) -> Result<Vec<String>, WorkshopError> {
    let Order { engine, job, image, name } = order;
    let podman = engine.tier == Tier::Podman;
    let limits = &job.limits;
    let memory = format!("{}b", limits.memory);
    let most = |resource| getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let mut argv: Vec<String> = vec![engine.program.to_string_lossy().into_owned(), "run".into()];
    let mut add = |text: &str| argv.push(text.to_owned());
    add("--rm");
    add(&format!("--name={name}"));
    add("--pull=never");
    add("--log-driver=none");
    add("--no-healthcheck");
    add("--hostname=depstate");
    if !job.network {
        add("--network=none");
    }
    add("--read-only");
    add("--cap-drop=ALL");
    add("--security-opt=no-new-privileges");
    add(&format!("--pids-limit={}", limits.processes));
    add(&format!("--memory={memory}"));
    // No swap beside it.
    add(&format!("--memory-swap={memory}"));
    let files = FILES.min(most(Resource::Nofile));
    for limit in [
        "core=0:0".to_owned(),
        format!("nofile={files}:{files}"),
        format!("fsize={0}:{0}", limits.output),
    ] {
        add(&format!("--ulimit={limit}"));
    }
    // What is written there takes memory.
    let size = limits.memory / 2;
    // Podman would fill it with what the image has there, and give it that folder's mode.
    let empty = if podman { ",notmpcopyup" } else { "" };
    add(&format!("--tmpfs=/tmp:rw,exec,nosuid,nodev,mode=1777,size={size}{empty}"));
    if podman {
        // Podman's own default is more than some machines let it set.
        let processes = PROCESSES.min(most(Resource::Nproc));
        add(&format!("--ulimit=nproc={processes}:{processes}"));
        add("--read-only-tmpfs=false");
        add("--http-proxy=false");
        // If nobody is left to end it.
        add(&format!("--timeout={}", limits.time.as_secs().saturating_add(60)));
    }
    match engine.owner {
        Owner::Kept { user, group } => {
            add("--userns=keep-id");
            add(&format!("--user={user}:{group}"));
        }
        Owner::Root => add("--user=0:0"),
        Owner::Same { user, group } => add(&format!("--user={user}:{group}")),
        Owner::Given => add(&format!("--user={USER}:{USER}")),
    }
    for (parts, mode) in [(Room::WRITABLE, "rw"), (Room::READABLE, "ro")] {
        for part in parts {
            add(&mount(job.room, part, mode)?);
        }
    }
    add(&format!("--workdir={INSIDE}/work"));
    // What image and engine would add to the environment is left out.
    add("--entrypoint=env");
    add(image);
    add("-i");
    for (name, value) in &job.env {
        add(&format!("{name}={value}"));
    }
    // A program's name with `=` would be taken for a variable.
    if job.argv.first().is_some_and(|program| program.contains('=')) {
        for word in ["/bin/sh", "-c", "exec \"$0\" \"$@\""] {
            add(word);
        }
    }
    argv.extend(job.argv.iter().cloned());
    Ok(argv)
}

fn mount(room: &Room, part: &str, mode: &str) -> Result<String, WorkshopError> {
    let path = room.part(part);
    match path.to_str() {
        // `Z`: the label that SELinux wants, where there is SELinux.
        Some(text) if !text.contains(':') => {
            Ok(format!("--volume={text}:{INSIDE}/{part}:{mode},Z"))
        }
        _ => Err(WorkshopError::NoExecutor {
            message: format!("a container can't be given `{}`", path.display()),
            help: "work in a folder whose path is UTF-8 without a `:`".to_owned(),
        }),
    }
}

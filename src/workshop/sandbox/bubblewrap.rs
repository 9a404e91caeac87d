//! The stronger tier: name spaces of its own, made by bubblewrap.

use std::{
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{
    super::{
        error::WorkshopError,
        room::{Places, Room},
        run::{Job, Machine},
        warden::{self, Confined},
    },
    system,
};

/// Where the room is, as the step sees it: always the same.
pub(super) const INSIDE: &str = "/depstate";

/// Who the step is, as it sees itself.
const USER: &str = "1000";

/// Looks for bubblewrap on the path, and refuses one that others may change.
pub(super) fn find(machine: &Machine) -> Result<PathBuf, String> {
    let path = machine.environment.get("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    let found = folders
        .find_map(|folder| {
            let file = fs_err::canonicalize(folder.join("bwrap")).ok()?;
            let meta = fs_err::metadata(&file).ok()?;
            (meta.is_file() && meta.permissions().mode() & 0o111 != 0).then_some(file)
        })
        .ok_or("there is no `bwrap` on the PATH")?;
    let me = rustix::process::geteuid().as_raw();
    for place in found.ancestors().take(2) {
        let Ok(meta) = fs_err::metadata(place) else { continue };
        if ![0, me].contains(&meta.uid()) || meta.permissions().mode() & 0o022 != 0 {
            return Err(format!("`{}` may be changed by other users", place.display()));
        }
    }
    Ok(found)
}

/// Tells whether bubblewrap can do here what a step needs.
pub(super) fn probe(program: &Path) -> Result<(), String> {
    let mut args = vec!["--unshare-all".to_owned()];
    args.extend(outside(false));
    args.extend(["--", "true"].map(str::to_owned));
    let mut command = warden::command(program.as_os_str());
    let out = command
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .args(args)
        .output()
        .map_err(|error| format!("`{}`: {error}", program.display()))?;
    if out.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&out.stderr);
    Err(said.lines().next().unwrap_or("it ended without a word").to_owned())
}

/// Returns where a room's parts are for a step.
pub(super) fn places() -> Places {
    Places { root: INSIDE.into() }
}

/// Makes what is needed beside the room's parts, and the command line up to the step's own.
pub(super) fn confine(
    program: &Path,
    job: &Job<'_>,
    machine: &Machine,
) -> Result<Confined, WorkshopError> {
    let mut args = vec!["--unshare-all".to_owned()];
    if job.network {
        args.push("--share-net".to_owned());
    }
    args.extend(outside(job.network));
    let etc = job.room.root().join("etc");
    for (name, text) in [
        ("passwd", "root:x:0:0:root:/:/bin/false\nbuild:x:1000:1000:build:/depstate/tmp:/bin/sh\n"),
        ("group", "root:x:0:\nbuild:x:1000:\n"),
        ("hosts", "127.0.0.1 localhost depstate\n::1 localhost depstate\n"),
    ] {
        let file = etc.join(name);
        fs_err::create_dir_all(&etc).and_then(|()| fs_err::write(&file, text)).map_err(
            |source| WorkshopError::File { doing: "writing", path: file.clone(), source },
        )?;
        bind(&mut args, "--ro-bind", &file, &Path::new("/etc").join(name))?;
    }
    // This program, at its own path, for what must be done from inside.
    bind(&mut args, "--ro-bind", &machine.program, &machine.program)?;
    let inside = Path::new(INSIDE);
    for part in Room::READABLE {
        bind(&mut args, "--ro-bind", &job.room.part(part), &inside.join(part))?;
    }
    for part in Room::WRITABLE {
        bind(&mut args, "--bind", &job.room.part(part), &inside.join(part))?;
    }
    // What is written there is counted like all else: none of it is memory.
    let shared = job.room.part("tmp");
    bind(&mut args, "--bind", &shared, Path::new("/tmp"))?;
    bind(&mut args, "--bind", &shared, Path::new("/dev/shm"))?;
    // What bubblewrap itself made to hang all this into; and the kernel's settings, which root's
    // processes may write even without any capability.
    for place in ["/proc", "/dev", "/"] {
        args.extend(["--remount-ro", place].map(str::to_owned));
    }
    args.push("--clearenv".to_owned());
    for (name, value) in &job.env {
        args.extend(["--setenv", name, value].map(str::to_owned));
    }
    let work = inside.join("work");
    args.extend(["--chdir".to_owned(), text(&work)?]);
    Ok(Confined::Bubblewrap { program: program.to_owned(), args, network: job.network })
}

/// What is the same for each step: the system's folders, and nobody else's.
fn outside(network: bool) -> Vec<String> {
    let mut args: Vec<String> = [
        "--die-with-parent",
        "--new-session",
        "--unshare-user",
        "--uid",
        USER,
        "--gid",
        USER,
        "--cap-drop",
        "ALL",
        "--hostname",
        "depstate",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    ]
    .map(str::to_owned)
    .to_vec();
    for folder in system::FOLDERS {
        let path = Path::new(folder);
        match fs_err::read_link(path) {
            Ok(to) => {
                args.extend([
                    "--symlink".to_owned(),
                    to.display().to_string(),
                    (*folder).to_owned(),
                ]);
            }
            Err(_) if path.is_dir() => {
                args.extend(["--ro-bind", folder, folder].map(str::to_owned));
            }
            Err(_) => {}
        }
    }
    for path in system::settings(network) {
        let path = path.display().to_string();
        args.extend(["--ro-bind".to_owned(), path.clone(), path]);
    }
    args
}

fn bind(args: &mut Vec<String>, how: &str, from: &Path, to: &Path) -> Result<(), WorkshopError> {
    args.extend([how.to_owned(), text(from)?, text(to)?]);
    Ok(())
}

fn text(path: &Path) -> Result<String, WorkshopError> {
    path.to_str().map(str::to_owned).ok_or_else(|| WorkshopError::NoExecutor {
        message: format!("the path `{}` is no UTF-8", path.display()),
        help: "work in a folder whose path is".to_owned(),
    })
}

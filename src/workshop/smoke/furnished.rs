//! Laying out what a test looks at.

use std::{
    collections::BTreeSet,
    io::{self, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::TestJob;
use crate::{
    disk,
    model::{Sha256, Tree, TreeFile},
    workshop::{
        archive::ArchiveLimits,
        blocking,
        error::WorkshopError,
        furnish::Furniture,
        room::Room,
        run::Machine,
        unpack::{Unpacked, unpack},
    },
};

/// What lies in the room.
#[derive(Debug)]
pub(super) struct Furnished {
    /// Paths in the unpacked file, folders too.
    pub(super) members: BTreeSet<String>,
    /// Folders with programs of other artifacts, relative to the room.
    pub(super) programs: Vec<PathBuf>,
}

impl Furnished {
    /// Tells whether the unpacked file has a file of that name.
    pub(super) fn has(&self, room: &Room, name: &str) -> bool {
        self.members.contains(name)
            && fs_err::metadata(room.part("source").join("artifact").join(name))
                .is_ok_and(|meta| meta.is_file())
    }
}

/// Lays out: the file as it is and unpacked, other artifacts, files beside deps.toml, and this
/// program where it must ask from within.
pub(super) async fn furnish(
    job: &TestJob<'_>,
    room: &Room,
    machine: &Machine,
) -> Result<Furnished, WorkshopError> {
    let (file, name) = job.file;
    let artifact = room.part("source").join("artifact");
    fs_err::create_dir(&artifact).map_err(|error| failed("making", &artifact, &error))?;
    let unpacked = unpack(file, name, &artifact, &ArchiveLimits::default(), machine).await?;
    let members = match unpacked {
        Unpacked::Single => BTreeSet::from([name.to_owned()]),
        Unpacked::Members(members) => {
            let mut paths = BTreeSet::new();
            for member in members {
                let above =
                    member.path.match_indices('/').map(|(at, _)| member.path[..at].to_owned());
                paths.extend(above);
                paths.insert(member.path);
            }
            paths
        }
    };
    let mut furniture = Furniture::default();
    furniture.file("source/file", name, file);
    furniture.needs(&job.needs);
    let (root, inputs) = (job.root.to_owned(), job.trial.inputs.clone());
    let tree = blocking(move || tree(&root, &inputs)).await?;
    furniture.tree(job.root, &job.trial.inputs, &tree)?;
    furniture.lay(room, machine).await?;
    if job.trial.http.is_some() {
        let to = room.part("source").join("program");
        let from = machine.program.clone();
        blocking(move || lay_program(&from, &to)).await?;
    }
    let programs = job.needs.keys().flat_map(|id| programs(room, id)).collect();
    Ok(Furnished { members, programs })
}

/// Tells a file that the system can start from one that only a shell would.
pub(super) fn starts_itself(path: &Path) -> Result<bool, WorkshopError> {
    let read = || -> io::Result<bool> {
        if fs_err::metadata(path)?.permissions().mode() & 0o111 == 0 {
            return Ok(false);
        }
        let mut front = Vec::new();
        fs_err::File::open(path)?.take(4).read_to_end(&mut front)?;
        Ok(front.starts_with(b"#!") || front == b"\x7fELF")
    };
    read().map_err(|error| failed("reading", path, &error))
}

/// The files beside deps.toml that the script may read, as they are now.
fn tree(root: &Path, inputs: &BTreeSet<String>) -> Result<Tree, WorkshopError> {
    let mut tree = Tree::new();
    for input in inputs {
        let path = root.join(input);
        let read = || -> io::Result<TreeFile> {
            let executable = fs_err::metadata(&path)?.permissions().mode() & 0o100 != 0;
            Ok(TreeFile { sha256: Sha256::of(&fs_err::read(&path)?), executable })
        };
        let file = read().map_err(|error| failed("reading", &path, &error))?;
        tree.insert(input.clone(), file);
    }
    Ok(tree)
}

/// This program, where the step sees it.
fn lay_program(from: &Path, folder: &Path) -> Result<(), WorkshopError> {
    let to = folder.join("depstate");
    let lay = || -> io::Result<()> {
        fs_err::create_dir(folder)?;
        // The same bytes under another name cost nothing, where that is possible.
        if fs_err::hard_link(from, &to).is_err() {
            fs_err::copy(from, &to)?;
        }
        Ok(())
    };
    lay().map_err(|error| failed("writing", &to, &error))
}

/// Folders with programs of another artifact: its `bin`, that of the one folder that it has, or, if
/// it is a program itself, where it lies.
fn programs(room: &Room, id: &str) -> Vec<PathBuf> {
    let within = Path::new("needs").join(id);
    let here = room.root().join(&within);
    if here.join("bin").is_dir() {
        return vec![within.join("bin")];
    }
    let entries: Vec<_> = fs_err::read_dir(&here).into_iter().flatten().flatten().collect();
    if let [only] = entries.as_slice()
        && only.path().join("bin").is_dir()
    {
        return vec![within.join(only.file_name()).join("bin")];
    }
    vec![within]
}

fn failed(doing: &'static str, path: &Path, error: &io::Error) -> WorkshopError {
    WorkshopError::File { doing, path: path.to_owned(), source: disk::bare(error) }
}

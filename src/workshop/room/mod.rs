//! The folder that one step runs in.

mod remove;
#[cfg(test)]
mod tests;

use std::{
    fs::TryLockError,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::error::WorkshopError;
use crate::model::Sha256;

/// So many rooms of one name may be in use at once.
const AT_ONCE: u32 = 64;

/// A folder for one step, removed with the value. Its inside is always the same:
/// `work/` (empty, writable, where the step begins), `output/` (writable), `tmp/` (writable, its
/// `HOME` and `TMPDIR`), `source/`, `extra/`, `needs/`, `tree/` (to be read only: the upstream file,
/// sub-dependencies, unpacked other artifacts, the script and its inputs at their own paths).
#[derive(Debug)]
pub struct Room {
    root: PathBuf,
    lock_path: PathBuf,
    /// Held as long as the room is in use.
    _lock: fs_err::File,
}

/// Where the parts of a room are, as the step sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The room itself.
    pub root: PathBuf,
}

impl Room {
    /// Parts that a step may write.
    pub const WRITABLE: &[&str] = &["work", "output", "tmp"];
    /// Parts that a step may only read.
    pub const READABLE: &[&str] = &["source", "extra", "needs", "tree"];

    /// Makes a room below a folder, at a path that follows from `name`, so that a step that writes
    /// its own path into its output does so the same way each time; another path where that one is
    /// taken by a living process. What a killed process left in it is removed first.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn new(below: &Path, name: &Sha256) -> Result<Self, WorkshopError> {
        let failed = |doing, path: &Path| {
            let path = path.to_owned();
            move |source| WorkshopError::File { doing, path, source }
        };
        fs_err::create_dir_all(below).map_err(failed("making", below))?;
        let below = fs_err::canonicalize(below).map_err(failed("making", below))?;
        let text = name.to_string();
        let short: String =
            text.chars().rev().take(16).collect::<Vec<_>>().into_iter().rev().collect();
        for n in 1..=AT_ONCE {
            let name = if n == 1 { format!("room-{short}") } else { format!("room-{short}-{n}") };
            let root = below.join(&name);
            let lock_path = below.join(format!("{name}.lock"));
            let Some(lock) = take(&lock_path).map_err(failed("locking", &lock_path))? else {
                continue;
            };
            // From here on whatever goes wrong gives the lock back and leaves no room.
            let room = Self { root, lock_path, _lock: lock };
            remove::remove(&room.root).map_err(failed("removing", &room.root))?;
            make(&room.root).map_err(failed("making", &room.root))?;
            for part in Self::WRITABLE.iter().chain(Self::READABLE) {
                let part = room.part(part);
                make(&part).map_err(failed("making", &part))?;
            }
            return Ok(room);
        }
        let source = std::io::Error::other(format!("{AT_ONCE} of them are in use"));
        Err(failed("making", &below.join(format!("room-{short}")))(source))
    }

    /// Returns its root on this machine.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns one of its parts on this machine.
    pub fn part(&self, part: &str) -> PathBuf {
        self.root.join(part)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // What can't be removed now is tried again by the next room of the name.
        let _left = remove::remove(&self.root);
        let _left = fs_err::remove_file(&self.lock_path);
    }
}

impl Places {
    /// Returns one of the parts, as the step sees it.
    pub fn part(&self, part: &str) -> PathBuf {
        self.root.join(part)
    }
}

/// Takes the lock of a room; none: a living process has it.
fn take(path: &Path) -> std::io::Result<Option<fs_err::File>> {
    loop {
        let file = fs_err::File::options().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Whoever had it before has removed it by now: that file is locked by us and by no name.
        let (ours, named) = (file.metadata()?, fs_err::symlink_metadata(path));
        if named.is_ok_and(|named| (named.dev(), named.ino()) == (ours.dev(), ours.ino())) {
            return Ok(Some(file));
        }
    }
}

fn make(path: &Path) -> std::io::Result<()> {
    fs_err::create_dir(path)?;
    // Whatever the umask is.
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

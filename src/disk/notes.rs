//! Small files of `.depstate/` in which processes of one checkout add up what they learnt.
//!
//! They make things safer or quicker and hold nothing that can't be learnt again: what can't be
//! read is as good as empty, and what can't be written is left.

use std::path::{Path, PathBuf};

use serde::{Serialize, de::DeserializeOwned};

use super::{Workspace, write_atomic};

/// The format of these files. One with a greater number is left alone.
const FORMAT: u32 = 1;

/// Larger than this is none of ours.
const LIMIT: u64 = 16 << 20;

/// So often the lock is asked for.
const TRIES: u32 = 50;
/// And so long between.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(10);

#[derive(serde::Serialize, serde::Deserialize)]
struct File<T> {
    format: u32,
    entries: Vec<T>,
}

/// One such file.
pub(super) struct Notes<'a> {
    workspace: &'a Workspace,
    path: PathBuf,
}

impl<'a> Notes<'a> {
    pub(super) fn new(workspace: &'a Workspace, name: &str) -> Self {
        Self { workspace, path: workspace.folder().join(name) }
    }

    /// Returns what stands in it.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Vec<T> {
        read(&self.path).unwrap_or_default()
    }

    /// Changes what stands in it, one process after the other. `change` tells whether anything is
    /// to be written. Returns whether what is to stand there stands there.
    pub(super) fn change<T: Serialize + DeserializeOwned>(
        &self,
        change: impl FnOnce(&mut Vec<T>) -> bool,
    ) -> bool {
        if !self.workspace.prepare() {
            return false;
        }
        // The file itself is replaced, so the lock is beside it. It is held for two small files'
        // time; the system gives it back for a process that ends.
        let lock = self.path.with_extension("lock");
        let Ok(lock) = fs_err::File::options().create(true).truncate(false).write(true).open(lock)
        else {
            return false;
        };
        // A process that was stopped while it holds the lock must not stop all others: these are
        // notes.
        let held = (0..TRIES).any(|n| {
            if n > 0 {
                std::thread::sleep(PAUSE);
            }
            lock.try_lock().is_ok()
        });
        if !held {
            return false;
        }
        let Some(mut entries) = read(&self.path) else { return false };
        if !change(&mut entries) {
            return true;
        }
        let written = serde_json::to_vec_pretty(&File { format: FORMAT, entries });
        written.is_ok_and(|bytes| write_atomic(&self.path, &bytes).is_ok())
    }
}

/// None: a newer depstate wrote it.
fn read<T: DeserializeOwned>(path: &Path) -> Option<Vec<T>> {
    #[derive(serde::Deserialize)]
    struct Stamp {
        format: u32,
    }
    let small = fs_err::metadata(path).is_ok_and(|meta| meta.len() <= LIMIT);
    let bytes = if small { fs_err::read(path).unwrap_or_default() } else { Vec::new() };
    match serde_json::from_slice::<Stamp>(&bytes) {
        Ok(stamp) if stamp.format > FORMAT => return None,
        Ok(_) | Err(_) => {}
    }
    Some(serde_json::from_slice::<File<T>>(&bytes).map(|file| file.entries).unwrap_or_default())
}

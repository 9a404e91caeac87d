//! `.depstate/`: what a checkout keeps for itself and never commits.

use std::{
    fs::TryLockError,
    path::{Path, PathBuf},
};

use super::{Cache, DiskError, leftover::sweep, write_atomic};
use crate::failpoint;

/// The folder `.depstate/` beside deps.toml.
#[derive(Debug, Clone)]
pub struct Workspace {
    folder: PathBuf,
}

impl Workspace {
    /// Names the workspace of the folder that deps.toml is in. Touches nothing.
    pub fn new(root: &Path) -> Self {
        Self { folder: root.join(".depstate") }
    }

    /// Returns the folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the caches of this workspace. Touches nothing.
    pub fn cache(&self) -> Cache {
        Cache::new(self.folder.join("cache"))
    }

    /// Makes the folder and keeps git away from it, if that can be done: a read-only checkout is
    /// as good, only slower. Returns whether the folder can be used.
    pub fn prepare(&self) -> bool {
        self.try_prepare().is_ok()
    }

    /// Tells whether files can be made in the folder; makes it, if that can be done.
    pub fn is_writable(&self) -> bool {
        self.prepare() && super::leftover::new_file(&self.folder).is_ok()
    }

    fn try_prepare(&self) -> std::io::Result<()> {
        fs_err::create_dir_all(&self.folder)?;
        let ignore = self.folder.join(".gitignore");
        // An empty one is what a crash leaves, or somebody's way to say nothing.
        if fs_err::metadata(&ignore).map_or(true, |meta| meta.len() == 0) {
            write_atomic(&ignore, b"*\n").map_err(std::io::Error::other)?;
        }
        Ok(())
    }

    /// Takes the lock that only one changing command of a checkout holds. It is given back when the
    /// value is dropped or the process ends, however it ends.
    ///
    /// # Errors
    /// [`DiskError::Locked`] when another process holds it; [`DiskError::Write`] when the lock file
    /// can't be made.
    pub fn run_lock(&self) -> Result<RunLock, DiskError> {
        let path = self.folder.join("run.lock");
        let failed = |source| DiskError::Write { path: path.clone(), source };
        self.try_prepare().map_err(failed)?;
        failpoint::hit("run-lock/before");
        let file = fs_err::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                failpoint::hit("run-lock/held");
                // deps.lock lies beside the folder.
                for folder in [self.folder.as_path(), self.folder.parent().unwrap_or(&self.folder)]
                {
                    sweep(folder);
                }
                self.cache().sweep();
                Ok(RunLock { file })
            }
            Err(TryLockError::WouldBlock) => Err(DiskError::Locked { path }),
            Err(TryLockError::Error(source)) => Err(DiskError::Write { path, source }),
        }
    }
}

/// The lock of a checkout, held as long as this value lives.
#[must_use]
#[derive(Debug)]
pub struct RunLock {
    file: fs_err::File,
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // Closing the file gives the lock back as well; nothing is lost if this fails.
        let _given_back = self.file.unlock();
    }
}

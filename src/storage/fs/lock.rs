//! The lock under which conditions are compared.

use fs_err::File;

use super::{Folder, files::failed};
use crate::storage::StorageError;

/// Held while a condition must stay true. Dropping it, or dying, lets go.
pub(super) struct Held {
    _file: File,
}

impl Folder {
    /// Waits for the exclusive lock of the folder, between processes and within this one.
    ///
    /// # Errors
    /// When the lock file can't be made or the file system has no locks.
    pub(super) fn lock(&self) -> Result<Held, StorageError> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.root.join(".lock"))
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(Held { _file: file })
    }
}

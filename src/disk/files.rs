//! What replacing a file is made of: one call of the system each, so that a test can record them,
//! or let one fail.

use std::{
    fs::Permissions,
    io::{self, Write as _},
    path::Path,
};

use tempfile::NamedTempFile;

use super::leftover::new_file;

/// The steps of replacing a file, in their order.
pub trait Files {
    /// A file that has no name of its own yet. Dropping it removes it.
    type Temporary;

    /// Makes one in a folder.
    ///
    /// # Errors
    /// When the system refuses.
    fn create(&self, folder: &Path) -> io::Result<Self::Temporary>;

    /// Writes all bytes.
    ///
    /// # Errors
    /// When the system refuses; some of them may be written.
    fn write(&self, file: &mut Self::Temporary, bytes: &[u8]) -> io::Result<()>;

    /// Sets its mode.
    ///
    /// # Errors
    /// When the system refuses.
    fn set_mode(&self, file: &Self::Temporary, mode: Permissions) -> io::Result<()>;

    /// Forces its bytes to the disk.
    ///
    /// # Errors
    /// When the system refuses; what is on the disk is not known then.
    fn sync(&self, file: &Self::Temporary) -> io::Result<()>;

    /// Gives it its name; what has the name now is gone.
    ///
    /// # Errors
    /// When the system refuses; the file is removed.
    fn rename(&self, file: Self::Temporary, to: &Path) -> io::Result<()>;

    /// Forces the names in a folder to the disk: a crash may forget the rename otherwise, although
    /// the file's own bytes are there.
    ///
    /// # Errors
    /// When the system refuses.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// The real ones.
#[derive(Debug, Clone, Copy)]
pub struct System;

impl Files for System {
    type Temporary = NamedTempFile;

    fn create(&self, folder: &Path) -> io::Result<NamedTempFile> {
        new_file(folder)
    }

    fn write(&self, file: &mut NamedTempFile, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn set_mode(&self, file: &NamedTempFile, mode: Permissions) -> io::Result<()> {
        file.as_file().set_permissions(mode)
    }

    fn sync(&self, file: &NamedTempFile) -> io::Result<()> {
        file.as_file().sync_all()
    }

    fn rename(&self, file: NamedTempFile, to: &Path) -> io::Result<()> {
        file.persist(to).map(drop).map_err(|e| e.error)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Elsewhere a folder can't be opened as a file, and its names are safe without this.
        if cfg!(unix) { fs_err::File::open(folder)?.sync_all() } else { Ok(()) }
    }
}

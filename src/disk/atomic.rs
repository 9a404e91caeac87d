//! Replacing a file so that a reader sees the old bytes or the new ones, never a mixture.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    DiskError,
    error::bare,
    files::{Files, System},
    leftover::sweep,
};
use crate::failpoint;

/// Writes a file: beside it, flushed to the disk, then renamed over it.
///
/// An existing file keeps its mode, and a symbolic link stays one (the file it names is replaced).
/// What a writer that was killed has left in the folder is removed.
///
/// # Errors
/// When the folder or the file can't be written. The file is then as it was; only where the last
/// step failed, forcing the new name to the disk, it has its new bytes, and a loss of power may
/// bring the old ones back.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    write_with(&System, path, bytes)
}

/// The same, with these hands.
///
/// # Errors
/// As [`write_atomic`].
pub fn write_with<F: Files>(files: &F, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    replace(files, path, bytes).map_err(|error| {
        // The temporary file beside it means nothing to anyone.
        DiskError::Write { path: path.to_owned(), source: bare(&error) }
    })
}

fn replace<F: Files>(files: &F, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let existing = fs_err::symlink_metadata(path).ok();
    let path = match &existing {
        Some(meta) if meta.is_symlink() => fs_err::canonicalize(path)?,
        _ => path.to_owned(),
    };
    let folder = folder_of(&path);
    sweep(&folder);
    let mut file = files.create(&folder)?;
    failpoint::hit("file/made");
    files.write(&mut file, bytes)?;
    failpoint::hit("file/written");
    if existing.is_some() {
        files.set_mode(&file, fs_err::metadata(&path)?.permissions())?;
    }
    // Asked once: after a failure the system may forget what it could not write, and say that all
    // is well when it is asked again.
    files.sync(&file)?;
    failpoint::hit("file/settled");
    files.rename(file, &path)?;
    failpoint::hit("file/renamed");
    files.sync_folder(&folder)?;
    failpoint::hit("file/kept");
    Ok(())
}

/// Returns the folder of a file; `.` for a bare name.
fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

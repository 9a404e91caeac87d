//! Replacing a file so that a reader sees the old bytes or the new ones, never a mixture.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{DiskError, error::bare};

/// Writes a file: beside it, flushed to the disk, then renamed over it.
///
/// An existing file keeps its mode, and a symbolic link stays one (the file it names is replaced).
///
/// # Errors
/// When the folder or the file can't be written; the old file is then as it was.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    replace(path, bytes).map_err(|error| {
        // The temporary file beside it means nothing to anyone.
        DiskError::Write { path: path.to_owned(), source: bare(&error) }
    })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let existing = fs_err::symlink_metadata(path).ok();
    let path = match &existing {
        Some(meta) if meta.is_symlink() => fs_err::canonicalize(path)?,
        _ => path.to_owned(),
    };
    let folder = folder_of(&path);
    let mut file = new_file(&folder)?;
    file.write_all(bytes)?;
    if existing.is_some() {
        file.as_file().set_permissions(fs_err::metadata(&path)?.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|e| e.error)?;
    sync_folder(&folder)
}

/// Returns the folder of a file; `.` for a bare name.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Makes a temporary file in a folder with the mode that a new file of the user gets.
pub(super) fn new_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".depstate-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // tempfile's own 0600 is for secrets; the umask still takes its share of this.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Without this a crash may forget the rename although the file's own bytes are on the disk.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs_err::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature on every system")]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

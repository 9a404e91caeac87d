//! Writing files of the folder.

use std::{
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::{
    Folder,
    files::{failed, is_absent},
    revision,
};
use crate::{
    disk, failpoint,
    model::{ObjectKey, ObjectMeta, Sha256},
    storage::{Precondition, PutError, StorageError},
};

/// Where files are that have no name yet.
pub(super) const TEMPORARY: &str = ".tmp";

/// A name of the file system has at most 255 bytes; some of them are the random beginning.
const LONGEST_NAME: usize = 200;

impl Folder {
    /// Writes an object under a precondition.
    ///
    /// # Errors
    /// See [`PutError`].
    pub(super) fn put(
        &self,
        key: &ObjectKey,
        bytes: &[u8],
        precondition: &Precondition,
    ) -> Result<ObjectMeta, PutError> {
        let mut file = self.temporary(key)?;
        let path = self.path(key)?;
        failpoint::hit("fs/temporary-made");
        file.write_all(bytes).map_err(|e| failed(named(e, &path)))?;
        failpoint::hit("fs/written");
        self.publish(key, file, precondition)
    }

    /// Makes a temporary file for a key. Dropping it removes it.
    ///
    /// # Errors
    /// When it can't be made.
    pub(super) fn temporary(&self, key: &ObjectKey) -> Result<NamedTempFile, StorageError> {
        let path = self.path(key)?;
        let folder = self.root.join(TEMPORARY);
        self.check_root()?;
        fs_err::create_dir_all(&folder).map_err(failed)?;
        // The key is in the name, so that the collector can tell whose leftover it is.
        let mut suffix = format!(".{}", ObjectKey::segment(key.as_str()));
        suffix.truncate(LONGEST_NAME);
        let mut builder = tempfile::Builder::new();
        builder.prefix("").suffix(&suffix).rand_bytes(12);
        #[cfg(unix)]
        {
            // What is published is for everyone to read, as far as the umask lets them.
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(&folder).map_err(|e| failed(named(e, &path)))
    }

    /// Gives a temporary file its name, if the precondition holds.
    ///
    /// # Errors
    /// See [`PutError`].
    pub(super) fn publish(
        &self,
        key: &ObjectKey,
        file: NamedTempFile,
        precondition: &Precondition,
    ) -> Result<ObjectMeta, PutError> {
        let path = self.path(key)?;
        let meta = settle(key, &file).map_err(|e| failed(named(e, &path)))?;
        failpoint::hit("fs/settled");
        let mut changed = Vec::new();
        {
            // From the comparison to the new name nobody else may write.
            let _held = self.lock()?;
            failpoint::hit("fs/locked");
            self.make_parents(&path, &mut changed)?;
            match precondition {
                Precondition::Absent => {
                    failpoint::hit("fs/before-link");
                    file.persist_noclobber(&path).map_err(|e| self.not_created(key, e.error))?;
                    failpoint::hit("fs/linked");
                }
                Precondition::Matches(wanted) => {
                    match self.head(key)? {
                        None => return Err(PutError::Missing(self.name(key))),
                        Some(there) if there.revision != *wanted => {
                            return Err(PutError::Precondition(self.name(key)));
                        }
                        Some(_) => {}
                    }
                    failpoint::hit("fs/before-rename");
                    file.persist(&path).map_err(|e| failed(named(e.error, &path)))?;
                    failpoint::hit("fs/renamed");
                }
            }
        }
        failpoint::hit("fs/unlocked");
        // The name is there; whether it survives a loss of power is what remains.
        for folder in changed {
            sync_folder(&folder).map_err(|e| PutError::Unknown(e.to_string()))?;
        }
        failpoint::hit("fs/folders-settled");
        Ok(meta)
    }

    /// Deletes an object, and folders that are empty now.
    ///
    /// # Errors
    /// When the file can't be removed.
    pub(super) fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        let path = self.path(key)?;
        if !path.is_file() {
            return Ok(());
        }
        let _held = self.lock()?;
        match fs_err::remove_file(&path) {
            Err(e) if !is_absent(&e) => return Err(failed(e)),
            _ => {}
        }
        // Under the lock nobody is about to put a file into them.
        for folder in path.ancestors().skip(1).take_while(|folder| *folder != self.root) {
            if fs_err::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Removes a temporary file.
    ///
    /// # Errors
    /// When it can't be removed, or the id is none that a listing gave.
    pub(super) fn discard(&self, id: &str) -> Result<(), StorageError> {
        if id.is_empty() || id.starts_with('.') || id.contains(['/', '\\']) {
            let message = format!("`{id}` is no upload of `{}`", self.shown);
            return Err(StorageError::Failed { message, help: None });
        }
        match fs_err::remove_file(self.root.join(TEMPORARY).join(id)) {
            Err(e) if !is_absent(&e) => Err(failed(e)),
            _ => Ok(()),
        }
    }

    /// Names a key for a message.
    pub(super) fn name(&self, key: &ObjectKey) -> String {
        format!("`{key}` in `{}`", self.shown)
    }

    fn not_created(&self, key: &ObjectKey, error: io::Error) -> PutError {
        if error.kind() == io::ErrorKind::AlreadyExists {
            if self.root.join(key.as_str()).is_dir() {
                return self.in_the_way(key).into();
            }
            return PutError::Precondition(self.name(key));
        }
        failed(named(error, &self.root.join(key.as_str()))).into()
    }

    /// Makes the folders above a path, and notes each whose content changes: from the one that got
    /// the first new folder down to the one that gets the file.
    fn make_parents(&self, path: &Path, changed: &mut Vec<PathBuf>) -> Result<(), StorageError> {
        let Some(parent) = path.parent() else { return Ok(()) };
        let missing: Vec<&Path> = parent
            .ancestors()
            .take_while(|folder| folder.starts_with(&self.root) && !folder.is_dir())
            .collect();
        fs_err::create_dir_all(parent).map_err(failed)?;
        changed.extend(missing.iter().rev().filter_map(|folder| folder.parent()).map(Into::into));
        changed.push(parent.to_path_buf());
        Ok(())
    }
}

/// Forces a file's bytes to the disk, and says what they are. The name that it gets afterwards
/// changes neither its inode nor its time of change.
fn settle(key: &ObjectKey, file: &NamedTempFile) -> io::Result<ObjectMeta> {
    let mut file = file.as_file();
    file.sync_all()?;
    revision::describe(key, &file.metadata()?, || {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut bytes)?;
        Ok(Sha256::of(&bytes))
    })
}

/// Forces the names in a folder to the disk.
fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere a folder can't be opened as a file, and its names are safe without this.
    if cfg!(unix) { fs_err::File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Says which file was to be written; temporary ones are nobody's business.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn named(error: io::Error, path: &Path) -> io::Error {
    let bare = disk::bare(&error);
    io::Error::new(bare.kind(), format!("could not write `{}`: {bare}", path.display()))
}

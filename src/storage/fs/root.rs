//! The folder itself: what is there instead of it must not look like an empty store.

use std::io;

use super::{Folder, files::failed};
use crate::storage::StorageError;

impl Folder {
    /// Checks the folder, after something below it was not found. One that is missing is an empty
    /// store; a file or a link to nowhere in its place is none.
    ///
    /// # Errors
    /// When something else is there, or it can't be looked at.
    pub(super) fn check_root(&self) -> Result<(), StorageError> {
        let not_a_folder = match fs_err::metadata(&self.root) {
            Ok(metadata) if metadata.is_dir() => return Ok(()),
            Ok(_) => "is a file, not a folder",
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                // A folder that another write made a moment ago is no link.
                match fs_err::symlink_metadata(&self.root) {
                    Ok(there) if there.is_symlink() => "is a link to a folder that is not there",
                    Ok(_) | Err(_) => return Ok(()),
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotADirectory => {
                "can't be a folder: a part of the path is a file"
            }
            Err(e) => return Err(failed(e)),
        };
        Err(StorageError::Failed {
            message: format!("the store `{}` {not_a_folder}", self.shown),
            help: Some(
                "let `path` of `[storage]` name a folder, or move away what is there".into(),
            ),
        })
    }
}

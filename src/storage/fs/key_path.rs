//! Keys as paths.

use std::path::PathBuf;

use super::Folder;
use crate::{model::ObjectKey, storage::StorageError};

impl Folder {
    /// Returns the path of a key.
    ///
    /// # Errors
    /// When a segment is empty, begins with a dot (so `..` can't climb and no key is hidden), or
    /// holds a letter that some system takes for a separator.
    pub(super) fn path(&self, key: &ObjectKey) -> Result<PathBuf, StorageError> {
        let mut path = self.root.clone();
        for segment in key.as_str().split('/') {
            let bad = segment.is_empty()
                || segment.starts_with('.')
                || segment.contains(['\\', ':', '\0']);
            if bad {
                return Err(StorageError::Failed {
                    message: format!("`{key}` can't be a path below `{}`", self.shown),
                    help: None,
                });
            }
            path.push(segment);
        }
        Ok(path)
    }
}

//! The files beside deps.toml that builds and tests name: their digests and modes.

use std::{collections::BTreeSet, path::Path};

use super::DiskError;
use crate::model::Tree;

/// Reads the files below a folder that fit any of the patterns: paths and globs, relative to the
/// folder. What is not there is absent; links are not followed out of the folder.
///
/// # Errors
/// When a file that fits can't be read.
pub fn read(root: &Path, patterns: &BTreeSet<String>) -> Result<Tree, DiskError> {
    let _todo = (root, patterns);
    Ok(Tree::new())
}

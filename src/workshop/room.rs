//! The folder that one step runs in.

use std::path::{Path, PathBuf};

use super::error::WorkshopError;
use crate::model::Sha256;

/// A folder for one step, removed with the value. Its inside is always the same:
/// `work/` (empty, writable, where the step begins), `output/` (writable), `tmp/` (writable, its
/// `HOME` and `TMPDIR`), `source/`, `extra/`, `needs/`, `tree/` (to be read only: the upstream file,
/// sub-dependencies, unpacked other artifacts, the script and its inputs at their own paths).
#[derive(Debug)]
pub struct Room {
    root: PathBuf,
}

/// Where the parts of a room are, as the step sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The room itself.
    pub root: PathBuf,
}

impl Room {
    /// Parts that a step may write.
    pub const WRITABLE: &[&str] = &["work", "output", "tmp"];
    /// Parts that a step may only read.
    pub const READABLE: &[&str] = &["source", "extra", "needs", "tree"];

    /// Makes a room below a folder, at a path that follows from `name`, so that a step that writes
    /// its own path into its output does so the same way each time; another path where that one is
    /// taken by a living process.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn new(below: &Path, name: &Sha256) -> Result<Self, WorkshopError> {
        let _todo = name;
        Ok(Self { root: below.to_owned() })
    }

    /// Returns its root on this machine.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns one of its parts on this machine.
    pub fn part(&self, part: &str) -> PathBuf {
        self.root.join(part)
    }
}

impl Places {
    /// Returns one of the parts, as the step sees it.
    pub fn part(&self, part: &str) -> PathBuf {
        self.root.join(part)
    }
}

//! What can go wrong with local files.

use std::{io, path::PathBuf};

use crate::model::Code;

/// A local file could not be read, written or locked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiskError {
    /// A file could not be written. What was there before is still there.
    #[error("could not write `{}`", path.display())]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Another process holds the lock of the checkout.
    #[error("another depstate works in this checkout: `{}` is locked", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
}

impl DiskError {
    /// Returns the code for `depstate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::Write { .. } => Code::FILE_FAILED,
            Self::Locked { .. } => Code::APPLY_RUNNING,
        }
    }
}

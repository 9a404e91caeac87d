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
    /// A file could not be read.
    #[error("could not read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file can't be an input of a build.
    #[error("`{}` {why}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A git repository could not be read.
    #[error("could not find out what git tracks in `{}`", path.display())]
    Repository {
        /// Its folder.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
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
            Self::Write { .. } | Self::Read { .. } | Self::Repository { .. } => Code::FILE_FAILED,
            Self::Input { .. } => Code::NO_INPUT,
            Self::Locked { .. } => Code::APPLY_RUNNING,
        }
    }
}

/// Returns what the system itself says, without the paths that wrappers put around it: the caller
/// names the file that a person knows.
pub fn bare(error: &io::Error) -> io::Error {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            if let Some(code) = error.raw_os_error() {
                return io::Error::from_raw_os_error(code);
            }
            // The source of an `io::Error` is that of the error within it, which is left out so.
            next = error.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static));
        } else {
            next = error.source();
        }
    }
    // That of a temporary file hides the system's error and puts its own name behind the words.
    let text = error.to_string();
    io::Error::new(error.kind(), text.split(" at path ").next().unwrap_or_default())
}

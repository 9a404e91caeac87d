//! What can go wrong while something is built, tried or unpacked.

use std::path::PathBuf;

use crate::model::{Code, Sha256};

/// A step did not give what it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkshopError {
    /// The executor can't do what deps.toml asks for on this machine. Nothing was run.
    #[error("{message}")]
    NoExecutor {
        /// What is missing.
        message: String,
        /// How to get it.
        help: String,
    },
    /// The script, or the command, ended with an error.
    #[error("{what} ended with {how}")]
    Ended {
        /// The script or command.
        what: String,
        /// Its exit code or signal, in words.
        how: String,
        /// The last lines that it said, without control characters.
        tail: Vec<String>,
    },
    /// A limit was passed; everything was killed.
    #[error("{what} {limit}")]
    Limit {
        /// The script or command.
        what: String,
        /// Which, and its value: "ran for more than 2 h".
        limit: String,
        /// The last lines that it said.
        tail: Vec<String>,
    },
    /// An interrupt ended it.
    #[error("interrupted")]
    Interrupted,
    /// What it left is no output: empty, a link out of it, a device, …
    #[error("the output of {what} can't be taken: {why}")]
    Output {
        /// The script or step.
        what: String,
        /// Why, with the member's name.
        why: String,
    },
    /// An archive was refused: nothing of it was kept.
    #[error("the archive `{name}` is refused: {why}")]
    Archive {
        /// The file's name.
        name: String,
        /// Why, with the member's name.
        why: String,
    },
    /// A check of the test did not hold.
    #[error("{check}")]
    Check {
        /// What was wanted and what was found.
        check: String,
        /// The last lines that it said.
        tail: Vec<String>,
    },
    /// A second build gave other bytes.
    #[error("two builds of the same inputs differ: {difference}")]
    NotReproducible {
        /// The first member that differs, and how.
        difference: String,
        /// The digests of the two outputs.
        digests: (Sha256, Sha256),
    },
    /// A local file could not be read or written.
    #[error("{doing} `{}`", path.display())]
    File {
        /// What was being done: "writing".
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl WorkshopError {
    /// Returns the code for `depstate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::NoExecutor { .. } => Code::NO_EXECUTOR,
            Self::Ended { .. } => Code::STEP_FAILED,
            Self::Limit { .. } => Code::STEP_LIMIT,
            Self::Interrupted => Code::INTERRUPTED,
            Self::Output { .. } => Code::BAD_OUTPUT,
            Self::Archive { .. } => Code::ARCHIVE_REFUSED,
            Self::Check { .. } => Code::CHECK_FAILED,
            Self::NotReproducible { .. } => Code::NOT_REPRODUCIBLE,
            Self::File { .. } => Code::FILE_FAILED,
        }
    }

    /// Returns that a folder is no output; whoever knows whose says so by [`Self::of`].
    pub(super) fn output(why: String) -> Self {
        Self::Output { what: "the step".to_owned(), why }
    }

    /// Names the step whose output can't be taken.
    pub(super) fn of(self, step: &str) -> Self {
        if let Self::Output { why, .. } = self {
            return Self::Output { what: step.to_owned(), why };
        }
        self
    }

    /// Returns the last lines that the step said.
    pub fn tail(&self) -> &[String] {
        match self {
            Self::Ended { tail, .. } | Self::Limit { tail, .. } | Self::Check { tail, .. } => tail,
            Self::NoExecutor { .. }
            | Self::Interrupted
            | Self::Output { .. }
            | Self::Archive { .. }
            | Self::NotReproducible { .. }
            | Self::File { .. } => &[],
        }
    }

    /// Returns what to do, where that is known.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::NoExecutor { help, .. } => Some(help),
            Self::Ended { .. }
            | Self::Limit { .. }
            | Self::Interrupted
            | Self::Output { .. }
            | Self::Archive { .. }
            | Self::Check { .. }
            | Self::NotReproducible { .. }
            | Self::File { .. } => None,
        }
    }
}

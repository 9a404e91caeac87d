//! What ends an operation.

pub(crate) use crate::model::chain;
use crate::{
    disk::DiskError, lock::LockError, manifest::ManifestReport, model::Code, state::StateError,
};

/// An operation could not be carried out at all. (A step that fails is an outcome, not this.)
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpsError {
    /// deps.toml has mistakes.
    #[error(transparent)]
    Manifest(Box<ManifestReport>),
    /// deps.lock can't be read.
    #[error(transparent)]
    Lock(Box<LockError>),
    /// Anything else that has a code, words and a way on.
    #[error("{message}")]
    Said {
        /// Its code.
        code: Code,
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
        /// What was below it.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl OpsError {
    /// An error without anything below it.
    pub fn said(code: Code, message: impl Into<String>, help: Option<&str>) -> Self {
        Self::Said { code, message: message.into(), help: help.map(str::to_owned), source: None }
    }

    /// Returns the code, where the error is not a report of several.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Said { code, .. } => Some(*code),
            Self::Manifest(_) | Self::Lock(_) => None,
        }
    }

    /// Returns what to do, where that is known.
    pub fn advice(&self) -> Option<&str> {
        match self {
            Self::Said { help, .. } => help.as_deref(),
            Self::Manifest(_) | Self::Lock(_) => None,
        }
    }
}

impl From<StateError> for OpsError {
    fn from(error: StateError) -> Self {
        let (code, help) = (error.code(), error.help().map(str::to_owned));
        Self::Said { code, message: chain(&error), help, source: None }
    }
}

impl From<DiskError> for OpsError {
    fn from(error: DiskError) -> Self {
        let code = error.code();
        let message = chain(&error);
        Self::Said { code, message, help: None, source: None }
    }
}

//! What can go wrong with a source.

use std::{io, path::PathBuf};

use jiff::Timestamp;

use crate::{
    model::Code,
    net::{NetError, StreamError},
    signature::SignatureError,
    storage::StorageError,
};

/// A source could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The address is not there (404, 410; a file that does not exist).
    #[error("`{url}` is not there")]
    Absent {
        /// What was asked.
        url: String,
    },
    /// The request failed in another way.
    #[error(transparent)]
    Net(Box<NetError>),
    /// What came is no version index.
    #[error("`{url}` answered no version index: {why}")]
    Answer {
        /// Where it came from, without secrets.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// An address that the driver has no way to open.
    #[error("`{url}` can't be opened: {why}")]
    Address {
        /// The address.
        url: String,
        /// Why not.
        why: &'static str,
    },
    /// The folder of a `dir` source is not there.
    #[error("there is no folder `{shown}`: make it, or check `path`")]
    NoFolder {
        /// The folder as deps.toml names it.
        shown: String,
    },
    /// A file of a `dir` source that can't be a row of its listing.
    #[error("the file `{file}` can't be listed: {why}")]
    Unlisted {
        /// Which, below the folder as deps.toml names it.
        file: String,
        /// Why not.
        why: String,
    },
    /// Neither the source nor anything that stands in for it could be read.
    #[error("no source of it could be read: {why}")]
    All {
        /// What each of them said, in their order.
        why: String,
    },
    /// A local file or folder could not be read.
    #[error("could not read `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A driver that is a program of the user's failed, or was not asked.
    #[error("{message}")]
    Driver {
        /// Which, what it was asked, what happened, what to do.
        message: String,
        /// The code for `depstate explain`.
        code: Code,
    },
    /// A body broke off, or is too large.
    #[error("could not read `{url}` to its end")]
    Body {
        /// Where it came from, without secrets.
        url: String,
        /// What happened.
        #[source]
        source: StreamError,
    },
    /// A store that is read as a source could not be.
    #[error("could not read {location}")]
    Storage {
        /// The store, without secrets.
        location: String,
        /// What it says.
        #[source]
        source: StorageError,
    },
    /// An index is not signed as it has to be.
    #[error("the signature of `{url}` does not count")]
    Signature {
        /// What is signed.
        url: String,
        /// Why the signature does not count.
        #[source]
        source: SignatureError,
    },
    /// An index says itself that it is too old to be used.
    #[error(
        "`{url}` was valid until {until}: an older state of the archive is served, or nobody tends it any more"
    )]
    Expired {
        /// The index.
        url: String,
        /// When it ran out.
        until: Timestamp,
    },
    /// A part of an index is not the one that its signed list names.
    #[error("`{url}` is not what the archive's list says: {why}")]
    Altered {
        /// The part.
        url: String,
        /// What was expected and what came.
        why: String,
    },
}

impl SourceError {
    /// Tells whether the address is not there (404, 410), so that the next one may be tried.
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Absent { .. } => true,
            Self::Net(error) => error.is_absent(),
            Self::Answer { .. }
            | Self::Address { .. }
            | Self::NoFolder { .. }
            | Self::Unlisted { .. }
            | Self::All { .. }
            | Self::File { .. }
            | Self::Driver { .. }
            | Self::Body { .. }
            | Self::Storage { .. }
            | Self::Signature { .. }
            | Self::Expired { .. }
            | Self::Altered { .. } => false,
        }
    }

    /// Returns the code for `depstate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::Net(error) => error.code(),
            Self::Driver { code, .. } => *code,
            Self::Answer { .. } | Self::Unlisted { .. } => Code::SOURCE_ANSWER,
            Self::Address { .. } => Code::UNSUPPORTED_ADDRESS,
            Self::File { .. } | Self::NoFolder { .. } => Code::FILE_FAILED,
            Self::Body { source, .. } => source.code(),
            Self::Signature { source, .. } => source.code,
            Self::Expired { .. } => Code::INDEX_EXPIRED,
            Self::Altered { .. } => Code::DIGEST_MISMATCH,
            Self::Absent { .. } | Self::All { .. } | Self::Storage { .. } => Code::SOURCE_FAILED,
        }
    }
}

impl From<NetError> for SourceError {
    fn from(error: NetError) -> Self {
        Self::Net(Box::new(error))
    }
}

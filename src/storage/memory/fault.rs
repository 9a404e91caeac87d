//! Scripted faults of the store in memory.

use crate::{
    model::Glob,
    storage::{PutError, StorageError},
};

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `head`.
    Head,
    /// `get`.
    Get,
    /// `list`.
    List,
    /// `put`.
    Put,
    /// `upload`.
    Begin,
    /// `Upload::write`.
    Part,
    /// `Upload::finish`.
    Complete,
    /// `Upload::abort`.
    Abort,
    /// `delete`.
    Delete,
    /// `unfinished`.
    Uploads,
    /// `discard`.
    Discard,
}

impl Op {
    /// Returns its word in the log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Head => "HEAD",
            Self::Get => "GET",
            Self::List => "LIST",
            Self::Put => "PUT",
            Self::Begin => "BEGIN",
            Self::Part => "PART",
            Self::Complete => "COMPLETE",
            Self::Abort => "ABORT",
            Self::Delete => "DELETE",
            Self::Uploads => "UPLOADS",
            Self::Discard => "DISCARD",
        }
    }
}

/// What a request answers that was told to fail.
#[derive(Debug, Clone)]
pub enum Failure {
    /// For `put` and `finish`. Elsewhere it reads as [`StorageError::Failed`].
    Put(PutError),
    /// For all else. For `put` and `finish` it reads as [`PutError::Refused`].
    Storage(StorageError),
}

impl From<PutError> for Failure {
    fn from(error: PutError) -> Self {
        Self::Put(error)
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<Failure> for PutError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Put(error) => error,
            Failure::Storage(error) => Self::Refused(error),
        }
    }
}

impl From<Failure> for StorageError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Put(PutError::Refused(error)) | Failure::Storage(error) => error,
            Failure::Put(error) => Self::Failed { message: error.to_string(), help: None },
        }
    }
}

/// What becomes of a request.
pub(super) enum Verdict {
    /// It is carried out and answered.
    Answered,
    /// It is carried out; the answer is lost.
    Lost(Failure),
    /// It is not carried out.
    Failed(Failure),
}

impl Verdict {
    /// Returns the failure of a request that is no conditional write.
    pub(super) fn read(self) -> Result<(), StorageError> {
        match self {
            Self::Answered => Ok(()),
            Self::Lost(failure) | Self::Failed(failure) => Err(failure.into()),
        }
    }
}

pub(super) struct Fault {
    op: Op,
    text: String,
    glob: Option<Glob>,
    /// How many more requests that fit are answered before this one strikes, plus one.
    left: u64,
    failure: Failure,
    applied: bool,
}

impl Fault {
    pub(super) fn new(op: Op, key: &str, nth: u64, failure: Failure, applied: bool) -> Self {
        // A text that is no glob stands for itself.
        let glob = Glob::new(key).ok();
        Self { op, text: key.to_owned(), glob, left: nth.max(1), failure, applied }
    }

    fn fits(&self, op: Op, key: &str) -> bool {
        self.op == op && self.glob.as_ref().map_or(self.text == key, |glob| glob.matches(key))
    }
}

/// Counts a request against every fault that fits; the first one whose turn it is strikes and is
/// used up.
pub(super) fn judge(faults: &mut Vec<Fault>, op: Op, key: &str) -> Verdict {
    let mut struck = None;
    for (n, fault) in faults.iter_mut().enumerate() {
        if fault.fits(op, key) {
            if fault.left > 1 {
                fault.left -= 1;
            } else if struck.is_none() {
                struck = Some(n);
            }
        }
    }
    match struck.map(|n| faults.remove(n)) {
        None => Verdict::Answered,
        Some(fault) if fault.applied => Verdict::Lost(fault.failure),
        Some(fault) => Verdict::Failed(fault.failure),
    }
}

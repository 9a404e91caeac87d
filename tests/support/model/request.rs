//! What is asked of the store, and what becomes of it.

use std::ops::Range;

use bytes::Bytes;
use depstate::{
    model::{ObjectKey, ObjectMeta},
    storage::{Precondition, PutError, StorageError, UploadRef},
};

/// One request.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    Head(String),
    Get(String, Option<Range<u64>>),
    List { prefix: String, after: String },
    Put { key: String, body: Bytes, condition: Option<Precondition> },
    Begin(String),
    Part { key: String, id: String, number: u32, body: Bytes },
    Complete { key: String, id: String, condition: Precondition },
    Abort { key: String, id: String },
    Delete(String),
    Uploads(String),
    Discard { key: String, id: String },
}

/// What a request answers when all is well.
#[derive(Debug)]
pub(crate) enum Good {
    Meta(Option<ObjectMeta>),
    /// `cut`: the body breaks off after half of it.
    Object {
        found: Option<(ObjectMeta, Bytes)>,
        cut: bool,
    },
    /// A page of a listing; `more`: there are further ones.
    Page {
        found: Vec<(ObjectKey, ObjectMeta)>,
        more: bool,
    },
    Written(ObjectMeta),
    Begun(String),
    Uploads(Vec<UploadRef>),
    Done,
}

pub(crate) type Answer = Result<Good, PutError>;

/// What the scheduler decides about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Carried out and answered.
    Answered,
    /// Lost on the way there.
    Dropped,
    /// Carried out; the answer is lost.
    Lost,
    /// No answer; carried out at a later moment, or never.
    Late,
    /// Carried out and answered, and the same request comes once more later.
    Twice,
    /// 403.
    Refused,
    /// 409.
    Conflict { applied: bool },
    /// 500 or 503.
    Server { applied: bool },
    /// The body of the answer breaks off.
    Cut,
    /// 412 though the condition holds.
    False412,
}

impl Request {
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Head(key)
            | Self::Get(key, _)
            | Self::Put { key, .. }
            | Self::Begin(key)
            | Self::Part { key, .. }
            | Self::Complete { key, .. }
            | Self::Abort { key, .. }
            | Self::Delete(key)
            | Self::Discard { key, .. } => key,
            Self::List { prefix, .. } | Self::Uploads(prefix) => prefix,
        }
    }

    /// Whether it changes the store.
    pub(crate) fn writes(&self) -> bool {
        !matches!(self, Self::Head(_) | Self::Get(..) | Self::List { .. } | Self::Uploads(_))
    }

    /// Whether it is a conditional write, whose failures tell what became of it.
    pub(crate) fn conditional(&self) -> bool {
        matches!(self, Self::Put { .. } | Self::Complete { .. })
    }

    /// A line for the log.
    pub(crate) fn line(&self) -> String {
        let word = match self {
            Self::Head(_) => "HEAD",
            Self::Get(..) => "GET",
            Self::List { .. } => "LIST",
            Self::Put { condition: Some(Precondition::Absent), .. } => "CREATE",
            Self::Put { condition: Some(Precondition::Matches(_)), .. } => "SWAP",
            Self::Put { condition: None, .. } => "PUT",
            Self::Begin(_) => "BEGIN",
            Self::Part { .. } => "PART",
            Self::Complete { .. } => "COMPLETE",
            Self::Abort { .. } => "ABORT",
            Self::Delete(_) => "DELETE",
            Self::Uploads(_) => "UPLOADS",
            Self::Discard { .. } => "DISCARD",
        };
        format!("{word} {}", self.key())
    }
}

/// A failure as it reads where nothing depends on whether it was applied.
pub(crate) fn plain(error: PutError) -> StorageError {
    match error {
        PutError::Refused(error) => error,
        other @ (PutError::Precondition(_)
        | PutError::Conflict(_)
        | PutError::Missing(_)
        | PutError::Unknown(_)) => StorageError::Failed { message: other.to_string(), help: None },
    }
}

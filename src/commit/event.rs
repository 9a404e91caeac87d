//! What a transaction is told.

use crate::model::{Generation, Head, Journal, ObjectKey, ObjectRef, Probe, Revision, Sha256};

/// A HEAD that a transaction stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its content.
    pub head: Head,
    /// Its revision: what the swap must match.
    pub revision: Revision,
}

/// What is to be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// New index documents. Their keys carry this transaction and the serial of the commit.
    pub documents: Vec<ObjectKey>,
    /// The generation that names them.
    pub generation: ObjectRef,
    /// Fresh.
    pub nonce: String,
    /// Fresh, for a fence.
    pub fence: String,
    /// SHA-256 of the base's HEAD.
    pub previous: Sha256,
}

/// What became of one attempt to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was written, with this revision.
    Done(Revision),
    /// 412: the condition does not hold.
    Precondition,
    /// 409: two writes met.
    Conflict,
    /// 404 on a write that must match.
    Missing,
    /// Any other 4xx; the text is for a person.
    Refused(String),
    /// No usable answer: it may have been written, or still be.
    Unknown,
}

/// How an object compares with what is wanted under its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The same bytes.
    Same,
    /// Other bytes.
    Different,
    /// There is no such object.
    Absent,
}

/// What happened: the caller's wish, or the answer to an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The caller begins.
    Begin {
        /// The HEAD that was read; none: there is none.
        base: Option<Base>,
        /// A new UUID, for the case that HEAD is to be created.
        lineage: String,
        /// Fresh, for the same case.
        nonce: String,
    },
    /// The caller has uploaded everything, and commits.
    Commit(Proposal),
    /// The caller has planned again on a newer HEAD, after a lost race.
    Rebase(Base),
    /// The caller gives up.
    Abandon,
    /// The collector begins to decide a transaction.
    Sweep,

    /// Whether there is anything below `gen/`.
    Generations(bool),
    /// What the store is like.
    Probed(Probe),
    /// The newest generation after HEAD's that once was HEAD's, with its serial; none: there is none.
    Later(Option<(u64, ObjectKey)>),
    /// Everything that HEAD reaches was read; none: there is no HEAD.
    BaseRead(Option<Base>),
    /// What became of a write of HEAD.
    HeadWritten(Answer),
    /// HEAD was read; none: there is none.
    HeadRead(Option<Base>),
    /// What became of a write of the journal.
    JournalWritten(Answer),
    /// The journal was read; none: there is none.
    JournalRead(Option<(Journal, Revision)>),
    /// What became of the creation of a document.
    Written(ObjectKey, Answer),
    /// A document was compared with what it should be.
    Compared(ObjectKey, Comparison),
    /// A generation was read and its digest is right; none: it is not there, or is not right.
    GenerationRead(Option<Box<Generation>>),
    /// What was to be read or compared could not be.
    ReadFailed,
}

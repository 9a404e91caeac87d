//! What a transaction asks for.

use super::Base;
use crate::model::{Head, Journal, ObjectKey, ObjectRef, Probe, Revision};

/// Something to be carried out once, and answered with an [`super::Event`].
///
/// `attempt` counts the sendings of the same write from 1; wait a little longer before each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// List `gen/`: answered by `Generations`.
    LookForGenerations,
    /// Probe the store: answered by `Probed`.
    Probe,
    /// List `gen/` after a serial, and look whether a HEAD that is gone named any of it: answered by
    /// `Later`.
    LookForLater {
        /// The serial of HEAD.
        serial: u64,
    },
    /// Read everything that HEAD reaches: answered by `BaseRead`.
    ReadBase,
    /// Create `head.json`, only if there is none: answered by `HeadWritten`.
    CreateHead {
        /// The content.
        head: Head,
        /// Which sending this is.
        attempt: u8,
    },
    /// Create the journal, only if there is none: answered by `JournalWritten`.
    CreateJournal {
        /// The content.
        journal: Journal,
        /// Which sending this is.
        attempt: u8,
    },
    /// Replace the journal if it is in this state: answered by `JournalWritten`.
    SwapJournal {
        /// The content.
        journal: Journal,
        /// The state that it must be in.
        matches: Revision,
        /// Which sending this is.
        attempt: u8,
    },
    /// Read the own journal: answered by `JournalRead`.
    ReadJournal,
    /// Create a document, only if there is none: answered by `Written`.
    Write {
        /// Which.
        key: ObjectKey,
        /// Which sending this is.
        attempt: u8,
    },
    /// Compare what is under a key with what should be: answered by `Compared`.
    Compare(ObjectKey),
    /// **The commit point.** Replace `head.json` if it is in this state: answered by `HeadWritten`.
    SwapHead {
        /// The content: the same bytes in every sending.
        head: Head,
        /// The state that it must be in.
        matches: Revision,
        /// Which sending this is.
        attempt: u8,
    },
    /// Replace `head.json` by a [`super::fence`] on this one, if it still is there: answered by
    /// `HeadWritten`.
    Fence {
        /// What it stands on.
        base: Base,
        /// Fresh.
        nonce: String,
        /// Which sending this is.
        attempt: u8,
    },
    /// Read `head.json`: answered by `HeadRead`.
    ReadHead,
    /// Read a generation and check its digest: answered by `GenerationRead`.
    ReadGeneration(ObjectRef),
    /// What was asked for has come to its end; nothing more is to be carried out.
    End(End),
}

/// How what the caller asked for ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The journal is open on this transaction's base: upload, then commit.
    Ready,
    /// It is in the chain of HEADs.
    Committed {
        /// The HEAD of this commit.
        head: Head,
        /// Its revision while it is the newest; none: others have followed it.
        revision: Option<Revision>,
    },
    /// Another was faster; nothing of this transaction is in the chain or ever will be.
    LostRace(Head),
    /// It is not in the chain and never will be.
    NotCommitted(NotCommitted),
    /// It can't be told. Running again is safe: the journal stays open for whoever decides it.
    Undecided,
    /// It failed before the commit point: nothing is committed.
    Failed(Failure),
    /// The caller gave up, before the commit point.
    Abandoned,
    /// What became of the transaction that was swept.
    Swept(Swept),
}

/// What a collector found out about the transaction of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// It is not in the chain and never will be: what carries its name may be deleted.
    Dead,
    /// It is in the chain; its journal says so now.
    Committed,
    /// It is alive: its journal has moved.
    Alive,
    /// Its journal is gone: another collector was faster.
    Gone,
}

/// Why HEAD was not swapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCommitted {
    /// The store refused the first attempt; its word.
    Refused(String),
    /// The store says that HEAD has changed and shows it unchanged, again and again.
    ConditionNeverHolds,
    /// The store gave no answer, and a fence keeps whatever is still on its way from landing.
    Fenced,
}

/// Why nothing could be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The store failed or refused while this was done.
    Store(&'static str),
    /// There are generations and no HEAD.
    HeadLost,
    /// HEAD was there and is gone.
    HeadGone,
    /// HEAD is of another history than the base.
    HeadReplaced {
        /// The lineage of the base.
        ours: String,
        /// The lineage of HEAD.
        theirs: String,
    },
    /// HEAD is not newer than the base that lost its race.
    WentBack {
        /// The serial of the base.
        from: u64,
        /// The serial of HEAD.
        to: u64,
    },
    /// A generation tells of a HEAD that is newer than the one that is there.
    Restored {
        /// The serial of HEAD.
        serial: u64,
        /// The newest generation that once was HEAD's.
        generation: ObjectKey,
    },
    /// The store does not keep conditions.
    Unsafe(Probe),
    /// The prefix belongs to another project.
    NotOwner {
        /// Whose it is.
        theirs: String,
    },
    /// A newer depstate wrote the bucket.
    StoreNewer {
        /// Its format.
        format: u32,
    },
    /// The journal was aborted by a collector, or is gone: begin again with a new transaction.
    Aborted,
    /// A key of this transaction holds something that it did not write.
    Foreign(ObjectKey),
}

//! What an apply did, for whoever shows it.

use super::{Action, Address, Code, Tx};

/// What an apply did and what it did not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Steps that are committed (or, for an adoption, written to the lock).
    pub done: Vec<Done>,
    /// Steps that failed.
    pub failed: Vec<Failure>,
    /// Steps that were held back because of another's failure, a filter, or an interrupt.
    pub held: Vec<Held>,
    /// Wanted, published, right before the apply.
    pub unchanged: u64,
    /// Left out by filters.
    pub filtered: u64,
    /// Serial of the HEAD after the last commit; none: nothing was committed.
    pub serial: Option<u64>,
    /// Whether deps.lock was written.
    pub lock_written: bool,
    /// Whether an interrupt ended it.
    pub interrupted: bool,
    /// The transaction whose outcome is not known.
    pub unknown: Option<Tx>,
    /// Another apply was faster, and a saved plan may not be made anew.
    pub stale: bool,
    /// Things to be read that hold nothing back.
    pub warnings: Vec<String>,
}

/// A step that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Which artifact.
    pub address: Address,
    /// What was done.
    pub action: Action,
    /// Bytes published.
    pub bytes: u64,
    /// Bytes fetched for it.
    pub fetched: u64,
}

/// A step, or a whole dependency, that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which artifact or dependency.
    pub what: String,
    /// Its code, for `depstate explain`.
    pub code: Code,
    /// What happened, in full.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Whether something was verified, or a limit reached, and refused.
    pub refused: bool,
}

/// A step that was not carried out though nothing is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Which artifact.
    pub address: Address,
    /// What would have been done.
    pub action: Action,
    /// Why not.
    pub why: String,
}

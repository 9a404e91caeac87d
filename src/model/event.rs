//! What happens, for whoever shows it.

use std::time::Duration;

use super::{Action, Address, DependencyId, Finding};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A source is being asked.
    Asking {
        /// Whose source.
        dependency: DependencyId,
    },
    /// A source answered.
    Asked {
        /// Whose source.
        dependency: DependencyId,
        /// How many rows it listed.
        rows: usize,
    },
    /// The steps that move bytes are about to start.
    Started {
        /// How many artifacts.
        artifacts: usize,
        /// Bytes in all, as far as sizes are known.
        bytes: u64,
    },
    /// One artifact's transfer starts.
    StepStarted {
        /// Which.
        address: Address,
        /// What is done.
        action: Action,
        /// Size in bytes, where it is known.
        size: Option<u64>,
    },
    /// Bytes of an artifact went through.
    Bytes {
        /// Which.
        address: Address,
        /// How many, since the last such event.
        count: u64,
    },
    /// One artifact's step ended.
    StepEnded {
        /// Which.
        address: Address,
        /// How.
        outcome: Outcome,
    },
    /// An artifact is being built or tried.
    WorkStarted {
        /// Which.
        address: Address,
        /// What is done.
        work: Work,
    },
    /// It was, and all is well.
    WorkEnded {
        /// Which.
        address: Address,
        /// What was done.
        work: Work,
        /// How.
        worked: Worked,
    },
    /// A line that a build or test says, as it was said.
    Said {
        /// Whose.
        address: Address,
        /// The line, without its end.
        line: String,
    },
    /// Files are about to be read to their end and hashed.
    Reading {
        /// How many.
        artifacts: usize,
        /// Bytes in all, as far as sizes are known.
        bytes: u64,
    },
    /// One of them was.
    ReadEnded {
        /// Which.
        address: Address,
        /// What is wrong with it, for a person.
        fault: Option<String>,
    },
    /// A commit was made.
    Committed {
        /// The new serial.
        serial: u64,
        /// How many records changed.
        changes: usize,
    },
    /// Something to be read.
    Warned(Finding),
    /// A plain remark, for `-v`.
    Remark(String),
}

/// What is done with an artifact on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// It is built.
    Build,
    /// It is tried.
    Test,
}

/// How a build or test ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worked {
    /// It ran.
    Ran {
        /// Where, and how well shut in.
        executor: String,
        /// For how long.
        duration: Duration,
    },
    /// It need not: this checkout had the output of the same inputs.
    Kept,
    /// It need not: the storage had the output of the same inputs.
    Shared,
}

/// How a step ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// As planned.
    Done {
        /// Bytes published.
        bytes: u64,
    },
    /// Not; the text is for a person.
    Failed(String),
    /// Given up because of an interrupt.
    Interrupted,
}

/// Whoever shows events. Must not block.
pub trait Sink: Send + Sync {
    /// Takes one event.
    fn emit(&self, event: &Event);
}

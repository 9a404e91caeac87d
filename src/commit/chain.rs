//! Looking for a transaction in the chain of generations below a HEAD.

use crate::model::{Generation, ObjectRef, Tx};

/// How many transactions a generation lists.
pub const LISTED: usize = 64;

/// A search from a HEAD downwards, generation by generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walk {
    tx: Tx,
    /// At and below this serial it can't be.
    floor: u64,
    /// The serial of the generation before, which the next one's must be below.
    above: u64,
}

/// What a generation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    /// The transaction is in the chain.
    Found,
    /// It is not.
    Absent,
    /// An older generation has to be asked.
    Older(ObjectRef),
    /// The chain makes no sense.
    Damaged,
}

impl Walk {
    /// Begins a search for a transaction that was at or below a serial nowhere in the chain.
    pub(super) fn new(tx: Tx, floor: u64) -> Self {
        Self { tx, floor, above: u64::MAX }
    }

    /// Looks into a generation, and says where to look next for as long as its list may have dropped
    /// the transaction.
    pub(super) fn look(&mut self, generation: &Generation) -> Look {
        if generation.transactions.contains(&self.tx) {
            return Look::Found;
        }
        // A chain whose serials do not fall is damaged and may have no end.
        if generation.serial >= self.above {
            return Look::Damaged;
        }
        self.above = generation.serial;
        let since = generation.serial.saturating_sub(self.floor);
        let whole = generation.transactions.len() < LISTED;
        let parent = &generation.parent;
        if whole || since <= LISTED as u64 || parent.serial <= self.floor {
            return Look::Absent;
        }
        parent.r#gen.clone().map_or(Look::Absent, Look::Older)
    }
}

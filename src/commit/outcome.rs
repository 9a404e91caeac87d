//! What became of a transaction, told by what it left behind.

use crate::model::{Journal, JournalState};

/// Where a transaction stands in the chain of HEADs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// It is in it; the serial of its commit, where that generation is still kept.
    In(Option<u64>),
    /// It is not in it, and all of it was seen.
    Absent,
    /// It was not found, and the chain is no longer kept back to its beginning.
    Cut,
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the chain.
    Committed {
        /// The serial of its commit, where that is still known.
        serial: Option<u64>,
    },
    /// It is not in the chain, and what it sent can never get in.
    NotCommitted,
    /// It is not in the chain, and something that it sent may still get in.
    Undecided {
        /// The serial that its swap must find.
        base: u64,
    },
    /// Nothing of it is left to tell: it is older than what is kept.
    Forgotten,
    /// Its journal says that it committed, and the chain does not have it: HEAD went back.
    Lost,
}

impl Outcome {
    /// Returns the serial of the commit, where it is known.
    pub fn serial(self) -> Option<u64> {
        match self {
            Self::Committed { serial } => serial,
            Self::NotCommitted | Self::Undecided { .. } | Self::Forgotten | Self::Lost => None,
        }
    }
}

/// Decides. `chain` and `head` (the serial of HEAD; none: there is none) were read **before** the
/// journal: a swap that the journal does not know of yet can't be in the chain either.
///
/// A swap must find its base's revision, and HEAD never has that again once its serial is past the
/// base's. Until then an open journal proves nothing, nor does an aborted one: whoever aborted it
/// has still to put a fence.
pub fn outcome(chain: Chain, head: Option<u64>, journal: Option<&Journal>) -> Outcome {
    match (chain, journal.map(|journal| (journal.state, journal.base_serial))) {
        (Chain::In(serial), _) => Outcome::Committed { serial },
        (Chain::Absent, Some((JournalState::Done, _))) => Outcome::Lost,
        (Chain::Cut, Some((JournalState::Done, _))) => Outcome::Committed { serial: None },
        (_, Some((JournalState::Open | JournalState::Aborted, base))) => {
            if head.is_some_and(|serial| serial > base) {
                Outcome::NotCommitted
            } else {
                Outcome::Undecided { base }
            }
        }
        // Without a journal nothing tells which base it stands on: it may still be at work.
        (Chain::Absent | Chain::Cut, None) => Outcome::Forgotten,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FORMAT, Tx};

    fn journal(state: JournalState, base_serial: u64) -> Journal {
        Journal {
            format: FORMAT,
            tx: Tx("01".to_owned()),
            state,
            base_serial,
            at: "2025-03-01T12:00:00Z".parse().unwrap(),
            by: None,
            tool: "depstate test".to_owned(),
        }
    }

    #[test]
    fn every_case_is_decided() {
        use Chain::{Absent, Cut, In};
        use JournalState::{Aborted, Done, Open};
        use Outcome::{Committed, Forgotten, Lost, NotCommitted, Undecided};
        // The chain, HEAD's serial, the journal with its base: what became of it.
        let table = [
            (In(Some(7)), Some(9), Some((Open, 6)), Committed { serial: Some(7) }),
            (In(Some(7)), Some(9), Some((Done, 6)), Committed { serial: Some(7) }),
            (In(Some(7)), Some(9), Some((Aborted, 6)), Committed { serial: Some(7) }),
            (In(None), Some(90), None, Committed { serial: None }),
            (Absent, Some(9), Some((Open, 8)), NotCommitted),
            (Absent, Some(8), Some((Open, 8)), Undecided { base: 8 }),
            (Absent, Some(7), Some((Open, 8)), Undecided { base: 8 }),
            (Absent, None, Some((Open, 8)), Undecided { base: 8 }),
            (Absent, Some(9), Some((Aborted, 8)), NotCommitted),
            (Absent, Some(8), Some((Aborted, 8)), Undecided { base: 8 }),
            (Absent, Some(9), Some((Done, 6)), Lost),
            (Absent, None, Some((Done, 6)), Lost),
            (Absent, Some(9), None, Forgotten),
            (Absent, None, None, Forgotten),
            (Cut, Some(9), Some((Open, 8)), NotCommitted),
            (Cut, Some(8), Some((Open, 8)), Undecided { base: 8 }),
            (Cut, Some(9), Some((Aborted, 8)), NotCommitted),
            (Cut, Some(9), Some((Done, 3)), Committed { serial: None }),
            (Cut, Some(9), None, Forgotten),
        ];
        for (chain, head, left, wanted) in table {
            let left = left.map(|(state, base)| journal(state, base));
            assert_eq!(outcome(chain, head, left.as_ref()), wanted, "{chain:?} {head:?} {left:?}");
        }
    }
}

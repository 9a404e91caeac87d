//! The commit point, and what happened to it.
//!
//! One rule carries all of it: a swap that must match the base can only ever land while HEAD still
//! is the base. So once another HEAD is seen, its chain alone says whether this one is in.

use super::{Answer, Base, Effect, End, Failure, Machine, NotCommitted, machine::Phase};
use crate::model::{Generation, Head, JournalState, Revision};

/// How many transactions a generation lists.
pub(super) const LISTED: u64 = 64;

/// A swap of HEAD that is under way or was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Swapping {
    base: Base,
    head: Head,
    attempt: u8,
    /// Whether a sending is out that may have landed, or still may.
    loose: bool,
}

impl Swapping {
    pub(super) fn new(base: Base, head: Head) -> Self {
        Self { base, head, attempt: 1, loose: false }
    }
}

impl Machine {
    pub(super) fn swap(&mut self, swap: Swapping) -> Vec<Effect> {
        let effect = Effect::SwapHead {
            head: swap.head.clone(),
            matches: swap.base.revision.clone(),
            attempt: swap.attempt,
        };
        self.phase = Phase::Swapping(swap);
        vec![effect]
    }

    pub(super) fn swapped(&mut self, mut swap: Swapping, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::Done(revision) => self.committed(swap.head, Some(revision)),
            Answer::Conflict | Answer::Unknown => {
                swap.loose = true;
                self.ask(swap)
            }
            Answer::Precondition => self.ask(swap),
            Answer::Refused(_) if swap.loose => self.ask(swap),
            Answer::Missing if swap.loose => self.undecided(),
            Answer::Refused(why) => {
                self.end(Phase::Failed, End::NotCommitted(NotCommitted::Refused(why)))
            }
            Answer::Missing => self.fail(Failure::HeadGone),
        }
    }

    fn ask(&mut self, swap: Swapping) -> Vec<Effect> {
        self.phase = Phase::Asking(swap);
        vec![Effect::ReadHead]
    }

    pub(super) fn asked(&mut self, mut swap: Swapping, found: Option<Base>) -> Vec<Effect> {
        let Some(Base { head, revision }) = found else {
            return if swap.loose { self.undecided() } else { self.fail(Failure::HeadGone) };
        };
        if head.lineage != swap.base.head.lineage {
            return if swap.loose {
                self.undecided()
            } else {
                let ours = swap.base.head.lineage;
                self.fail(Failure::HeadReplaced { ours, theirs: head.lineage })
            };
        }
        if head.tx.as_ref() == Some(&self.setup.tx) {
            // A fence on top of this commit names this transaction too, with a nonce of its own.
            let revision = (head.nonce == swap.head.nonce).then_some(revision);
            return self.committed(swap.head, revision);
        }
        if revision == swap.base.revision {
            if self.patient(swap.attempt) {
                swap.attempt += 1;
                return self.swap(swap);
            }
            return self.give_up(&swap);
        }
        match head.r#gen.clone() {
            None => self.lost(head),
            Some(generation) => {
                self.phase = Phase::Walking { swap, newest: head, above: u64::MAX };
                vec![Effect::ReadGeneration(generation)]
            }
        }
    }

    /// Looks for the own transaction in a generation, and goes on to the one before it for as long
    /// as the list may have dropped it.
    pub(super) fn walked(
        &mut self,
        swap: Swapping,
        newest: Head,
        above: u64,
        generation: Option<Box<Generation>>,
    ) -> Vec<Effect> {
        let Some(generation) = generation else {
            return self.undecided();
        };
        if generation.transactions.contains(&self.setup.tx) {
            return self.committed(swap.head, None);
        }
        // A chain whose serials do not fall is damaged and may have no end.
        if generation.serial >= above {
            return self.undecided();
        }
        let since = generation.serial.saturating_sub(swap.base.head.serial);
        let whole = (generation.transactions.len() as u64) < LISTED;
        let parent = &generation.parent;
        if whole || since <= LISTED || parent.serial <= swap.base.head.serial {
            return self.lost(newest);
        }
        match parent.r#gen.clone() {
            None => self.lost(newest),
            Some(next) => {
                self.phase = Phase::Walking { swap, newest, above: generation.serial };
                vec![Effect::ReadGeneration(next)]
            }
        }
    }

    fn committed(&mut self, head: Head, revision: Option<Revision>) -> Vec<Effect> {
        let serial = head.serial.saturating_sub(1);
        let end = End::Committed { head, revision };
        match self.journal.clone() {
            // One attempt, whatever its answer: a collector that finds the journal open finds the
            // transaction in the chain as well, and closes it.
            Some(matches) => {
                self.phase = Phase::Closing(end);
                let journal = self.own_journal(JournalState::Done, serial);
                vec![Effect::SwapJournal { journal, matches, attempt: 1 }]
            }
            None => self.end(Phase::Over, end),
        }
    }

    fn lost(&mut self, newest: Head) -> Vec<Effect> {
        self.end(Phase::Lost, End::LostRace(newest))
    }

    /// HEAD still is the base after the last sending. With a sending at large only a fence could
    /// make "not committed" true for ever.
    fn give_up(&mut self, swap: &Swapping) -> Vec<Effect> {
        if swap.loose {
            self.undecided()
        } else {
            self.end(Phase::Failed, End::NotCommitted(NotCommitted::ConditionNeverHolds))
        }
    }

    pub(super) fn undecided(&mut self) -> Vec<Effect> {
        self.end(Phase::Undecided, End::Undecided)
    }
}

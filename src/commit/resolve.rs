//! The commit point, and what happened to it.
//!
//! One rule carries all of it: a swap that must match the base can only ever land while HEAD still
//! is the base. So once another HEAD is seen, its chain alone says whether this one is in.

use super::{
    Answer, Base, Effect, End, Failure, Machine, NotCommitted,
    chain::{Look, Walk},
    machine::Phase,
};
use crate::model::{Generation, Head, JournalState, Revision};

/// A swap of HEAD that is under way or was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Swapping {
    pub(super) base: Base,
    head: Head,
    /// The fence's nonce.
    pub(super) fence: String,
    attempt: u8,
    /// How often the fence was sent.
    pub(super) fencing: u8,
    /// Whether a sending is out that may have landed, or still may.
    loose: bool,
}

impl Swapping {
    pub(super) fn new(base: Base, head: Head, fence: String) -> Self {
        Self { base, head, fence, attempt: 1, fencing: 0, loose: false }
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

    pub(super) fn ask(&mut self, swap: Swapping) -> Vec<Effect> {
        self.phase = Phase::Asking(swap);
        vec![Effect::ReadHead]
    }

    pub(super) fn asked(&mut self, swap: Swapping, found: Option<Base>) -> Vec<Effect> {
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
        if head.nonce == swap.fence {
            return self.is_fenced();
        }
        if revision == swap.base.revision {
            return self.unmoved(swap);
        }
        match head.r#gen.clone() {
            None => self.lost(head),
            Some(generation) => {
                let walk = Walk::new(self.setup.tx.clone(), swap.base.head.serial);
                self.phase = Phase::Walking { swap, newest: head, walk };
                vec![Effect::ReadGeneration(generation)]
            }
        }
    }

    /// HEAD still is the base: send again, and when that was done often enough, settle it.
    fn unmoved(&mut self, mut swap: Swapping) -> Vec<Effect> {
        if swap.fencing > 0 {
            return if self.patient(swap.fencing) {
                self.send_fence(swap)
            } else {
                self.undecided()
            };
        }
        if self.patient(swap.attempt) {
            swap.attempt += 1;
            return self.swap(swap);
        }
        if swap.loose {
            return self.send_fence(swap);
        }
        self.end(Phase::Failed, End::NotCommitted(NotCommitted::ConditionNeverHolds))
    }

    pub(super) fn walked(
        &mut self,
        swap: Swapping,
        newest: Head,
        mut walk: Walk,
        generation: Option<&Generation>,
    ) -> Vec<Effect> {
        match generation.map(|generation| walk.look(generation)) {
            Some(Look::Found) => self.committed(swap.head, None),
            Some(Look::Absent) => self.lost(newest),
            Some(Look::Older(next)) => {
                self.phase = Phase::Walking { swap, newest, walk };
                vec![Effect::ReadGeneration(next)]
            }
            Some(Look::Damaged) | None => self.undecided(),
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

    pub(super) fn undecided(&mut self) -> Vec<Effect> {
        self.end(Phase::Undecided, End::Undecided)
    }
}

//! After a lost race: stand on a newer HEAD, or give up.

use super::{Answer, Base, Effect, End, Failure, Machine, machine::Phase};
use crate::model::{Journal, JournalState, Revision};

/// A journal on its way to a newer base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rebasing {
    base: Base,
    attempt: u8,
}

impl Machine {
    /// The serial must be greater: keys of documents carry it, and no key is written twice.
    pub(super) fn rebase(&mut self, base: Base) -> Vec<Effect> {
        if let Some(failure) = self.unfit(&base) {
            return self.fail(failure);
        }
        if let Some(old) = &self.base {
            let (ours, theirs) = (&old.head, &base.head);
            if ours.lineage != theirs.lineage {
                let (ours, theirs) = (ours.lineage.clone(), theirs.lineage.clone());
                return self.fail(Failure::HeadReplaced { ours, theirs });
            }
            if theirs.serial <= ours.serial {
                let (from, to) = (ours.serial, theirs.serial);
                return self.fail(Failure::WentBack { from, to });
            }
        }
        self.swap_journal(Rebasing { base, attempt: 1 })
    }

    fn swap_journal(&mut self, rebasing: Rebasing) -> Vec<Effect> {
        let Some(matches) = self.journal.clone() else {
            return self.fail(Failure::Aborted);
        };
        let journal = self.own_journal(JournalState::Open, rebasing.base.head.serial);
        let attempt = rebasing.attempt;
        self.phase = Phase::Rebasing(rebasing);
        vec![Effect::SwapJournal { journal, matches, attempt }]
    }

    pub(super) fn rebased(&mut self, rebasing: Rebasing, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::Done(revision) => {
                self.base = Some(rebasing.base);
                self.ready(revision)
            }
            Answer::Precondition | Answer::Conflict | Answer::Unknown => {
                self.phase = Phase::CheckingRebase(rebasing);
                vec![Effect::ReadJournal]
            }
            // A journal that is gone was aborted, and what carried its name is being deleted.
            Answer::Missing => self.fail(Failure::Aborted),
            Answer::Refused(_) => self.fail(Failure::Store("writing the journal")),
        }
    }

    pub(super) fn checked_rebase(
        &mut self,
        mut rebasing: Rebasing,
        journal: Option<(Journal, Revision)>,
    ) -> Vec<Effect> {
        let old = self.base.as_ref().map_or(0, |base| base.head.serial);
        let wanted = self.own_journal(JournalState::Open, rebasing.base.head.serial);
        match journal {
            Some((journal, revision)) if journal == wanted => {
                self.base = Some(rebasing.base);
                self.ready(revision)
            }
            Some((journal, revision)) if journal == self.own_journal(JournalState::Open, old) => {
                if !self.patient(rebasing.attempt) {
                    return self.fail(Failure::Store("writing the journal"));
                }
                rebasing.attempt += 1;
                self.journal = Some(revision);
                self.swap_journal(rebasing)
            }
            Some(_) | None => self.fail(Failure::Aborted),
        }
    }

    /// Marks the journal, so that a collector need not wait until it is old.
    pub(super) fn abandon(&mut self) -> Vec<Effect> {
        let serial = self.base.as_ref().map_or(0, |base| base.head.serial);
        match self.journal.clone() {
            Some(matches) => {
                self.phase = Phase::Abandoning;
                let journal = self.own_journal(JournalState::Aborted, serial);
                vec![Effect::SwapJournal { journal, matches, attempt: 1 }]
            }
            None => self.end(Phase::Over, End::Abandoned),
        }
    }
}

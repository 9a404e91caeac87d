//! The beginning: HEAD where there is none, then the journal, before anything is uploaded.

use super::{Answer, Base, Effect, End, Failure, Machine, machine::Phase};
use crate::model::{FORMAT, Head, HeadKind, Journal, JournalState, Revision};

impl Machine {
    pub(super) fn begin(
        &mut self,
        base: Option<Base>,
        lineage: String,
        nonce: String,
    ) -> Vec<Effect> {
        if let Some(base) = base {
            return self.open(base);
        }
        let genesis = Head {
            format: FORMAT,
            lineage,
            project: self.setup.project.clone(),
            serial: 0,
            nonce,
            kind: HeadKind::Genesis,
            r#gen: None,
            prev_head_sha256: None,
            tx: None,
            single_writer: false,
            probe: None,
            tool: self.setup.tool.clone(),
        };
        self.phase = Phase::Looking(genesis);
        vec![Effect::LookForGenerations]
    }

    /// Generations without HEAD are damage, never a fresh start; but another may have created HEAD
    /// and committed since it was read.
    pub(super) fn looked(&mut self, head: Head, any: bool) -> Vec<Effect> {
        if any {
            self.phase = Phase::LookingAgain;
            return vec![Effect::ReadBase];
        }
        self.create(head, 1)
    }

    pub(super) fn looked_again(&mut self, base: Option<Base>) -> Vec<Effect> {
        match base {
            Some(base) => self.open(base),
            None => self.fail(Failure::HeadLost),
        }
    }

    fn create(&mut self, head: Head, attempt: u8) -> Vec<Effect> {
        self.phase = Phase::Creating { head: head.clone(), attempt };
        vec![Effect::CreateHead { head, attempt }]
    }

    pub(super) fn created(&mut self, head: Head, attempt: u8, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::Done(revision) => self.open(Base { head, revision }),
            Answer::Precondition | Answer::Conflict | Answer::Unknown => {
                self.phase = Phase::Adopting { head, attempt };
                vec![Effect::ReadBase]
            }
            Answer::Missing | Answer::Refused(_) => self.fail(Failure::Store("creating head.json")),
        }
    }

    /// Whose HEAD is there does not matter: it is the base from now on.
    pub(super) fn adopt(&mut self, head: Head, attempt: u8, base: Option<Base>) -> Vec<Effect> {
        match base {
            Some(base) => self.open(base),
            None if self.patient(attempt) => self.create(head, attempt + 1),
            None => self.fail(Failure::Store("creating head.json")),
        }
    }

    fn open(&mut self, base: Base) -> Vec<Effect> {
        if let Some(failure) = self.unfit(&base) {
            return self.fail(failure);
        }
        self.base = Some(base);
        self.create_journal(1)
    }

    fn create_journal(&mut self, attempt: u8) -> Vec<Effect> {
        self.phase = Phase::Opening { attempt };
        vec![Effect::CreateJournal { journal: self.journal_wanted(), attempt }]
    }

    pub(super) fn opened(&mut self, attempt: u8, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::Done(revision) => self.ready(revision),
            Answer::Precondition | Answer::Conflict | Answer::Unknown => {
                self.phase = Phase::CheckingJournal { attempt };
                vec![Effect::ReadJournal]
            }
            Answer::Missing | Answer::Refused(_) => {
                self.fail(Failure::Store("creating the journal"))
            }
        }
    }

    pub(super) fn checked_journal(
        &mut self,
        attempt: u8,
        journal: Option<(Journal, Revision)>,
    ) -> Vec<Effect> {
        match journal {
            Some((journal, revision)) if journal == self.journal_wanted() => self.ready(revision),
            Some((journal, _)) if journal.tx == self.setup.tx => self.fail(Failure::Aborted),
            None if self.patient(attempt) => self.create_journal(attempt + 1),
            Some(_) | None => self.fail(Failure::Store("creating the journal")),
        }
    }

    fn journal_wanted(&self) -> Journal {
        let serial = self.base.as_ref().map_or(0, |base| base.head.serial);
        self.own_journal(JournalState::Open, serial)
    }

    pub(super) fn ready(&mut self, journal: Revision) -> Vec<Effect> {
        self.journal = Some(journal);
        self.end(Phase::Ready, End::Ready)
    }
}

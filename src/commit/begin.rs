//! The beginning: HEAD where there is none, then the journal, before anything is uploaded.

use super::{Answer, Base, Effect, End, Failure, Machine, machine::Phase};
use crate::model::{
    Conditions, FORMAT, Head, HeadKind, Journal, JournalState, ObjectKey, Probe, Revision,
};

/// What waits for the probe of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Probing {
    /// The creation of HEAD.
    Genesis(Head),
    /// A HEAD whose store was not probed, or was probed elsewhere.
    Base(Base),
}

impl Machine {
    pub(super) fn begin(
        &mut self,
        base: Option<Base>,
        lineage: String,
        nonce: String,
    ) -> Vec<Effect> {
        if let Some(base) = base {
            return self.stand_on(base);
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
            single_writer: self.setup.single_writer,
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
        self.phase = Phase::Probing(Probing::Genesis(head));
        vec![Effect::Probe]
    }

    pub(super) fn looked_again(&mut self, base: Option<Base>) -> Vec<Effect> {
        match base {
            Some(base) => self.stand_on(base),
            None => self.fail(Failure::HeadLost),
        }
    }

    /// A base may be written upon where its store was probed, there, and keeps conditions.
    fn stand_on(&mut self, base: Base) -> Vec<Effect> {
        if let Some(failure) = self.unfit(&base) {
            return self.fail(failure);
        }
        let known = base.head.probe.clone().or_else(|| self.probe.clone());
        match known.filter(|probe| probe.location == self.setup.location) {
            Some(probe) if !self.trusts(&probe) => self.fail(Failure::Unsafe(probe)),
            Some(_) => self.look_for_later(base),
            None => {
                self.phase = Phase::Probing(Probing::Base(base));
                vec![Effect::Probe]
            }
        }
    }

    pub(super) fn probed(&mut self, probing: Probing, probe: Probe) -> Vec<Effect> {
        if !self.trusts(&probe) {
            return self.fail(Failure::Unsafe(probe));
        }
        self.probe = Some(probe.clone());
        match probing {
            Probing::Genesis(head) => self.create(Head { probe: Some(probe), ..head }, 1),
            Probing::Base(base) => self.look_for_later(base),
        }
    }

    fn trusts(&self, probe: &Probe) -> bool {
        probe.conditions == Conditions::Atomic || self.setup.single_writer
    }

    fn look_for_later(&mut self, base: Base) -> Vec<Effect> {
        let serial = base.head.serial;
        self.phase = Phase::LookingForLater(base);
        vec![Effect::LookForLater { serial }]
    }

    pub(super) fn later(&mut self, base: Base, later: Option<(u64, ObjectKey)>) -> Vec<Effect> {
        match later {
            None => self.open(base),
            Some((serial, generation)) => {
                self.phase = Phase::LookingAtHead { base, serial, generation };
                vec![Effect::ReadHead]
            }
        }
    }

    /// Others may have committed since the base was read: then the newer generation is theirs, and
    /// this transaction goes on until it loses its race. Else somebody put an old HEAD back.
    pub(super) fn looked_at_head(
        &mut self,
        base: Base,
        serial: u64,
        generation: ObjectKey,
        head: Option<&Base>,
    ) -> Vec<Effect> {
        match head {
            Some(newest) if newest.head.serial >= serial => self.open(base),
            Some(newest) => {
                let serial = newest.head.serial;
                self.fail(Failure::Restored { serial, generation })
            }
            None => self.fail(Failure::HeadGone),
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
            Some(base) => self.stand_on(base),
            None if self.patient(attempt) => self.create(head, attempt + 1),
            None => self.fail(Failure::Store("creating head.json")),
        }
    }

    fn open(&mut self, base: Base) -> Vec<Effect> {
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

//! What became of the transaction of an apply that died: the collector's part of the protocol.
//!
//! The journal is marked first, so that the owner, should it still live, can't rebase any more. Then
//! HEAD has to be above the journal's base, by a fence where it is not: from then on no swap of the
//! transaction can land, and the chain alone says whether one has. Only a transaction that is not in
//! the chain is dead.

use super::{
    Answer, Base, Effect, End, Event, Failure, Swept,
    chain::{Look, Walk},
};
use crate::model::{Generation, Journal, JournalState, Revision};

/// What a sweep knows from its first moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// The journal as it was read.
    pub journal: Journal,
    /// Its revision.
    pub revision: Revision,
    /// The transaction was looked for in the chain, and is not at or below this serial.
    pub floor: u64,
    /// It was found there.
    pub found: bool,
    /// Fresh: what the nonces of fences begin with.
    pub nonce: String,
    /// How often one write is sent before it is given up; at least 1.
    pub patience: u8,
}

/// The sweep of one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweeper {
    sweep: Sweep,
    phase: Phase,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    New,
    /// The journal is being marked: aborted, or done.
    Marking {
        state: JournalState,
        attempt: u8,
    },
    /// It may have been marked.
    Checking {
        state: JournalState,
        attempt: u8,
    },
    /// HEAD is looked at.
    Looking {
        fences: u8,
    },
    /// A fence is being sent.
    Fencing {
        fences: u8,
    },
    /// The transaction is looked for.
    Walking(Walk),
    Over,
}

impl Sweeper {
    /// Returns a sweep that has done nothing yet.
    pub fn new(sweep: Sweep) -> Self {
        Self { sweep, phase: Phase::New }
    }

    /// Takes an event and returns what is to be carried out, as [`super::Machine::step`] does.
    pub fn step(&mut self, event: Event) -> Vec<Effect> {
        let phase = std::mem::replace(&mut self.phase, Phase::Over);
        match (phase, event) {
            (Phase::New, Event::Sweep) => self.begin(),
            (Phase::Marking { state, attempt }, Event::JournalWritten(answer)) => {
                self.marked(state, attempt, answer)
            }
            (Phase::Checking { state, attempt }, Event::JournalRead(journal)) => {
                self.checked(state, attempt, journal)
            }
            (Phase::Looking { fences }, Event::HeadRead(head)) => self.looked(fences, head),
            (Phase::Fencing { fences }, Event::HeadWritten(answer)) => self.fenced(fences, &answer),
            (Phase::Walking(walk), Event::GenerationRead(generation)) => {
                self.walked(walk, generation.as_deref())
            }
            (
                Phase::Checking { .. } | Phase::Looking { .. } | Phase::Walking(_),
                Event::ReadFailed,
            ) => self.end(End::Failed(Failure::Store("looking what became of a dead apply"))),
            (phase, _) => {
                self.phase = phase;
                Vec::new()
            }
        }
    }

    fn begin(&mut self) -> Vec<Effect> {
        match (self.sweep.found, self.sweep.journal.state) {
            (_, JournalState::Done) => self.end(End::Swept(Swept::Committed)),
            (true, JournalState::Open | JournalState::Aborted) => self.mark(JournalState::Done, 1),
            (false, JournalState::Open) => self.mark(JournalState::Aborted, 1),
            (false, JournalState::Aborted) => self.look(0),
        }
    }

    fn wanted(&self, state: JournalState) -> Journal {
        Journal { state, ..self.sweep.journal.clone() }
    }

    fn mark(&mut self, state: JournalState, attempt: u8) -> Vec<Effect> {
        self.phase = Phase::Marking { state, attempt };
        vec![Effect::SwapJournal {
            journal: self.wanted(state),
            matches: self.sweep.revision.clone(),
            attempt,
        }]
    }

    fn marked(&mut self, state: JournalState, attempt: u8, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::Done(revision) => self.is_marked(state, revision),
            Answer::Precondition | Answer::Conflict | Answer::Unknown => {
                self.phase = Phase::Checking { state, attempt };
                vec![Effect::ReadJournal]
            }
            Answer::Missing => self.end(End::Swept(Swept::Gone)),
            Answer::Refused(_) => {
                self.end(End::Failed(Failure::Store("marking the journal of a dead apply")))
            }
        }
    }

    fn checked(
        &mut self,
        state: JournalState,
        attempt: u8,
        journal: Option<(Journal, Revision)>,
    ) -> Vec<Effect> {
        let Some((journal, revision)) = journal else {
            return self.end(End::Swept(Swept::Gone));
        };
        if journal == self.wanted(state) {
            return self.is_marked(state, revision);
        }
        if journal.state == JournalState::Done {
            return self.end(End::Swept(Swept::Committed));
        }
        if journal == self.sweep.journal && attempt < self.sweep.patience {
            self.sweep.revision = revision;
            return self.mark(state, attempt + 1);
        }
        if journal == self.sweep.journal {
            return self.end(End::Failed(Failure::Store("marking the journal of a dead apply")));
        }
        // It stands on another base, or its owner has given up: the next collector sees.
        self.end(End::Swept(Swept::Alive))
    }

    fn is_marked(&mut self, state: JournalState, revision: Revision) -> Vec<Effect> {
        self.sweep.journal = self.wanted(state);
        self.sweep.revision = revision;
        match state {
            JournalState::Done => self.end(End::Swept(Swept::Committed)),
            JournalState::Aborted | JournalState::Open => self.look(0),
        }
    }

    fn look(&mut self, fences: u8) -> Vec<Effect> {
        self.phase = Phase::Looking { fences };
        vec![Effect::ReadHead]
    }

    fn looked(&mut self, fences: u8, head: Option<Base>) -> Vec<Effect> {
        let Some(base) = head else { return self.end(End::Failed(Failure::HeadGone)) };
        let Base { head, .. } = &base;
        if head.tx.as_ref() == Some(&self.sweep.journal.tx) {
            return self.mark(JournalState::Done, 1);
        }
        if head.serial <= self.sweep.journal.base_serial {
            if fences >= self.sweep.patience {
                return self.end(End::Undecided);
            }
            let nonce = format!("{}-{}", self.sweep.nonce, head.serial);
            self.phase = Phase::Fencing { fences: fences + 1 };
            return vec![Effect::Fence { base, nonce, attempt: fences + 1 }];
        }
        match head.r#gen.clone() {
            None => self.end(End::Swept(Swept::Dead)),
            Some(generation) => {
                let tx = self.sweep.journal.tx.clone();
                self.phase = Phase::Walking(Walk::new(tx, self.sweep.floor));
                vec![Effect::ReadGeneration(generation)]
            }
        }
    }

    /// Whatever the answer: HEAD is looked at again, and says.
    fn fenced(&mut self, fences: u8, answer: &Answer) -> Vec<Effect> {
        match answer {
            Answer::Done(_) | Answer::Precondition | Answer::Conflict | Answer::Unknown => {
                self.look(fences)
            }
            Answer::Missing => self.end(End::Failed(Failure::HeadGone)),
            Answer::Refused(_) => self.end(End::Failed(Failure::Store("writing a fence"))),
        }
    }

    fn walked(&mut self, mut walk: Walk, generation: Option<&Generation>) -> Vec<Effect> {
        match generation.map(|generation| walk.look(generation)) {
            Some(Look::Found) => self.mark(JournalState::Done, 1),
            Some(Look::Absent) => self.end(End::Swept(Swept::Dead)),
            Some(Look::Older(next)) => {
                self.phase = Phase::Walking(walk);
                vec![Effect::ReadGeneration(next)]
            }
            Some(Look::Damaged) | None => self.end(End::Undecided),
        }
    }

    fn end(&mut self, end: End) -> Vec<Effect> {
        self.phase = Phase::Over;
        vec![Effect::End(end)]
    }
}

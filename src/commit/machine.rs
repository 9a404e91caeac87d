//! The states of a transaction, and which step takes an event in each.

use jiff::Timestamp;

use super::{
    Base, Effect, End, Event, Failure, Proposal, begin::Probing, chain::Walk, publish::Writing,
    rebase::Rebasing, resolve::Swapping,
};
use crate::model::{FORMAT, Head, Journal, JournalState, ObjectKey, Probe, Revision, Tx};

/// What a transaction knows from its first moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Its id, new.
    pub tx: Tx,
    /// The project that the prefix must belong to.
    pub project: String,
    /// Who, where the environment says so.
    pub by: Option<String>,
    /// The program, `depstate 0.1.0`.
    pub tool: String,
    /// The time, for the journal.
    pub now: Timestamp,
    /// How often one write is sent before it is given up; at least 1.
    pub patience: u8,
    /// The store's name, as in the probe.
    pub location: String,
    /// deps.toml says that nobody else writes.
    pub single_writer: bool,
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    pub(super) setup: Setup,
    pub(super) base: Option<Base>,
    /// The revision of the own journal; none before it is open.
    pub(super) journal: Option<Revision>,
    /// What the store was found to be like, where it had to be probed.
    pub(super) probe: Option<Probe>,
    pub(super) phase: Phase,
}

/// Where a transaction stands. Each one that is not waiting for the caller waits for one kind of
/// answer; what does not belong there is let pass.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one machine, and it does not lie in a collection"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing was done yet.
    New,
    /// No HEAD: is there a generation?
    Looking(Head),
    /// A generation and no HEAD: did another create HEAD meanwhile?
    LookingAgain,
    /// What is the store like? Then HEAD is created, or the base is stood upon.
    Probing(Probing),
    /// Was there a newer HEAD once?
    LookingForLater(Base),
    /// There was: is it there again?
    LookingAtHead { base: Base, serial: u64, generation: ObjectKey },
    /// HEAD is being created.
    Creating { head: Head, attempt: u8 },
    /// HEAD may have been created, by this transaction or another: what is there?
    Adopting { head: Head, attempt: u8 },
    /// The journal is being created.
    Opening { attempt: u8 },
    /// The journal may have been created.
    CheckingJournal { attempt: u8 },
    /// The caller uploads.
    Ready,
    /// Documents, then the generation, are being written.
    Writing(Writing),
    /// HEAD is being swapped.
    Swapping(Swapping),
    /// A fence is being sent.
    Fencing(Swapping),
    /// HEAD may have been swapped: what is there?
    Asking(Swapping),
    /// Another HEAD is there: is this transaction's below it?
    Walking { swap: Swapping, newest: Head, walk: Walk },
    /// It is in; the journal is being closed.
    Closing(End),
    /// Another was faster: the caller rebases or gives up.
    Lost,
    /// The journal is being set to a newer base.
    Rebasing(Rebasing),
    /// The journal may have been set to a newer base.
    CheckingRebase(Rebasing),
    /// It can't commit any more, and did not.
    Failed,
    /// The journal is being marked as aborted.
    Abandoning,
    /// Whether it is in can't be told.
    Undecided,
    /// Nothing more can happen.
    Over,
}

impl Machine {
    /// Returns a transaction that has done nothing yet.
    pub fn new(setup: Setup) -> Self {
        Self { setup, base: None, journal: None, probe: None, phase: Phase::New }
    }

    /// Returns the HEAD that the next commit stands on; none before the transaction has begun.
    pub fn base(&self) -> Option<&Base> {
        self.base.as_ref()
    }

    /// Takes an event and returns what is to be carried out, in order.
    ///
    /// An event that does not belong where the transaction stands changes nothing and asks for
    /// nothing: a late answer, or a caller who is out of turn.
    pub fn step(&mut self, event: Event) -> Vec<Effect> {
        let phase = std::mem::replace(&mut self.phase, Phase::Over);
        match (phase, event) {
            (Phase::New, Event::Begin { base, lineage, nonce }) => self.begin(base, lineage, nonce),
            (Phase::Looking(head), Event::Generations(any)) => self.looked(head, any),
            (Phase::LookingAgain, Event::BaseRead(base)) => self.looked_again(base),
            (Phase::Probing(probing), Event::Probed(probe)) => self.probed(probing, probe),
            (Phase::LookingForLater(base), Event::Later(later)) => self.later(base, later),
            (Phase::LookingAtHead { base, serial, generation }, Event::HeadRead(head)) => {
                self.looked_at_head(base, serial, generation, head.as_ref())
            }
            (Phase::Creating { head, attempt }, Event::HeadWritten(answer)) => {
                self.created(head, attempt, answer)
            }
            (Phase::Adopting { head, attempt }, Event::BaseRead(base)) => {
                self.adopt(head, attempt, base)
            }
            (Phase::Opening { attempt }, Event::JournalWritten(answer)) => {
                self.opened(attempt, answer)
            }
            (Phase::CheckingJournal { attempt }, Event::JournalRead(journal)) => {
                self.checked_journal(attempt, journal)
            }
            (Phase::Ready, Event::Commit(proposal)) => self.publish(proposal),
            (Phase::Writing(writing), Event::Written(key, answer)) => {
                self.written(writing, key, &answer)
            }
            (Phase::Writing(writing), Event::Compared(key, how)) => {
                self.compared(writing, key, how)
            }
            (Phase::Swapping(swap), Event::HeadWritten(answer)) => self.swapped(swap, answer),
            (Phase::Fencing(swap), Event::HeadWritten(answer)) => self.fenced(swap, &answer),
            (Phase::Asking(swap), Event::HeadRead(head)) => self.asked(swap, head),
            (Phase::Walking { swap, newest, walk }, Event::GenerationRead(generation)) => {
                self.walked(swap, newest, walk, generation.as_deref())
            }
            (Phase::Asking(_) | Phase::Walking { .. }, Event::ReadFailed) => self.undecided(),
            (Phase::Closing(end), Event::JournalWritten(_)) => self.end(Phase::Over, end),
            (Phase::Lost, Event::Rebase(base)) => self.rebase(base),
            (Phase::Rebasing(rebasing), Event::JournalWritten(answer)) => {
                self.rebased(rebasing, answer)
            }
            (Phase::CheckingRebase(rebasing), Event::JournalRead(journal)) => {
                self.checked_rebase(rebasing, journal)
            }
            (
                Phase::Looking(_)
                | Phase::LookingAgain
                | Phase::LookingForLater(_)
                | Phase::LookingAtHead { .. }
                | Phase::Adopting { .. }
                | Phase::CheckingJournal { .. },
                Event::ReadFailed,
            ) => self.fail(Failure::Store("beginning the transaction")),
            (Phase::Probing(_), Event::ReadFailed) => {
                self.fail(Failure::Store("probing the store"))
            }
            (Phase::Writing(_), Event::ReadFailed) => {
                self.fail(Failure::Store("comparing a document that was written before"))
            }
            (Phase::CheckingRebase(_), Event::ReadFailed) => {
                self.fail(Failure::Store("reading the journal"))
            }
            (Phase::Ready | Phase::Lost | Phase::Failed, Event::Abandon) => self.abandon(),
            (Phase::New | Phase::Undecided | Phase::Over, Event::Abandon) => {
                self.end(Phase::Over, End::Abandoned)
            }
            (Phase::Abandoning, Event::JournalWritten(_)) => self.end(Phase::Over, End::Abandoned),
            (phase, _) => {
                self.phase = phase;
                Vec::new()
            }
        }
    }

    pub(super) fn end(&mut self, phase: Phase, end: End) -> Vec<Effect> {
        self.phase = phase;
        vec![Effect::End(end)]
    }

    pub(super) fn fail(&mut self, failure: Failure) -> Vec<Effect> {
        self.end(Phase::Failed, End::Failed(failure))
    }

    /// Returns the own journal as it should be.
    pub(super) fn own_journal(&self, state: JournalState, base_serial: u64) -> Journal {
        Journal {
            format: FORMAT,
            tx: self.setup.tx.clone(),
            state,
            base_serial,
            at: self.setup.now,
            by: self.setup.by.clone(),
            tool: self.setup.tool.clone(),
        }
    }

    /// Refuses a HEAD that may not be written upon.
    pub(super) fn unfit(&self, base: &Base) -> Option<Failure> {
        if base.head.format > FORMAT {
            Some(Failure::StoreNewer { format: base.head.format })
        } else if base.head.project != self.setup.project {
            Some(Failure::NotOwner { theirs: base.head.project.clone() })
        } else {
            None
        }
    }

    pub(super) fn patient(&self, attempt: u8) -> bool {
        attempt < self.setup.patience
    }
}

/// Returns the HEAD of a commit on a base.
pub(super) fn next_head(
    base: &Head,
    setup: &Setup,
    proposal: &Proposal,
    probe: Option<Probe>,
) -> Head {
    Head {
        format: FORMAT,
        lineage: base.lineage.clone(),
        project: base.project.clone(),
        serial: base.serial + 1,
        nonce: proposal.nonce.clone(),
        kind: crate::model::HeadKind::Commit,
        r#gen: Some(proposal.generation.clone()),
        prev_head_sha256: Some(proposal.previous),
        tx: Some(setup.tx.clone()),
        single_writer: setup.single_writer,
        probe,
        tool: setup.tool.clone(),
    }
}

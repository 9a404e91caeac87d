//! One applier's steps: journal, objects, HEAD, and what became of it.

use super::{
    Metadata, Ways,
    objects::{FENCE, FIRST_Y, Generation, Head, Is, Object, nonce, transaction},
    rules::{Op, Repaired},
    state::{Applier, Mark, Next, State},
};
use crate::search::Who;

/// One applier in a state, with what its steps have to know.
struct Turn {
    who: u8,
    me: Applier,
    op: Op,
    tx: u8,
}

impl Turn {
    fn with(&self, state: &State, me: Applier) -> State {
        let mut to = *state;
        to.appliers[usize::from(self.who)] = me;
        to
    }

    fn then(&self, state: &State, next: Next) -> State {
        self.with(state, Applier { next, ..self.me })
    }

    fn finished(&self, state: &State) -> State {
        self.with(state, Applier::at(self.me.op + 1, 0))
    }

    fn again(&self, state: &State) -> State {
        self.with(state, Applier::at(self.me.op, self.me.attempt + 1))
    }

    fn committed(&self, state: &State, base_serial: u8) -> State {
        let mut to = self.finished(state);
        to.acked |= 1 << self.tx;
        to.mark(self.tx, Mark::Done, base_serial);
        to
    }
}

/// Attempts at one transaction before its applier leaves it.
const ATTEMPTS: u8 = 3;

impl Metadata {
    pub(super) fn applier_steps(&mut self, state: &State, who: u8, ways: &mut Ways) {
        let me = state.appliers[usize::from(who)];
        let Some(op) = self.world.plans[usize::from(who)].get(usize::from(me.op)) else { return };
        let planned = me.op + who * self.world.plans[0].len() as u8;
        let turn = Turn { who, me, op: *op, tx: transaction(planned, me.attempt) };
        let i = Who::Applier(who);
        if me.next != Next::Begin && state.kills < self.world.kills {
            let mut to = turn.again(state);
            to.kills += 1;
            ways.push(i.does("is killed", to));
        }
        match me.next {
            Next::Begin if self.satisfied(state.head, turn.op) => {
                ways.push(i.does("finds nothing to do", turn.finished(state)));
            }
            Next::Begin => {
                ways.push(i.does("reads HEAD, opens its journal", self.based(state, &turn)));
            }
            Next::WriteObjects => self.write_objects(state, &turn, ways),
            Next::WriteHead => self.write_head(state, &turn, ways),
            Next::Ask => self.ask(state, &turn, ways),
        }
    }

    /// At the objects, on today's HEAD.
    fn based(&self, state: &State, turn: &Turn) -> State {
        let me = Applier { next: Next::WriteObjects, base: state.head, ..turn.me };
        let mut to = turn.with(state, Applier { generation: super::state::NONE, ..me });
        to.mark(turn.tx, Mark::Open, self.objects.head(state.head).serial);
        to
    }

    /// Artifact, then index document, then generation, taken for one step.
    fn write_objects(&mut self, state: &State, turn: &Turn, ways: &mut Ways) {
        let i = Who::Applier(turn.who);
        let base = self.objects.head(turn.me.base);
        let old = self.objects.generation(base.generation);
        let live = self.objects.live(old);
        if turn.op == Op::Rollback && self.rules.rollback_names_old {
            let metadata = self.sets.members(state.metadata);
            let there = |number: u16| metadata.binary_search(&u32::from(number)).is_ok();
            let whole = there(self.first_document)
                && there(self.first_generation)
                && state.artifacts & FIRST_Y != 0;
            ways.push(if whole {
                let generation = self.first_generation;
                let me = Applier { next: Next::WriteHead, generation, ..turn.me };
                i.does("will name the old generation", turn.with(state, me))
            } else {
                i.does("finds the old generation gone", turn.finished(state))
            });
            return;
        }
        let mut new = old;
        let mine = 1 << turn.tx;
        let mut artifacts = state.artifacts;
        let after = match turn.op {
            Op::Add(name) => {
                let known = (live | old.condemned) & self.of_name(name);
                let artifact = if known == 0 { mine } else { 1 << known.trailing_zeros() };
                artifacts |= artifact & mine;
                new.condemned &= !artifact;
                live | artifact
            }
            Op::Remove(name) => {
                new.condemned |= live & self.of_name(name);
                live & !self.of_name(name)
            }
            Op::Rollback if FIRST_Y & !(live | old.condemned) != 0 => {
                ways.push(i.does("is refused: past its grace", turn.finished(state)));
                return;
            }
            Op::Rollback => {
                new.condemned = (live | old.condemned) & !FIRST_Y;
                FIRST_Y
            }
            Op::Repair => {
                artifacts |= mine;
                match self.rules.repaired {
                    Repaired::ToCondemned => new.condemned |= FIRST_Y,
                    Repaired::ToDoomed => new.doomed |= FIRST_Y,
                }
                live & !FIRST_Y | mine
            }
        };
        new.chain |= 1 << turn.tx;
        new.document = self.document(turn.tx, base.serial, after);
        let generation = self.write_generation(turn.tx, base.serial, new);
        let mut metadata = self.sets.with(state.metadata, u32::from(new.document));
        metadata = self.sets.with(metadata, u32::from(generation));
        let me = Applier { next: Next::WriteHead, generation, ..turn.me };
        let to = State { metadata, artifacts, ..turn.with(state, me) };
        ways.push(i.does("writes its objects", to));
    }

    fn document(&mut self, tx: u8, base_serial: u8, live: u16) -> u16 {
        if !self.rules.document_by_content {
            return self.objects.number(Object { owner: tx, base_serial, is: Is::Document(live) });
        }
        // The first document has this key too, where it has this content.
        let nobodys = Object { owner: super::NOBODY, base_serial: 0, is: Is::Document(live) };
        self.objects.number(nobodys)
    }

    pub(super) fn write_generation(&mut self, tx: u8, base_serial: u8, new: Generation) -> u16 {
        self.objects.number(Object { owner: tx, base_serial, is: Is::Generation(new) })
    }

    /// The commit point.
    fn write_head(&mut self, state: &State, turn: &Turn, ways: &mut Ways) {
        let i = Who::Applier(turn.who);
        let base = self.objects.head(turn.me.base);
        let generation = turn.me.generation;
        let new = Head { serial: base.serial + 1, writer: turn.tx, generation };
        let new = self.objects.number_head(new);
        let unknown = turn.then(state, Next::Ask);
        if self.objects.head(state.head).nonce() == base.nonce() {
            let to = State { head: new, ..turn.committed(state, base.serial) };
            ways.push(i.does("writes HEAD: 200", to));
            ways.push(i.does("writes HEAD, the answer is lost", State { head: new, ..unknown }));
        } else {
            ways.push(i.does("writes HEAD: 412", unknown));
        }
        if state.flying.is_none() {
            let flying = Some((base.nonce(), new));
            ways.push(i.does("writes HEAD, the request is late", State { flying, ..unknown }));
        }
    }

    /// What became of a write that was not answered with 200?
    fn ask(&mut self, state: &State, turn: &Turn, ways: &mut Ways) {
        let i = Who::Applier(turn.who);
        let head = self.objects.head(state.head);
        let base = self.objects.head(turn.me.base);
        let chain = self.objects.generation(head.generation).chain;
        let mine = head.nonce() == nonce(base.serial + 1, turn.tx);
        ways.push(if chain >> turn.tx & 1 == 1 || mine {
            i.does("finds its commit", turn.committed(state, base.serial))
        } else if head.nonce() == base.nonce() {
            let fence = Head { serial: base.serial + 1, writer: FENCE + turn.tx, ..base };
            let mut to = turn.finished(state);
            to.head = self.objects.number_head(fence);
            to.failed |= 1 << turn.tx;
            i.does("fences: not committed", to)
        } else if state.journal(turn.tx).0 == Mark::Aborted {
            if turn.me.attempt + 1 < ATTEMPTS {
                i.does("was aborted: begins anew", turn.again(state))
            } else {
                i.does("was aborted too often", turn.finished(state))
            }
        } else if self.satisfied(state.head, turn.op) {
            i.does("finds it done by another", turn.finished(state))
        } else {
            i.does("rebases", self.based(state, turn))
        });
    }
}

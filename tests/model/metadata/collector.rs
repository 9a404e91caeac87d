//! One collector's steps: doom and delete, prune old metadata, sweep after the dead.

use super::{
    Metadata, Ways,
    objects::{FENCE, Head, collection},
    state::{Chore, Collector, Mark, State},
};
use crate::search::Who;

/// How often one collector begins something.
const ROUNDS: u8 = 4;

/// One collector in a state.
struct Turn {
    who: u8,
    me: Collector,
    tx: u8,
}

impl Turn {
    fn i(&self) -> Who {
        Who::Collector(self.who)
    }

    fn with(&self, state: &State, me: Collector) -> State {
        let mut to = *state;
        to.collectors[usize::from(self.who)] = me;
        to
    }

    fn then(&self, state: &State, chore: Chore, on: u32, also: u16) -> State {
        self.with(state, Collector { chore, on, also, ..self.me })
    }

    fn idle(&self, state: &State) -> State {
        self.with(state, Collector::idle(self.me.round + 1))
    }
}

impl Metadata {
    pub(super) fn collector_steps(&mut self, state: &State, who: u8, ways: &mut Ways) {
        let me = state.collectors[usize::from(who)];
        if me.chore == Chore::Idle {
            if me.round < ROUNDS {
                self.choose(state, &Turn { who, me, tx: collection(who, me.round) }, ways);
            }
            return;
        }
        let turn = Turn { who, me, tx: collection(who, me.round) };
        let i = turn.i();
        if state.kills < self.world.kills {
            let mut to = turn.idle(state);
            to.kills += 1;
            ways.push(i.does("is killed", to));
        }
        match me.chore {
            Chore::Idle => {}
            Chore::WriteDooming => {
                let base = self.objects.of_head(me.on as u16);
                let (condemned, doomed) = (0, base.doomed | base.condemned);
                self.write(state, &turn, condemned, doomed, ways);
            }
            Chore::DeleteDoomed => {
                let mut to = turn.then(state, Chore::WriteClearing, me.on, 0);
                to.artifacts &= !self.objects.of_head(me.on as u16).doomed;
                ways.push(i.does("deletes the doomed", to));
            }
            Chore::WriteClearing => {
                let condemned = self.objects.of_head(me.on as u16).condemned;
                self.write(state, &turn, condemned, 0, ways);
            }
            Chore::WriteHead => self.write_new_head(state, &turn, ways),
            Chore::Prune => {
                let mut to = turn.idle(state);
                to.metadata = self.sets.minus(state.metadata, me.on);
                to.artifacts &= !me.also;
                ways.push(i.does("deletes what it listed", to));
            }
            Chore::Fence => {
                let mut to = turn.then(state, Chore::ListOrphans, me.on, 0);
                let head = self.objects.head(state.head);
                if self.rules.fences && u16::from(head.serial) <= me.also {
                    let fence = Head { serial: head.serial + 1, writer: FENCE + turn.tx, ..head };
                    to.head = self.objects.number_head(fence);
                }
                ways.push(i.does("sees to it that HEAD is past the dead one's base", to));
            }
            Chore::ListOrphans => self.list_orphans(state, &turn, ways),
        }
    }

    /// Everything that an idle collector may begin.
    fn choose(&mut self, state: &State, turn: &Turn, ways: &mut Ways) {
        let i = turn.i();
        let head = self.objects.head(state.head);
        let generation = self.objects.generation(head.generation);
        if generation.condemned | generation.doomed != 0 {
            let chore = match generation.condemned {
                0 => Chore::DeleteDoomed,
                _ => Chore::WriteDooming,
            };
            let mut to = turn.then(state, chore, u32::from(state.head), 0);
            if self.rules.collector_journals {
                to.mark(turn.tx, Mark::Open, head.serial);
            }
            ways.push(i.does("reads HEAD", to));
        }

        // One look at all metadata: what may be pruned for its age, and who left something unnamed.
        let mut old = Vec::new();
        let named = self.objects.live(generation) | generation.condemned;
        let mut owners = u32::from(state.artifacts & !named & 0xff);
        for number in self.sets.members(state.metadata) {
            if *number == u32::from(head.generation) || *number == u32::from(generation.document) {
                continue;
            }
            let owner = self.objects.get(*number as u16).owner;
            owners |= 1 << owner;
            let spared = owner < 16
                && match state.journal(owner).0 {
                    Mark::Open => self.rules.spares_open,
                    Mark::Aborted => true,
                    Mark::Absent | Mark::Done => false,
                };
            if !spared {
                old.push(*number);
            }
        }
        if !old.is_empty() && !self.world.keeps_history {
            let set = self.sets.number(&old);
            ways.push(i.does("lists old metadata", turn.then(state, Chore::Prune, set, 0)));
        }

        for tx in 0..16 {
            let (mark, base_serial) = state.journal(tx);
            if mark == Mark::Absent || mark == Mark::Done {
                continue;
            }
            if self.rules.collector_asks_chain && tx < 8 && generation.chain >> tx & 1 == 1 {
                let mut to = turn.idle(state);
                to.mark(tx, Mark::Done, base_serial);
                ways.push(i.does("finds it committed, and says so in its journal", to));
                continue;
            }
            let mut to = turn.then(state, Chore::Fence, u32::from(tx), u16::from(base_serial));
            if mark == Mark::Open {
                to.mark(tx, Mark::Aborted, base_serial);
                ways.push(i.does("aborts a journal", to));
            } else if owners >> tx & 1 == 1 {
                ways.push(i.does("takes up an aborted transaction", to));
            }
        }
    }

    /// A generation with the base's records and other lists.
    fn write(&mut self, state: &State, turn: &Turn, condemned: u16, doomed: u16, ways: &mut Ways) {
        let base = self.objects.head(turn.me.on as u16);
        let mut new = self.objects.generation(base.generation);
        (new.condemned, new.doomed) = (condemned, doomed);
        let generation = self.write_generation(turn.tx, base.serial, new);
        let mut to = turn.then(state, Chore::WriteHead, turn.me.on, generation);
        to.metadata = self.sets.with(state.metadata, u32::from(generation));
        ways.push(turn.i().does("writes its generation", to));
    }

    fn write_new_head(&mut self, state: &State, turn: &Turn, ways: &mut Ways) {
        let base = self.objects.head(turn.me.on as u16);
        let mut to = turn.idle(state);
        if self.rules.collector_journals && state.journal(turn.tx).0 != Mark::Aborted {
            to.mark(turn.tx, Mark::Done, base.serial);
        }
        ways.push(if self.objects.head(state.head).nonce() == base.nonce() {
            let generation = turn.me.also;
            let new = Head { serial: base.serial + 1, writer: turn.tx, generation };
            to.head = self.objects.number_head(new);
            turn.i().does("writes HEAD: 200", to)
        } else {
            turn.i().does("writes HEAD: 412", to)
        });
    }

    fn list_orphans(&mut self, state: &State, turn: &Turn, ways: &mut Ways) {
        let dead = turn.me.on as u8;
        let head = self.objects.head(state.head);
        let generation = self.objects.generation(head.generation);
        if self.rules.collector_asks_chain && dead < 8 && generation.chain >> dead & 1 == 1 {
            let mut to = turn.idle(state);
            to.mark(dead, Mark::Done, state.journal(dead).1);
            ways.push(turn.i().does("finds it committed after all", to));
            return;
        }
        let kept = [u32::from(head.generation), u32::from(generation.document)];
        let mut orphans = self.sets.members(state.metadata).to_vec();
        orphans.retain(|n| !kept.contains(n) && self.objects.get(*n as u16).owner == dead);
        let set = self.sets.number(&orphans);
        let named = self.objects.live(generation) | generation.condemned | generation.doomed;
        let artifacts = if dead < 8 { state.artifacts & !named & 1 << dead } else { 0 };
        let to = turn.then(state, Chore::Prune, set, artifacts);
        ways.push(turn.i().does("lists orphans", to));
    }
}

//! One applier's steps: journal, upload, write HEAD, and find out what became of the write.

use super::{
    Commit, Ways, first_key,
    head::FENCE,
    rules::{FenceWrite, Op, Reuse},
    state::{Applier, Mark, NO_KEY, Next, State},
    transaction,
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
    /// The state with this applier changed.
    fn with(&self, state: &State, me: Applier) -> State {
        let mut to = *state;
        to.appliers[usize::from(self.who)] = me;
        to
    }

    fn then(&self, state: &State, next: Next) -> State {
        self.with(state, self.me.then(next))
    }

    /// On to the next transaction of the plan.
    fn finished(&self, state: &State) -> State {
        self.with(state, Applier::at(self.me.op + 1, 0))
    }

    fn failed(&self, state: &State) -> State {
        let mut to = self.finished(state);
        to.failed |= 1 << self.tx;
        to
    }

    /// The same transaction again under a new name.
    fn again(&self, state: &State) -> State {
        self.with(state, Applier::at(self.me.op, self.me.attempt + 1))
    }
}

impl Commit {
    pub(super) fn applier_steps(&mut self, state: &State, who: u8, ways: &mut Ways) {
        let me = state.appliers[usize::from(who)];
        let Some(op) = self.world.plans[usize::from(who)].get(usize::from(me.op)) else { return };
        let turn = Turn { who, me, op: *op, tx: transaction(who, me.op, me.attempt) };
        let i = Who::Applier(who);
        let may_be_killed = state.kills < self.world.kills && self.may_begin_again(me);
        if me.next != Next::Begin && may_be_killed {
            let mut to = turn.again(state);
            to.kills += 1;
            ways.push(i.does("is killed", to));
        }
        match me.next {
            Next::Begin => {
                if self.satisfied(self.heads.get(state.head), turn.op) {
                    ways.push(i.does("finds nothing to do", turn.finished(state)));
                } else {
                    let me = Applier { base: state.head, ..me.then(Next::Journal) };
                    ways.push(i.does("reads HEAD", turn.with(state, me)));
                }
            }
            Next::Journal => {
                let mut to = turn.then(state, Next::Upload);
                to.mark(turn.tx, Mark::Open, self.heads.get(me.base).serial);
                ways.push(i.does("opens its journal", to));
            }
            Next::Upload => self.upload(state, &turn, ways),
            Next::Write => self.write(state, &turn, ways),
            Next::Ask => self.ask(state, &turn, ways),
            Next::Fence => self.fence(state, &turn, ways),
            Next::Reread => {
                let me = Applier { base: state.head, ..me.then(Next::Rebase) };
                ways.push(i.does("reads HEAD again", turn.with(state, me)));
            }
            Next::Rebase => self.rebase(state, &turn, ways),
        }
    }

    fn may_begin_again(&self, me: Applier) -> bool {
        me.attempt + 1 < self.world.attempts
    }

    fn upload(&mut self, state: &State, turn: &Turn, ways: &mut Ways) {
        let i = Who::Applier(turn.who);
        let Op::Add(digest) = turn.op else {
            ways.push(i.does("has nothing to upload", turn.then(state, Next::Write)));
            return;
        };
        let base = self.heads.get(turn.me.base);
        let named = match self.rules.reuse {
            Reuse::Named => base.live | base.condemned,
            Reuse::NamedOrDoomed => base.live | base.condemned | base.doomed,
            Reuse::Existing => {
                let key = first_key(digest);
                let mut to = turn.with(state, Applier { key, ..turn.me.then(Next::Write) });
                to.objects |= 1 << key;
                ways.push(i.does("creates the object unless it exists", to));
                return;
            }
        };
        if let Some(key) = self.find(named, digest) {
            let me = Applier { key, ..turn.me.then(Next::Write) };
            ways.push(i.does("reuses an object that its base names", turn.with(state, me)));
        } else {
            let me = Applier { key: turn.tx, uploaded: true, ..turn.me.then(Next::Write) };
            let mut to = turn.with(state, me);
            to.objects |= 1 << turn.tx;
            ways.push(i.does("uploads", to));
        }
    }

    /// The commit point.
    fn write(&mut self, state: &State, turn: &Turn, ways: &mut Ways) {
        let i = Who::Applier(turn.who);
        let base = self.heads.get(turn.me.base);
        let mut new = base.next(turn.tx).change(turn.op, turn.me.key, self.keys(turn.op.digest()));
        new.chain |= 1 << turn.tx;
        let new = self.heads.number(new);
        let unknown = turn.then(state, Next::Ask);
        if self.matches(self.heads.get(state.head), base.etag) {
            let mut to = turn.finished(state);
            to.head = new;
            to.acked |= 1 << turn.tx;
            to.mark(turn.tx, Mark::Done, base.serial);
            ways.push(i.does("writes HEAD: 200", to));
            ways.push(i.does("writes HEAD, the answer is lost", State { head: new, ..unknown }));
        } else {
            ways.push(i.does("writes HEAD: 412", unknown));
        }
        if self.flights_of(state, turn.who).0 == 0 {
            let flying = self.send(state, base.etag, new);
            ways.push(i.does("writes HEAD, the request is late", State { flying, ..unknown }));
        }
    }

    /// What became of a write that was not answered with 200?
    fn ask(&mut self, state: &State, turn: &Turn, ways: &mut Ways) {
        let i = Who::Applier(turn.who);
        let head = self.heads.get(state.head);
        let base = self.heads.get(turn.me.base);
        if head.chain >> turn.tx & 1 == 1 {
            let mut to = turn.finished(state);
            to.acked |= 1 << turn.tx;
            to.mark(turn.tx, Mark::Done, base.serial);
            ways.push(i.does("finds itself in the chain: committed", to));
        } else if head.etag != base.etag {
            ways.push(i.does("finds that HEAD moved without it", turn.then(state, Next::Reread)));
        } else if self.rules.fences {
            ways.push(i.does("gives up and will fence", turn.then(state, Next::Fence)));
        } else {
            ways.push(i.does("gives up: not committed", turn.failed(state)));
        }
    }

    fn fence(&mut self, state: &State, turn: &Turn, ways: &mut Ways) {
        let i = Who::Applier(turn.who);
        let base = self.heads.get(turn.me.base);
        let unknown = turn.then(state, Next::Ask);
        if self.heads.get(state.head).etag != base.etag {
            ways.push(i.does("fences: 412", unknown));
            return;
        }
        let fence = self.heads.number(base.next(FENCE + turn.tx));
        let fenced = State { head: fence, ..turn.failed(state) };
        ways.push(i.does("fences: 200, not committed", fenced));
        if self.rules.fence_write == FenceWrite::Clean {
            return;
        }
        ways.push(i.does("fences, the answer is lost", State { head: fence, ..unknown }));
        let (commits, fences) = self.flights_of(state, turn.who);
        if commits + fences < 2 {
            let flying = self.send(state, base.etag, fence);
            ways.push(i.does("fences, the request is late", State { flying, ..unknown }));
        }
        if self.rules.fence_write == FenceWrite::FaultyAndForbiddenIsFinal {
            ways.push(i.does("is answered 403: not committed", turn.failed(state)));
        }
    }

    fn rebase(&mut self, state: &State, turn: &Turn, ways: &mut Ways) {
        let i = Who::Applier(turn.who);
        let again = self.may_begin_again(turn.me);
        let base = self.heads.get(turn.me.base);
        let (mark, _) = state.journal(turn.tx);
        if mark == Mark::Aborted && (self.rules.asks_journal || !again) {
            ways.push(if again {
                i.does("was aborted: begins anew", turn.again(state))
            } else {
                i.does("was aborted: not committed", turn.failed(state))
            });
            return;
        }
        if self.satisfied(base, turn.op) {
            ways.push(i.does("finds it done by another", turn.finished(state)));
            return;
        }
        let mut key = turn.me.key;
        // A key of somebody else's has to be named by the new base too.
        if turn.op.adds() && !turn.me.uploaded && self.rules.reuse != Reuse::Existing {
            let Some(known) = self.find(base.live | base.condemned, turn.op.digest()) else {
                ways.push(if again {
                    i.does("may not reuse its object now: begins anew", turn.again(state))
                } else {
                    i.does("may not reuse its object now: not committed", turn.failed(state))
                });
                return;
            };
            key = known;
        }
        debug_assert!(key != NO_KEY || !turn.op.adds(), "an addition without an object");
        let mut to = turn.with(state, Applier { key, ..turn.me.then(Next::Write) });
        let kept = if mark == Mark::Aborted { Mark::Aborted } else { Mark::Open };
        to.mark(turn.tx, kept, base.serial);
        ways.push(i.does("rebases", to));
    }

    /// How many commits and how many fences of this applier are under way.
    fn flights_of(&self, state: &State, who: u8) -> (usize, usize) {
        let mut counts = (0, 0);
        for flight in self.flights.members(state.flying) {
            let writer = self.heads.get(*flight as u16).writer;
            if writer / 4 == who {
                counts.0 += 1;
            } else if writer / 4 == FENCE / 4 + who {
                counts.1 += 1;
            }
        }
        counts
    }

    fn send(&mut self, state: &State, etag: u16, head: u16) -> u32 {
        self.flights.with(state.flying, u32::from(etag) << 16 | u32::from(head))
    }
}

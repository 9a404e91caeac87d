//! The collector's steps: condemned to doomed to deleted, and sweeping after dead transactions.

use super::{
    Commit, Ways,
    head::{BUMP, COLLECT},
    rules::Reuse,
    state::{Chore, Mark, State},
};
use crate::search::Who;

const GC: Who = Who::Collector(0);

/// The state with the collector at another chore.
fn turn(state: &State, chore: Chore, chore_on: u16) -> State {
    State { chore, chore_on, ..*state }
}

impl Commit {
    pub(super) fn collector_steps(&mut self, state: &State, ways: &mut Ways) {
        let head = self.heads.get(state.head);
        let on = state.chore_on;
        let idle = turn(state, Chore::Idle, 0);
        match state.chore {
            Chore::Idle => self.choose(state, ways),
            Chore::Doom => {
                let read = self.heads.get(on);
                ways.push(if read.etag == head.etag {
                    let mut new = read.next(COLLECT);
                    new.doomed |= new.condemned;
                    new.condemned = 0;
                    GC.does("dooms the condemned", State { head: self.heads.number(new), ..idle })
                } else {
                    GC.does("dooms: 412", idle)
                });
            }
            Chore::Delete => {
                let mut to = turn(state, Chore::Clear, on);
                to.objects &= !self.heads.get(on).doomed;
                ways.push(GC.does("deletes the doomed", to));
            }
            Chore::Clear => {
                let read = self.heads.get(on);
                ways.push(if read.etag == head.etag {
                    let mut new = head.next(COLLECT);
                    new.doomed &= !read.doomed;
                    GC.does("clears the doomed", State { head: self.heads.number(new), ..idle })
                } else {
                    GC.does("clears: 412", idle)
                });
            }
            Chore::Bump => {
                let (tx, base_serial) = (on & 0xff, (on >> 8) as u8);
                let mut to = turn(state, Chore::List, tx);
                ways.push(if self.rules.collector_bumps && head.serial <= base_serial {
                    to.head = self.heads.number(head.next(BUMP));
                    GC.does("moves HEAD on", to)
                } else {
                    GC.does("need not move HEAD", to)
                });
            }
            Chore::List => {
                let named = head.live | head.condemned | head.doomed;
                let orphans = state.objects & !named & 1 << on;
                ways.push(GC.does("lists orphans", turn(state, Chore::Sweep, orphans)));
            }
            Chore::Sweep => {
                let objects = state.objects & !on;
                ways.push(GC.does("deletes orphans", State { objects, ..idle }));
            }
            Chore::DeleteUnnamed => {
                let mut same = head;
                same.condemned &= !(1 << on);
                let objects = state.objects & !(1 << on);
                let head = self.heads.number(same);
                ways.push(GC.does("deletes what it saw unnamed", State { head, objects, ..idle }));
            }
        }
        if state.chore != Chore::Idle && state.kills < self.world.kills {
            ways.push(GC.does("is killed", State { kills: state.kills + 1, ..idle }));
        }
    }

    fn choose(&self, state: &State, ways: &mut Ways) {
        debug_assert_ne!(self.rules.reuse, Reuse::Existing, "then it goes by existence too");
        let head = self.heads.get(state.head);
        if head.condemned != 0 {
            ways.push(GC.does("reads HEAD to doom", turn(state, Chore::Doom, state.head)));
        }
        if head.doomed != 0 {
            ways.push(GC.does("reads HEAD to delete", turn(state, Chore::Delete, state.head)));
        }
        for tx in 0..8 {
            let (mark, base_serial) = state.journal(tx);
            if mark == Mark::Open {
                let on = u16::from(base_serial) << 8 | u16::from(tx);
                let mut to = turn(state, Chore::Bump, on);
                to.mark(tx, Mark::Aborted, base_serial);
                ways.push(GC.does("aborts a journal", to));
            }
        }
    }

    /// The weakened collector: whatever HEAD does not name may go.
    pub(super) fn unnamed_objects(&self, state: &State, ways: &mut Ways) {
        let unnamed = state.objects & !self.heads.get(state.head).live;
        for key in 0..16 {
            if unnamed >> key & 1 == 1 {
                let to = turn(state, Chore::DeleteUnnamed, key);
                ways.push(GC.does("sees an unnamed object", to));
            }
        }
    }
}

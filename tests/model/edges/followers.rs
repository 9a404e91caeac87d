//! Two appliers committed serials 5 and 6 and now write a view, one that follows it and has no place
//! for a serial of its own, and the index of the views. Whoever writes the follower goes by the serial
//! of the view: which of the two it looks at first decides.

use crate::{
    report::{must_break, must_hold},
    search::{Broken, Model, Outcome, Until, Way, Who, search},
};

/// Serial of all files before.
const OLD: u8 = 4;
const SERIALS: [u8; 2] = [5, 6];

/// The files, in the order in which they are written.
const VIEW: usize = 0;
const FOLLOWER: usize = 1;
const INDEX: usize = 2;
const FILES: u8 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Read,
    /// Has seen the one, looks at the other.
    Look,
    Put,
    /// Killed.
    Never,
}

const NEXTS: [Next; 4] = [Next::Read, Next::Look, Next::Put, Next::Never];

#[derive(Clone, Copy, Debug)]
struct Writer {
    next: Next,
    /// Which file; 3 when through.
    file: u8,
    /// What it read there, 0 for nothing yet. Of the follower it sees that it is the same, not more.
    seen: u8,
}

#[derive(Clone, Copy, Debug)]
struct State {
    files: [u8; 3],
    writers: [Writer; 2],
}

#[derive(Debug)]
struct Followers {
    /// Whether the follower is looked at before the view whose serial counts.
    follower_first: bool,
}

impl State {
    fn with(mut self, who: usize, next: Next, file: u8, seen: u8) -> Self {
        self.writers[who] = Writer { next, file, seen };
        self
    }
}

impl Followers {
    fn writer_steps(&self, state: State, who: usize, ways: &mut Vec<Way<State>>) {
        let i = Who::Applier(who as u8);
        let Writer { next, file, seen } = state.writers[who];
        if next == Next::Never || file == FILES {
            return;
        }
        ways.push(i.does("is killed", state.with(who, Next::Never, file, 0)));
        let mine = SERIALS[who];
        let follows = usize::from(file) == FOLLOWER;
        let there = state.files[usize::from(file)];
        let view = state.files[VIEW];
        let passes = state.with(who, Next::Read, file + 1, 0);
        match next {
            Next::Read if follows && self.follower_first => {
                ways.push(i.does("reads the follower", state.with(who, Next::Look, file, there)));
            }
            Next::Read if follows && view > mine => {
                ways.push(i.does("sees a newer view", passes));
            }
            Next::Read if follows => {
                ways.push(i.does("reads the view", state.with(who, Next::Look, file, 0)));
            }
            Next::Read if there >= mine => ways.push(i.does("sees a newer one", passes)),
            Next::Read => ways.push(i.does("reads", state.with(who, Next::Put, file, there))),
            Next::Look if self.follower_first && view > mine => {
                ways.push(i.does("sees a newer view", passes));
            }
            Next::Look if self.follower_first => {
                ways.push(i.does("reads the view", state.with(who, Next::Put, file, seen)));
            }
            Next::Look => {
                ways.push(i.does("reads the follower", state.with(who, Next::Put, file, there)));
            }
            Next::Put if there == seen => {
                let mut written = passes;
                written.files[usize::from(file)] = mine;
                ways.push(i.does("writes", written));
            }
            Next::Put => {
                let again = state.with(who, Next::Read, file, 0);
                ways.push(i.does("is answered 412, looks again", again));
            }
            Next::Never => {}
        }
    }
}

impl Model<1> for Followers {
    type State = State;

    fn first(&mut self) -> State {
        let writer = Writer { next: Next::Read, file: VIEW as u8, seen: 0 };
        State { files: [OLD; 3], writers: [writer; 2] }
    }

    fn steps(&mut self, state: &State, ways: &mut Vec<Way<State>>) {
        for who in 0..2 {
            self.writer_steps(*state, who, ways);
        }
    }

    fn broken(&self, state: &State) -> Option<Broken> {
        let newest = state.files[INDEX] == SERIALS[1];
        let stale = state.files[VIEW] != SERIALS[1] || state.files[FOLLOWER] != SERIALS[1];
        (newest && stale).then_some(Broken::StaleView)
    }

    fn pack(state: &State) -> [u64; 1] {
        let mut word = 0;
        let mut add = |field: u8| word = word << 4 | u64::from(field);
        for file in state.files {
            add(file);
        }
        for writer in state.writers {
            add(writer.next as u8);
            add(writer.file);
            add(writer.seen);
        }
        [word]
    }

    fn unpack(words: &[u64; 1]) -> State {
        let mut word = words[0];
        let mut take = || {
            let field = word as u8 & 15;
            word >>= 4;
            field
        };
        // Backwards: what was packed last comes first.
        let mut writers = [Writer { next: Next::Read, file: 0, seen: 0 }; 2];
        for writer in writers.iter_mut().rev() {
            let (seen, file, next) = (take(), take(), take());
            *writer = Writer { next: NEXTS[usize::from(next)], file, seen };
        }
        let (index, follower, view) = (take(), take(), take());
        State { files: [view, follower, index], writers }
    }
}

fn searched(follower_first: bool) -> Outcome {
    search(&mut Followers { follower_first }, Until::Violation)
}

#[test]
fn a_view_that_is_looked_at_first_says_too_little() {
    must_break("edge/followers-view-first", &searched(false), &[Broken::StaleView]);
}

#[test]
fn a_follower_that_is_looked_at_first_never_goes_back() {
    must_hold("edge/followers", &searched(true));
}

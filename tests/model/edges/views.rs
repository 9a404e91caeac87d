//! Two appliers committed serials 5 and 6 and now write the view, and after it the index of the views.
//! Who comes later looks at the index alone: it must not say 6 of a view that is older.

use crate::{
    report::{must_break, must_hold},
    search::{Broken, Model, Outcome, Until, Way, Who, search},
};

/// Serial of both files before.
const OLD: u8 = 4;
const SERIALS: [u8; 2] = [5, 6];

/// The view and the index of the views, in the order in which they are written.
const VIEW: usize = 0;
const INDEX: usize = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Read,
    Put,
    /// Killed.
    Never,
}

const NEXTS: [Next; 3] = [Next::Read, Next::Put, Next::Never];

#[derive(Clone, Copy, Debug)]
struct Writer {
    next: Next,
    /// Which file; 2 when through.
    file: u8,
    /// The serial that it read there, 0 for none.
    seen: u8,
}

/// A PUT under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Put {
    file: u8,
    asks: u8,
    brings: u8,
}

#[derive(Clone, Copy, Debug)]
struct State {
    files: [u8; 2],
    writers: [Writer; 2],
    /// In order, without doubles.
    flying: [Option<Put>; 2],
}

impl State {
    fn with(mut self, who: usize, next: Next, file: u8, seen: u8) -> Self {
        self.writers[who] = Writer { next, file, seen };
        self
    }

    fn put(mut self, put: Put, compares: bool) -> (Self, bool) {
        let file = &mut self.files[usize::from(put.file)];
        let goes = !compares || *file == put.asks;
        if goes {
            *file = put.brings;
        }
        (self, goes)
    }
}

#[derive(Debug)]
struct Views {
    /// Whether views are written with `If-Match`.
    compares: bool,
}

impl Views {
    fn writer_steps(&self, state: State, who: usize, ways: &mut Vec<Way<State>>) {
        let i = Who::Applier(who as u8);
        let Writer { next, file, seen } = state.writers[who];
        if next == Next::Never || file == 2 {
            return;
        }
        ways.push(i.does("is killed", state.with(who, Next::Never, file, 0)));
        let mine = SERIALS[who];
        let there = state.files[usize::from(file)];
        let again = state.with(who, Next::Read, file, 0);
        if next == Next::Read {
            ways.push(if there >= mine {
                i.does("sees a newer one", state.with(who, Next::Read, file + 1, 0))
            } else {
                i.does("reads", state.with(who, Next::Put, file, there))
            });
            return;
        }
        let put = Put { file, asks: seen, brings: mine };
        let (written, goes) = state.put(put, self.compares);
        ways.push(if goes {
            i.does("writes", written.with(who, Next::Read, file + 1, 0))
        } else {
            i.does("is answered 412, looks again", again)
        });
        if let [first, None] = state.flying {
            let mut flying = [first, Some(put)];
            if first.is_none_or(|first| first == put) {
                flying = [Some(put), None];
            }
            // `None` would sort first.
            if flying[1].is_some() && flying[1] < flying[0] {
                flying.swap(0, 1);
            }
            ways.push(i.does("writes, the request is late", State { flying, ..again }));
        }
    }
}

impl Model<1> for Views {
    type State = State;

    fn first(&mut self) -> State {
        let writer = Writer { next: Next::Read, file: VIEW as u8, seen: 0 };
        State { files: [OLD; 2], writers: [writer; 2], flying: [None; 2] }
    }

    fn steps(&mut self, state: &State, ways: &mut Vec<Way<State>>) {
        for put in state.flying.into_iter().flatten() {
            let mut rest = *state;
            rest.flying = match state.flying {
                [Some(first), other] if first == put => [other, None],
                [first, _] => [first, None],
            };
            ways.push(Who::Network.does("a late PUT arrives", rest.put(put, self.compares).0));
        }
        for who in 0..2 {
            self.writer_steps(*state, who, ways);
        }
    }

    fn broken(&self, state: &State) -> Option<Broken> {
        let stale = state.files[INDEX] == SERIALS[1] && state.files[VIEW] != SERIALS[1];
        stale.then_some(Broken::StaleView)
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
        for put in state.flying {
            let put = put.unwrap_or(Put { file: 0, asks: 0, brings: 0 });
            add(put.file);
            add(put.asks);
            add(put.brings);
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
        let mut flying = [None; 2];
        for slot in flying.iter_mut().rev() {
            let (brings, asks, file) = (take(), take(), take());
            *slot = (brings != 0).then_some(Put { file, asks, brings });
        }
        let mut writers = [Writer { next: Next::Read, file: 0, seen: 0 }; 2];
        for writer in writers.iter_mut().rev() {
            let (seen, file, next) = (take(), take(), take());
            *writer = Writer { next: NEXTS[usize::from(next)], file, seen };
        }
        let (index, view) = (take(), take());
        State { files: [view, index], writers, flying }
    }
}

fn searched(compares: bool) -> Outcome {
    search(&mut Views { compares }, Until::Violation)
}

#[test]
fn plain_puts_leave_a_stale_view_under_a_fresh_index() {
    must_break("edge/views-first-written", &searched(false), &[Broken::StaleView]);
}

#[test]
fn puts_that_compare_never_go_back() {
    let outcome = searched(true);
    must_hold("edge/views", &outcome);
    // What an independent search of the same model, in another language, counted.
    assert_eq!(outcome.states, 1_577);
}

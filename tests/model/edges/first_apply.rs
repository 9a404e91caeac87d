//! The first applies to an empty prefix: there is no HEAD yet to build on, and so none to fence.

use crate::{
    report::{must_break, must_hold},
    search::{Broken, Model, Outcome, Until, Way, Who, search},
};

/// What is sent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// Everything as on any other day; the commit creates HEAD. Metadata without a HEAD is an error.
    Commit,
    /// An empty HEAD, create-only.
    Genesis,
}

/// Writers of a head, beside the transactions, that count from 1. Not 0, so that no head is 0.
const FENCE: u8 = 16;
const GENESIS: u8 = 32;

const MAX_KILLS: u8 = 1;

/// A HEAD in 32 bits; 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    serial: u8,
    writer: u8,
    /// Whose wish is live.
    live: u8,
    chain: u8,
}

const NONE: Head = Head { serial: 0, writer: 0, live: 0, chain: 0 };

impl Head {
    fn nonce(self) -> [u8; 2] {
        [self.serial, self.writer]
    }

    fn pack(self) -> u64 {
        u64::from(u32::from_le_bytes([self.serial, self.writer, self.live, self.chain]))
    }

    fn unpack(word: u64) -> Self {
        let [serial, writer, live, chain] = (word as u32).to_le_bytes();
        Self { serial, writer, live, chain }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Begin,
    WriteObjects,
    WriteHead,
    Ask,
    Done,
    /// It ended with the error that HEAD is missing.
    Stuck,
}

const NEXTS: [Next; 6] =
    [Next::Begin, Next::WriteObjects, Next::WriteHead, Next::Ask, Next::Done, Next::Stuck];

#[derive(Clone, Copy, Debug)]
struct Applier {
    next: Next,
    attempt: u8,
    base: Head,
}

#[derive(Clone, Copy, Debug)]
struct State {
    head: Head,
    /// Transactions that wrote their artifact and generation (one step here).
    written: u8,
    /// The one write of HEAD under way: the nonce that it asks for, and what it brings.
    flying: ([u8; 2], Head),
    appliers: [Applier; 2],
    acked: u8,
    failed: u8,
    kills: u8,
}

impl State {
    fn with(mut self, who: u8, next: Next, attempt: u8, base: Head) -> Self {
        self.appliers[usize::from(who)] = Applier { next, attempt, base };
        self
    }
}

#[derive(Debug)]
struct FirstApply(Start);

impl FirstApply {
    fn applier_steps(&self, state: State, who: u8, ways: &mut Vec<Way<State>>) {
        let i = Who::Applier(who);
        let Applier { next, attempt, base } = state.appliers[usize::from(who)];
        let tx = who * 4 + attempt;
        let wish = 1 << who;
        let done = state.with(who, Next::Done, attempt, NONE);
        let based = state.with(who, Next::WriteObjects, attempt, state.head);
        let killable = !matches!(next, Next::Begin | Next::Done | Next::Stuck);
        if killable && state.kills < MAX_KILLS {
            let mut to = state.with(who, Next::Begin, attempt + 1, NONE);
            to.kills += 1;
            ways.push(i.does("is killed", to));
        }
        match next {
            Next::Done | Next::Stuck => {}
            Next::Begin => ways.push(if state.head == NONE && self.0 == Start::Genesis {
                let head = Head { writer: GENESIS + tx, ..NONE };
                i.does("creates an empty HEAD", State { head, ..state })
            } else if state.head == NONE && state.written != 0 {
                let to = state.with(who, Next::Stuck, attempt, NONE);
                i.does("finds metadata without a HEAD: an error", to)
            } else if state.head.live & wish != 0 {
                i.does("finds nothing to do", done)
            } else {
                i.does("reads HEAD, opens its journal", based)
            }),
            Next::WriteObjects => {
                let mut to = state.with(who, Next::WriteHead, attempt, base);
                to.written |= 1 << tx;
                ways.push(i.does("writes its objects", to));
            }
            Next::WriteHead => {
                let new = Head {
                    serial: base.serial + 1,
                    writer: 1 + tx,
                    live: base.live | wish,
                    chain: base.chain | 1 << tx,
                };
                let unknown = state.with(who, Next::Ask, attempt, base);
                if state.head.nonce() == base.nonce() {
                    let to = State { head: new, acked: state.acked | 1 << tx, ..done };
                    ways.push(i.does("writes HEAD: 200", to));
                    let to = State { head: new, ..unknown };
                    ways.push(i.does("writes HEAD, the answer is lost", to));
                } else {
                    ways.push(i.does("writes HEAD: 412", unknown));
                }
                if state.flying.1 == NONE {
                    let to = State { flying: (base.nonce(), new), ..unknown };
                    ways.push(i.does("writes HEAD, the request is late", to));
                }
            }
            Next::Ask => {
                let failed = State { failed: state.failed | 1 << tx, ..done };
                ways.push(if state.head.chain >> tx & 1 == 1 {
                    i.does("finds its commit", State { acked: state.acked | 1 << tx, ..done })
                } else if state.head.nonce() != base.nonce() {
                    if state.head.live & wish != 0 {
                        i.does("finds it done by another", done)
                    } else {
                        i.does("rebases", based)
                    }
                } else if base == NONE {
                    i.does("has nothing to fence, gives up: not committed", failed)
                } else {
                    let head = Head { serial: base.serial + 1, writer: FENCE + tx, ..base };
                    i.does("fences: not committed", State { head, ..failed })
                });
            }
        }
    }
}

impl Model<4> for FirstApply {
    type State = State;

    fn first(&mut self) -> State {
        State {
            head: NONE,
            written: 0,
            flying: ([0; 2], NONE),
            appliers: [Applier { next: Next::Begin, attempt: 0, base: NONE }; 2],
            acked: 0,
            failed: 0,
            kills: 0,
        }
    }

    fn steps(&mut self, state: &State, ways: &mut Vec<Way<State>>) {
        let (asks, brings) = state.flying;
        if brings != NONE {
            let head = if state.head.nonce() == asks { brings } else { state.head };
            let to = State { head, flying: ([0; 2], NONE), ..*state };
            ways.push(Who::Network.does("a late write of HEAD arrives", to));
        }
        for who in 0..2 {
            self.applier_steps(*state, who, ways);
        }
    }

    fn broken(&self, state: &State) -> Option<Broken> {
        let over = |a: &Applier| matches!(a.next, Next::Done | Next::Stuck);
        if state.acked & !state.head.chain != 0 {
            Some(Broken::CommitLost)
        } else if state.failed & state.head.chain != 0 {
            Some(Broken::FailureCommitted)
        } else if state.head == NONE
            && state.flying.1 == NONE
            && state.appliers.iter().all(over)
            && state.appliers.iter().any(|a| a.next == Next::Stuck)
        {
            // Every later apply will end with that error too.
            Some(Broken::NotConverging)
        } else {
            None
        }
    }

    fn pack(state: &State) -> [u64; 4] {
        let [a, b] = state.appliers;
        let asks = u16::from_le_bytes(state.flying.0);
        [
            state.head.pack() | state.flying.1.pack() << 32,
            a.base.pack() | b.base.pack() << 32,
            u64::from(u32::from_le_bytes([state.written, state.acked, state.failed, state.kills]))
                | u64::from(asks) << 32,
            u64::from(u32::from_le_bytes([a.next as u8, a.attempt, b.next as u8, b.attempt])),
        ]
    }

    fn unpack(words: &[u64; 4]) -> State {
        let [heads, bases, marks, places] = *words;
        let [written, acked, failed, kills] = (marks as u32).to_le_bytes();
        let [a, a_attempt, b, b_attempt] = (places as u32).to_le_bytes();
        let applier = |next, attempt, base| Applier {
            next: NEXTS[usize::from(next)],
            attempt,
            base: Head::unpack(base),
        };
        State {
            head: Head::unpack(heads),
            flying: (((marks >> 32) as u16).to_le_bytes(), Head::unpack(heads >> 32)),
            appliers: [applier(a, a_attempt, bases), applier(b, b_attempt, bases >> 32)],
            written,
            acked,
            failed,
            kills,
        }
    }
}

fn searched(start: Start) -> Outcome {
    search(&mut FirstApply(start), Until::AllKinds)
}

#[test]
fn without_a_genesis_a_failure_may_commit_and_a_crash_may_block_for_ever() {
    let outcome = searched(Start::Commit);
    let laws = [Broken::FailureCommitted, Broken::NotConverging];
    must_break("edge/first-apply-first-written", &outcome, &laws);
    assert_eq!(outcome.states, 625, "what an independent search, in another language, counted");
}

#[test]
fn a_genesis_gives_every_first_apply_something_to_fence() {
    let outcome = searched(Start::Genesis);
    must_hold("edge/first-apply", &outcome);
    assert_eq!(outcome.states, 1_941, "what an independent search, in another language, counted");
}

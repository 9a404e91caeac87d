//! Two appliers and a collector on one HEAD, whose index is a value inside it.
//!
//! A write of HEAD may be answered, applied without an answer, refused, or land at any later moment.
//! Anyone may be killed between two steps. There is no clock: what has a grace may happen at once.

mod applier;
mod collector;
mod head;
mod laws;
pub(crate) mod rules;
mod state;
mod tests;

use head::{FIRST_KEYS, GENESIS, Head, Heads, RERUN_KEYS};
use rules::{DIGESTS, Digest, Reuse, Rules, SOUND, World};
use state::{Applier, Chore, State};

use crate::{
    search::{Broken, Model, Way, Who},
    table::Sets,
};

type Ways = Vec<Way<State>>;

#[derive(Debug)]
pub(crate) struct Commit {
    rules: Rules,
    /// Something else than the commit itself is wrong by design: reruns are not asked to converge.
    weakened: bool,
    world: World,
    heads: Heads,
    /// Sets of HEAD writes under way; each is the `ETag` that it asks for above the head that it brings.
    flights: Sets,
    /// All keys that hold a digest.
    of_digest: [u16; 3],
}

impl Commit {
    pub(crate) fn new(rules: Rules, world: World) -> Self {
        let mut of_digest = [0_u16; 3];
        for digest in DIGESTS {
            of_digest[digest as usize] |= 1 << first_key(digest);
        }
        for (who, plan) in world.plans.iter().enumerate() {
            for (n, op) in plan.iter().enumerate() {
                for attempt in 0..world.attempts {
                    let key = transaction(who as u8, n as u8, attempt);
                    of_digest[op.digest() as usize] |= 1 << key;
                }
            }
            if let Some(last) = plan.last() {
                of_digest[last.digest() as usize] |= 1 << (RERUN_KEYS + who as u8);
            }
        }
        let heads = Heads::new(rules.etag);
        let weakened = Rules { fence_write: SOUND.fence_write, ..rules } != SOUND;
        Self { rules, weakened, world, heads, flights: Sets::new(), of_digest }
    }

    fn keys(&self, digest: Digest) -> u16 {
        self.of_digest[digest as usize]
    }

    /// A key among `keys` that holds `digest`: the first upload, else the earliest transaction's.
    fn find(&self, keys: u16, digest: Digest) -> Option<u8> {
        let found = keys & self.keys(digest);
        let first = first_key(digest);
        if found >> first & 1 == 1 {
            return Some(first);
        }
        (found != 0).then(|| found.trailing_zeros() as u8)
    }

    fn satisfied(&self, head: Head, op: rules::Op) -> bool {
        (head.live & self.keys(op.digest()) != 0) == op.adds()
    }

    /// Whether a write that asks for this `ETag` goes through.
    fn matches(&self, head: Head, etag: u16) -> bool {
        !self.rules.compares || head.etag == etag
    }

    fn flights_land(&mut self, state: &State, ways: &mut Ways) {
        let count = self.flights.members(state.flying).len();
        for n in 0..count {
            let flight = self.flights.members(state.flying)[n];
            let mut to = *state;
            to.flying = self.flights.without(state.flying, flight);
            let what = if self.matches(self.heads.get(state.head), (flight >> 16) as u16) {
                to.head = flight as u16;
                "a late write of HEAD lands"
            } else {
                "a late write of HEAD is refused"
            };
            ways.push(Who::Network.does(what, to));
        }
    }
}

/// Number of a transaction: whose, which of its plan, which attempt.
fn transaction(who: u8, op: u8, attempt: u8) -> u8 {
    who * 4 + op * 2 + attempt
}

fn first_key(digest: Digest) -> u8 {
    FIRST_KEYS + digest as u8
}

impl Model<4> for Commit {
    type State = State;

    fn first(&mut self) -> State {
        let published = 1 << first_key(Digest::Y);
        let head = Head {
            serial: 1,
            writer: GENESIS,
            live: published,
            condemned: 0,
            doomed: 0,
            chain: 0,
            etag: 0,
        };
        State {
            head: self.heads.number(head),
            objects: published,
            journals: 0,
            flying: 0,
            appliers: [Applier::at(0, 0); 2],
            chore: Chore::Idle,
            chore_on: 0,
            acked: 0,
            failed: 0,
            kills: 0,
        }
    }

    fn steps(&mut self, state: &State, ways: &mut Ways) {
        self.flights_land(state, ways);
        for who in 0..2 {
            self.applier_steps(state, who, ways);
        }
        if self.rules.reuse == Reuse::Existing && state.chore == Chore::Idle {
            self.unnamed_objects(state, ways);
        } else {
            self.collector_steps(state, ways);
        }
    }

    fn broken(&self, state: &State) -> Option<Broken> {
        self.law(state)
    }

    fn pack(state: &State) -> [u64; 4] {
        state.pack()
    }

    fn unpack(words: &[u64; 4]) -> State {
        State::unpack(words)
    }
}

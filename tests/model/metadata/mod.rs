//! HEAD names a generation, that names index documents, and those name artifacts: each an object of
//! its own, written before it is named and pruned by collectors.
//!
//! Faults are those of the commit model, but only one write of HEAD is under way at a time.

mod applier;
mod collector;
mod laws;
mod objects;
pub(crate) mod rules;
mod state;
mod tests;

use objects::{FIRST_Y, Generation, Head, Is, NOBODY, Object, Objects};
use rules::{Name, Op, Rules, World};
use state::{Applier, Collector, State};

use crate::{
    search::{Broken, Model, Way, Who},
    table::Sets,
};

type Ways = Vec<Way<State>>;

#[derive(Debug)]
pub(crate) struct Metadata {
    rules: Rules,
    world: World,
    objects: Objects,
    /// Sets of generations and index documents.
    sets: Sets,
    /// All artifacts of a name.
    of_name: [u16; 2],
    first_document: u16,
    first_generation: u16,
}

impl Metadata {
    pub(crate) fn new(rules: Rules, world: World) -> Self {
        let mut objects = Objects::new();
        let nobodys = |is| Object { owner: NOBODY, base_serial: 0, is };
        let first_document = objects.number(nobodys(Is::Document(FIRST_Y)));
        let generation = Generation { document: first_document, condemned: 0, doomed: 0, chain: 0 };
        let first_generation = objects.number(nobodys(Is::Generation(generation)));
        let mut of_name = [0, FIRST_Y];
        for (n, op) in world.plans.iter().copied().flatten().enumerate() {
            let name = match op {
                Op::Add(name) | Op::Remove(name) => *name,
                Op::Rollback | Op::Repair => Name::Y,
            };
            of_name[name as usize] |= 0b1111 << (n * 4);
        }
        let sets = Sets::new();
        Self { rules, world, objects, sets, of_name, first_document, first_generation }
    }

    fn of_name(&self, name: Name) -> u16 {
        self.of_name[name as usize]
    }

    fn satisfied(&self, head: u16, op: Op) -> bool {
        let live = self.objects.live(self.objects.of_head(head));
        match op {
            Op::Add(name) => live & self.of_name(name) != 0,
            Op::Remove(name) => live & self.of_name(name) == 0,
            Op::Rollback => live == FIRST_Y,
            Op::Repair => live & FIRST_Y == 0,
        }
    }
}

impl Model<8> for Metadata {
    type State = State;

    fn first(&mut self) -> State {
        let generation = self.first_generation;
        let mut metadata = self.sets.with(0, u32::from(self.first_document));
        metadata = self.sets.with(metadata, u32::from(generation));
        State {
            head: self.objects.number_head(Head { serial: 1, writer: NOBODY, generation }),
            metadata,
            artifacts: FIRST_Y,
            journals: [0; 2],
            flying: None,
            appliers: [Applier::at(0, 0); 2],
            collectors: [Collector::idle(0); 2],
            acked: 0,
            failed: 0,
            kills: 0,
        }
    }

    fn steps(&mut self, state: &State, ways: &mut Ways) {
        if self.world.meddled && state.artifacts & FIRST_Y != 0 {
            let to = State { artifacts: state.artifacts & !FIRST_Y, ..*state };
            ways.push(Who::Hand.does("an object is deleted", to));
        }
        if let Some((asks, brings)) = state.flying {
            let mut to = State { flying: None, ..*state };
            if self.objects.head(state.head).nonce() == asks {
                to.head = brings;
            }
            ways.push(Who::Network.does("a late write of HEAD arrives", to));
        }
        for who in 0..2 {
            self.applier_steps(state, who, ways);
        }
        for who in 0..self.world.collectors {
            self.collector_steps(state, who, ways);
        }
    }

    fn broken(&self, state: &State) -> Option<Broken> {
        self.law(state)
    }

    fn pack(state: &State) -> [u64; 8] {
        state.pack()
    }

    fn unpack(words: &[u64; 8]) -> State {
        State::unpack(words)
    }
}

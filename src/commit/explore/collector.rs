//! A collector that takes one of the transactions for dead, at any moment, and deletes what is its.

use std::collections::VecDeque;

use super::{Bug, carry::How, steps::label, world::World};
use crate::commit::{Effect, End, Event, Sweep, Sweeper, Swept};
use crate::model::{Generation, JournalState, ObjectKey, Tx};

#[derive(Debug, Clone, Default)]
pub(super) struct Collector {
    /// None: it has not begun, or has come to its end.
    sweeping: Option<(Tx, Sweeper)>,
    todo: VecDeque<Effect>,
    /// It works once.
    spent: bool,
}

impl Collector {
    pub(super) fn new(collectors: u8) -> Self {
        Self { spent: collectors == 0, ..Self::default() }
    }
}

impl World {
    fn reached(&self) -> Option<Box<Generation>> {
        self.generation(self.head.as_ref()?.head.r#gen.as_ref()?)
    }

    /// Adds what the collector may do.
    pub(super) fn collector_next(&self, bug: Bug, all: &mut Vec<(String, Self)>) {
        let Some((tx, _)) = &self.collector.sweeping else {
            if !self.collector.spent {
                self.begin_sweeps(all);
            }
            return;
        };
        let Some(effect) = self.collector.todo.front() else { return };
        let name = format!("the collector, on {tx}: {}", label(effect));
        if self.faults > 0 {
            let mut killed = self.clone();
            killed.faults -= 1;
            killed.collector = Collector { spent: true, ..Collector::default() };
            all.push((format!("{name}: killed before"), killed));
        }
        for how in How::ALL {
            if how != How::Answered && self.faults == 0 {
                continue;
            }
            let mut world = self.clone();
            if how != How::Answered {
                world.faults -= 1;
            }
            let Some(effect) = world.collector.todo.pop_front() else { continue };
            let skipped = bug == Bug::SweepWithoutFence && matches!(effect, Effect::Fence { .. });
            if skipped {
                world.bury(&tx.clone());
                all.push((format!("{name}: left out"), world));
                continue;
            }
            let none = std::collections::BTreeMap::new();
            if let Some(event) = world.carry_out(tx, &none, &effect, how, bug) {
                world.tell_collector(event);
                all.push((format!("{name}: {how:?}"), world));
            }
        }
    }

    fn begin_sweeps(&self, all: &mut Vec<(String, Self)>) {
        for (tx, (journal, revision)) in &self.journals {
            if journal.state == JournalState::Done {
                continue;
            }
            let found = self.reached().is_some_and(|at| at.transactions.contains(tx));
            let sweeper = Sweeper::new(Sweep {
                journal: journal.clone(),
                revision: revision.clone(),
                floor: self.head.as_ref().map_or(0, |base| base.head.serial),
                found,
                nonce: format!("sweep of {tx}"),
                patience: 2,
            });
            let mut world = self.clone();
            world.collector = Collector {
                sweeping: Some((tx.clone(), sweeper)),
                todo: VecDeque::new(),
                spent: true,
            };
            world.tell_collector(Event::Sweep);
            all.push((format!("a collector takes {tx} for dead"), world));
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all else is for the store")]
    fn tell_collector(&mut self, event: Event) {
        let Some((tx, sweeper)) = &mut self.collector.sweeping else { return };
        let (tx, effects) = (tx.clone(), sweeper.step(event));
        for effect in effects {
            match effect {
                Effect::End(End::Swept(Swept::Dead)) => self.bury(&tx),
                Effect::End(_) => self.collector.sweeping = None,
                asked => self.collector.todo.push_back(asked),
            }
        }
    }

    /// Deletes what carries the name of a transaction and is not reached.
    fn bury(&mut self, tx: &Tx) {
        self.collector.sweeping = None;
        self.collector.todo.clear();
        let generation = self.head.as_ref().and_then(|base| base.head.r#gen.clone());
        let reached = self.reached();
        let keeps = |key: &ObjectKey| {
            generation.as_ref().is_some_and(|at| at.key == *key)
                || reached.as_ref().is_some_and(|at| at.index.values().any(|at| at.key == *key))
        };
        let ending = format!("-{tx}");
        self.objects.retain(|key, _| !key.as_str().ends_with(&ending) || keeps(key));
    }
}

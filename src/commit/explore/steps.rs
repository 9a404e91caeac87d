//! What the actors do next, and who calls them.

use std::collections::{BTreeMap, VecDeque};

use super::{Bug, carry::How, world::World};
use crate::commit::{Effect, End, Event, Proposal};
use crate::model::{FORMAT, Generation, ObjectKey, ObjectRef, Sha256};

impl World {
    /// Hands an event to an actor's machine, and acts as its caller until it asks the store again.
    pub(super) fn tell(&mut self, n: usize, event: Event, bug: Bug) {
        let mut effects = VecDeque::from(self.actors[n].machine.step(event));
        while let Some(effect) = effects.pop_front() {
            let Effect::End(end) = effect else {
                self.actors[n].todo.push_back(effect);
                continue;
            };
            let (tx, nonce) =
                (self.actors[n].machine.setup.tx.clone(), self.actors[n].nonce.clone());
            match end {
                End::Ready => {
                    let event = self.propose(n);
                    effects.extend(self.actors[n].machine.step(event));
                }
                End::Committed { .. } => {
                    self.acked.insert((tx, nonce));
                    self.actors[n].over = true;
                }
                End::LostRace(_) => {
                    self.failed.insert(nonce);
                    let event = match self.head.clone() {
                        Some(base) if self.actors[n].rebases == 0 => {
                            self.actors[n].rebases += 1;
                            Event::Rebase(base)
                        }
                        Some(_) | None => Event::Abandon,
                    };
                    effects.extend(self.actors[n].machine.step(event));
                }
                End::NotCommitted(_) => {
                    self.failed.insert(nonce);
                    effects.extend(self.actors[n].machine.step(Event::Abandon));
                }
                End::Undecided => {
                    if bug == Bug::UndecidedIsFailed {
                        self.failed.insert(nonce);
                    }
                    self.actors[n].over = true;
                }
                End::Failed(_) | End::Abandoned | End::Swept(_) => {
                    self.failed.insert(nonce);
                    self.actors[n].over = true;
                }
            }
        }
    }

    fn propose(&mut self, n: usize) -> Event {
        let base =
            self.actors[n].machine.base().cloned().expect("ready means that there is a base");
        let tx = self.actors[n].machine.setup.tx.clone();
        let mut transactions = match base.head.r#gen.as_ref().and_then(|at| self.generation(at)) {
            Some(generation) => generation.transactions,
            None => Vec::new(),
        };
        transactions.push(tx.clone());
        let serial = base.head.serial + 1;
        let document = ObjectKey::new(format!("index/{serial}-{tx}"));
        let key = ObjectKey::new(format!("gen/{serial}-{tx}"));
        let named = ObjectRef { key: document.clone(), sha256: Sha256::of(b"") };
        let id = crate::model::DependencyId::new("d").expect("an id");
        let generation = Generation {
            format: FORMAT,
            serial,
            tx,
            index: BTreeMap::from([(id, named)]),
            condemned: Vec::new(),
            replaced: Vec::new(),
            doomed: Vec::new(),
            transactions,
            at: jiff::Timestamp::UNIX_EPOCH,
            by: None,
            summary: BTreeMap::new(),
            parent: base.head,
        };
        let actor = &mut self.actors[n];
        actor.nonce = format!("{}{serial}", actor.name);
        actor.drafts = BTreeMap::from([(document.clone(), None), (key.clone(), Some(generation))]);
        Event::Commit(Proposal {
            documents: vec![document],
            generation: ObjectRef { key, sha256: Sha256::of(b"") },
            nonce: actor.nonce.clone(),
            fence: format!("fence of {}", actor.nonce),
            previous: Sha256::of(b""),
        })
    }

    /// Every state that may follow.
    pub(super) fn next(&self, bug: Bug) -> Vec<(String, Self)> {
        let mut all = Vec::new();
        for n in 0..self.loose.len() {
            let mut vanished = self.clone();
            let (matches, head) = vanished.loose.remove(n);
            let mut landed = vanished.clone();
            landed.put_head(matches.as_ref(), head, bug);
            all.push(("a swap vanishes".to_owned(), vanished));
            all.push(("a late swap arrives".to_owned(), landed));
        }
        for (n, actor) in self.actors.iter().enumerate().filter(|(_, actor)| !actor.over) {
            let Some(effect) = actor.todo.front() else {
                let mut begun = self.clone();
                let base = self.head.clone();
                let lineage = format!("lineage of {}", actor.name);
                let nonce = format!("genesis of {}", actor.name);
                begun.tell(n, Event::Begin { base, lineage, nonce }, bug);
                all.push((format!("{} begins", actor.name), begun));
                continue;
            };
            let name = format!("{} {}", actor.name, label(effect));
            if self.faults > 0 {
                let mut killed = self.clone();
                killed.faults -= 1;
                killed.actors[n].over = true;
                killed.actors[n].todo.clear();
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
                let Some(effect) = world.actors[n].todo.pop_front() else { continue };
                let tx = world.actors[n].machine.setup.tx.clone();
                let drafts = world.actors[n].drafts.clone();
                if let Some(event) = world.carry_out(&tx, &drafts, &effect, how, bug) {
                    world.tell(n, event, bug);
                    all.push((format!("{name}: {how:?}"), world));
                }
            }
        }
        self.collector_next(bug, &mut all);
        all
    }
}

pub(super) fn label(effect: &Effect) -> String {
    let text = format!("{effect:?}");
    text.split(['{', '(']).next().unwrap_or_default().trim().to_owned()
}

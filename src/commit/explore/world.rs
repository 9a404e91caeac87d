//! The world of the search: a store, two transactions with their callers, and what may go wrong.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt::Write as _,
    hash::{DefaultHasher, Hasher as _},
};

use crate::commit::{Answer, Base, Comparison, Effect, End, Event, Machine, Proposal, Setup};
use crate::model::{FORMAT, Generation, Head, Journal, ObjectKey, ObjectRef, Revision, Sha256, Tx};

use super::Bug;

#[derive(Debug, Clone)]
pub(super) struct Actor {
    name: &'static str,
    machine: Machine,
    todo: VecDeque<Effect>,
    /// Generations by key: what a write of that key writes.
    drafts: BTreeMap<ObjectKey, Option<Generation>>,
    nonce: String,
    rebases: u8,
    over: bool,
}

#[derive(Debug, Clone)]
pub(super) struct World {
    head: Option<Base>,
    /// Every nonce that ever was HEAD's.
    history: BTreeSet<String>,
    objects: BTreeMap<ObjectKey, Option<Generation>>,
    journals: BTreeMap<Tx, (Journal, Revision)>,
    /// Swaps under way: what they must match (none: absence), and the content.
    loose: Vec<(Option<Revision>, Head)>,
    actors: [Actor; 2],
    acked: BTreeSet<(Tx, String)>,
    failed: BTreeSet<String>,
    faults: u8,
}

fn actor(name: &'static str) -> Actor {
    let setup = Setup {
        tx: Tx(name.to_owned()),
        project: "p".to_owned(),
        by: None,
        tool: "test".to_owned(),
        now: jiff::Timestamp::UNIX_EPOCH,
        patience: 2,
    };
    Actor {
        name,
        machine: Machine::new(setup),
        todo: VecDeque::new(),
        drafts: BTreeMap::new(),
        nonce: String::new(),
        rebases: 0,
        over: false,
    }
}

impl World {
    pub(super) fn new(faults: u8) -> Self {
        Self {
            head: None,
            history: BTreeSet::new(),
            objects: BTreeMap::new(),
            journals: BTreeMap::new(),
            loose: Vec::new(),
            actors: [actor("A"), actor("B")],
            acked: BTreeSet::new(),
            failed: BTreeSet::new(),
            faults,
        }
    }

    fn put_head(&mut self, matches: Option<&Revision>, head: Head, bug: Bug) -> Answer {
        let holds = match (matches, &self.head) {
            (None, None) => true,
            (Some(wanted), Some(base)) => bug == Bug::NoCondition || *wanted == base.revision,
            (Some(_), None) => return Answer::Missing,
            (None, Some(_)) => false,
        };
        if !holds {
            return Answer::Precondition;
        }
        self.history.insert(head.nonce.clone());
        let revision = Revision(head.nonce.clone());
        self.head = Some(Base { head, revision: revision.clone() });
        Answer::Done(revision)
    }

    fn put_journal(&mut self, journal: Journal, matches: Option<&Revision>) -> Answer {
        match (matches, self.journals.get(&journal.tx)) {
            (None, Some(_)) => Answer::Precondition,
            (Some(_), None) => Answer::Missing,
            (Some(wanted), Some((_, found))) if wanted != found => Answer::Precondition,
            (None, None) | (Some(_), Some(_)) => {
                let revision = Revision(format!("{:?}{}", journal.state, journal.base_serial));
                self.journals.insert(journal.tx.clone(), (journal, revision.clone()));
                Answer::Done(revision)
            }
        }
    }

    fn put_object(&mut self, key: &ObjectKey, content: Option<Generation>) -> Answer {
        if self.objects.contains_key(key) {
            return Answer::Precondition;
        }
        self.objects.insert(key.clone(), content);
        Answer::Done(Revision(key.to_string()))
    }

    fn generation(&self, at: &ObjectRef) -> Option<Box<Generation>> {
        self.objects.get(&at.key).cloned().flatten().map(Box::new)
    }

    /// Hands an event to an actor's machine, and acts as its caller until it asks the store again.
    fn tell(&mut self, n: usize, event: Event, bug: Bug) {
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
                End::Failed(_) | End::Abandoned => {
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
            for how in [How::Answered, How::Lost, How::Dropped, How::Delayed, How::Refused] {
                if how != How::Answered && self.faults == 0 {
                    continue;
                }
                let mut world = self.clone();
                if how != How::Answered {
                    world.faults -= 1;
                }
                let Some(effect) = world.actors[n].todo.pop_front() else { continue };
                if let Some(event) = world.carry_out(n, &effect, how, bug) {
                    world.tell(n, event, bug);
                    all.push((format!("{name}: {how:?}"), world));
                }
            }
        }
        all
    }

    /// Carries an effect out in one way; none: that way makes no sense for it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is no write is a read")]
    fn carry_out(&mut self, n: usize, effect: &Effect, how: How, bug: Bug) -> Option<Event> {
        let unknown = if bug == Bug::UnknownIsRefused {
            Answer::Refused("reset".to_owned())
        } else {
            Answer::Unknown
        };
        let answer = |world: &mut Self, write: &mut dyn FnMut(&mut Self) -> Answer| match how {
            How::Answered => Some(write(world)),
            How::Lost => {
                write(world);
                Some(unknown.clone())
            }
            How::Dropped => Some(unknown.clone()),
            How::Refused => Some(Answer::Refused("403".to_owned())),
            How::Delayed => None,
        };
        let tx = self.actors[n].machine.setup.tx.clone();
        let write = match effect {
            Effect::CreateHead { head, .. } | Effect::SwapHead { head, .. } => {
                let matches = match effect {
                    Effect::SwapHead { matches, .. } => Some(matches.clone()),
                    _ => None,
                };
                if how == How::Delayed {
                    self.loose.push((matches, head.clone()));
                    return Some(Event::HeadWritten(unknown));
                }
                let put = &mut |w: &mut Self| w.put_head(matches.as_ref(), head.clone(), bug);
                Event::HeadWritten(answer(self, put)?)
            }
            Effect::CreateJournal { journal, .. } => {
                let put = &mut |w: &mut Self| w.put_journal(journal.clone(), None);
                Event::JournalWritten(answer(self, put)?)
            }
            Effect::SwapJournal { journal, matches, .. } => {
                let put = &mut |w: &mut Self| w.put_journal(journal.clone(), Some(matches));
                Event::JournalWritten(answer(self, put)?)
            }
            Effect::Write { key, .. } => {
                let draft = self.actors[n].drafts.get(key).cloned().flatten();
                let put = &mut |w: &mut Self| w.put_object(key, draft.clone());
                let answer = answer(self, put)?;
                if bug == Bug::DocumentsUnchecked && answer == Answer::Unknown {
                    return Some(Event::Written(
                        key.clone(),
                        Answer::Done(Revision(key.to_string())),
                    ));
                }
                Event::Written(key.clone(), answer)
            }
            read => {
                return match how {
                    How::Answered => Some(self.read(read, &tx)),
                    How::Dropped => Some(Event::ReadFailed),
                    How::Lost | How::Delayed | How::Refused => None,
                };
            }
        };
        Some(write)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all else is a write")]
    fn read(&self, effect: &Effect, tx: &Tx) -> Event {
        match effect {
            Effect::LookForGenerations => {
                Event::Generations(self.objects.keys().any(|key| key.as_str().starts_with("gen/")))
            }
            Effect::ReadBase => Event::BaseRead(self.head.clone()),
            Effect::ReadHead => Event::HeadRead(self.head.clone()),
            Effect::ReadJournal => Event::JournalRead(self.journals.get(tx).cloned()),
            Effect::ReadGeneration(at) => Event::GenerationRead(self.generation(at)),
            Effect::Compare(key) => Event::Compared(
                key.clone(),
                if self.objects.contains_key(key) { Comparison::Same } else { Comparison::Absent },
            ),
            other => panic!("{other:?} is no read"),
        }
    }

    pub(super) fn violation(&self) -> Option<String> {
        if let Some(at) = self.head.as_ref().and_then(|base| base.head.r#gen.as_ref()) {
            let Some(generation) = self.generation(at) else {
                return Some(format!("HEAD names `{}`, which is missing", at.key));
            };
            for named in generation.index.values() {
                if !self.objects.contains_key(&named.key) {
                    return Some(format!("HEAD reaches `{}`, which is missing", named.key));
                }
            }
            if let Some((tx, _)) =
                self.acked.iter().find(|(tx, _)| !generation.transactions.contains(tx))
            {
                return Some(format!("{tx} was reported as committed and is not in the chain"));
            }
        } else if !self.acked.is_empty() {
            return Some("a commit was reported and HEAD has none".to_owned());
        }
        if let Some(nonce) = self.failed.iter().find(|nonce| self.history.contains(*nonce)) {
            return Some(format!("{nonce} was reported as not committed and is in the chain"));
        }
        None
    }

    /// What tells states apart. Contents follow from keys, and effects from phases.
    pub(super) fn fingerprint(&self) -> u64 {
        struct Into64(DefaultHasher);
        impl std::fmt::Write for Into64 {
            fn write_str(&mut self, text: &str) -> std::fmt::Result {
                self.0.write(text.as_bytes());
                Ok(())
            }
        }
        let mut hasher = Into64(DefaultHasher::new());
        let journals: Vec<_> = self.journals.iter().map(|(tx, (_, at))| (tx, at)).collect();
        let loose: Vec<_> = self.loose.iter().map(|(at, head)| (at, &head.nonce)).collect();
        let head = self.head.as_ref().map(|base| &base.revision);
        let objects: Vec<_> = self.objects.keys().collect();
        let told = (&self.acked, &self.failed, self.faults);
        write!(hasher, "{head:?}{:?}{objects:?}{journals:?}{loose:?}{told:?}", self.history)
            .expect("a hasher takes everything");
        for actor in &self.actors {
            let machine = &actor.machine;
            let base = machine.base.as_ref().map(|base| &base.revision);
            let own = (base, &machine.journal, &machine.phase, actor.todo.len(), actor.over);
            write!(hasher, "{own:?}{}{}", actor.nonce, actor.rebases)
                .expect("a hasher takes everything");
        }
        hasher.0.finish()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Answered,
    /// Applied, the answer lost.
    Lost,
    /// Not applied, no answer.
    Dropped,
    /// No answer; it lands or vanishes at any later moment.
    Delayed,
    /// 403, not applied.
    Refused,
}

fn label(effect: &Effect) -> String {
    let text = format!("{effect:?}");
    text.split(['{', '(']).next().unwrap_or_default().trim().to_owned()
}

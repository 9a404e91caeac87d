//! The world of the search: a store, two transactions with their callers, and what may go wrong.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt::Write as _,
    hash::{DefaultHasher, Hasher as _},
};

use super::{Bug, collector::Collector};
use crate::commit::{Answer, Base, Effect, Machine, Setup};
use crate::model::{
    Checksums, Conditions, Generation, Head, Journal, ObjectKey, ObjectRef, Probe, Revision, Tx,
};

/// What every store here is.
pub(super) fn probe() -> Probe {
    Probe {
        location: "store".to_owned(),
        conditions: Conditions::Atomic,
        checksums: Checksums::Verified,
        at: jiff::Timestamp::UNIX_EPOCH,
    }
}

#[derive(Debug, Clone)]
pub(super) struct Actor {
    pub(super) name: &'static str,
    pub(super) machine: Machine,
    pub(super) todo: VecDeque<Effect>,
    /// Generations by key: what a write of that key writes.
    pub(super) drafts: BTreeMap<ObjectKey, Option<Generation>>,
    pub(super) nonce: String,
    pub(super) rebases: u8,
    pub(super) over: bool,
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) head: Option<Base>,
    /// Every nonce that ever was HEAD's.
    pub(super) history: BTreeSet<String>,
    pub(super) objects: BTreeMap<ObjectKey, Option<Generation>>,
    pub(super) journals: BTreeMap<Tx, (Journal, Revision)>,
    /// Swaps under way: what they must match (none: absence), and the content.
    pub(super) loose: Vec<(Option<Revision>, Head)>,
    pub(super) actors: [Actor; 2],
    pub(super) acked: BTreeSet<(Tx, String)>,
    pub(super) failed: BTreeSet<String>,
    pub(super) collector: Collector,
    pub(super) faults: u8,
}

fn actor(name: &'static str) -> Actor {
    let setup = Setup {
        tx: Tx(name.to_owned()),
        project: "p".to_owned(),
        by: None,
        tool: "test".to_owned(),
        now: jiff::Timestamp::UNIX_EPOCH,
        patience: 2,
        location: "store".to_owned(),
        single_writer: false,
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
    pub(super) fn new(faults: u8, collectors: u8) -> Self {
        Self {
            head: None,
            history: BTreeSet::new(),
            objects: BTreeMap::new(),
            journals: BTreeMap::new(),
            loose: Vec::new(),
            actors: [actor("A"), actor("B")],
            acked: BTreeSet::new(),
            failed: BTreeSet::new(),
            collector: Collector::new(collectors),
            faults,
        }
    }

    pub(super) fn put_head(&mut self, matches: Option<&Revision>, head: Head, bug: Bug) -> Answer {
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

    pub(super) fn put_journal(&mut self, journal: Journal, matches: Option<&Revision>) -> Answer {
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

    pub(super) fn put_object(&mut self, key: &ObjectKey, content: Option<Generation>) -> Answer {
        if self.objects.contains_key(key) {
            return Answer::Precondition;
        }
        self.objects.insert(key.clone(), content);
        Answer::Done(Revision(key.to_string()))
    }

    pub(super) fn generation(&self, at: &ObjectRef) -> Option<Box<Generation>> {
        self.objects.get(&at.key).cloned().flatten().map(Box::new)
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
        let told = (&self.acked, &self.failed, self.faults, &self.collector);
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

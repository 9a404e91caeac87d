//! What appliers want: some addresses with some content, some gone.

use std::collections::BTreeMap;

use bytes::Bytes;
use depstate::{
    model::{Address, Code, Condemned, InputDigest, Record, Sha256, Snapshot},
    state::Changes,
};

use crate::{
    state::fixture::{address, record},
    support::model::{Intent, Rng},
};

const ADDRESSES: [&str; 7] =
    ["node@1/any", "node@2/any", "ruby@1/any", "ruby@2/any", "ruby@2/arm", "go@1/any", "go@2/any"];

/// What an address should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) variant: u64,
    /// What it replaces is damaged: doomed, not condemned.
    pub(crate) repair: bool,
}

/// Some addresses, each with what it should have; none: nothing.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) wanted: BTreeMap<Address, Option<Want>>,
}

/// What is to be done for a wish.
pub(crate) struct Todo {
    pub(crate) uploads: Vec<(Address, Want)>,
    pub(crate) changes: Changes,
}

impl Want {
    pub(crate) fn content(self, address: &Address) -> Bytes {
        // Some variants are rebuilt with the same bytes.
        format!("{address} {}", self.variant % 5).into()
    }

    pub(crate) fn input(self, address: &Address) -> InputDigest {
        InputDigest(Sha256::of(format!("{address} from {}", self.variant).as_bytes()))
    }

    pub(crate) fn record(
        self,
        address: &Address,
        key: depstate::model::ObjectKey,
        revision: depstate::model::Revision,
    ) -> Record {
        let text = self.content(address);
        let text = std::str::from_utf8(&text).unwrap();
        Record { input: self.input(address), ..record(address.clone(), key, revision, text) }
    }
}

impl Wish {
    pub(crate) fn some(rng: &mut Rng) -> Self {
        let mut wanted = BTreeMap::new();
        for _ in 0..=rng.below(3) {
            let want = Want { variant: rng.below(8) as u64, repair: rng.chance(120) };
            wanted
                .insert(address(rng.pick::<&str>(&ADDRESSES)), (!rng.chance(300)).then_some(want));
        }
        Self { wanted }
    }

    /// A wish that says something of every address.
    pub(crate) fn all(rng: &mut Rng) -> Self {
        let wanted = ADDRESSES.iter().map(|name| {
            let want = Want { variant: rng.below(8) as u64, repair: false };
            (address(name), (!rng.chance(300)).then_some(want))
        });
        Self { wanted: wanted.collect() }
    }

    /// The first half of it, so that a commit is made as one goes.
    pub(crate) fn half(&self) -> Self {
        let some = self.wanted.len().div_ceil(2);
        Self { wanted: self.wanted.clone().into_iter().take(some).collect() }
    }

    /// Lays it beside what is published. `uploaded`: what this transaction has in the store.
    pub(crate) fn diff(&self, base: &Snapshot, uploaded: &BTreeMap<Address, Record>) -> Todo {
        let mut todo = Todo { uploads: Vec::new(), changes: Changes::default() };
        for (address, want) in &self.wanted {
            let live = base.live.get(address);
            let Some(want) = want else {
                if live.is_some() {
                    todo.changes.retire.insert(address.clone(), Code::LINE_KEEPS);
                }
                continue;
            };
            let input = want.input(address);
            if live.is_some_and(|live| live.input == input) {
                continue;
            }
            let same = |at: &&Condemned| at.record.address == *address && at.record.input == input;
            let back = base.condemned.values().find(same).map(|at| at.record.clone());
            let record = match (back, uploaded.get(address)) {
                (Some(back), _) if !base.doomed.contains(&back.key) => {
                    todo.changes.take_back.insert(back.key.clone());
                    back
                }
                (_, Some(record)) => record.clone(),
                (_, None) => {
                    todo.uploads.push((address.clone(), *want));
                    continue;
                }
            };
            if want.repair && live.is_some() {
                todo.changes.doom.insert(address.clone());
            }
            todo.changes.set.insert(address.clone(), record);
        }
        todo
    }
}

impl Todo {
    pub(crate) fn idle(&self) -> bool {
        self.uploads.is_empty() && self.changes.set.is_empty() && self.changes.retire.is_empty()
    }

    pub(crate) fn intent(&self) -> Intent {
        let Changes { set, retire, doom, .. } = &self.changes;
        Intent {
            set: set.iter().map(|(at, record)| (at.to_string(), record.key.to_string())).collect(),
            retire: retire.keys().map(ToString::to_string).collect(),
            doom: doom.iter().map(ToString::to_string).collect(),
        }
    }
}

//! The bookkeeping of a change: from a snapshot to the documents of the next generation.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::{Author, StateError, driver::digest, keys};
use crate::{
    commit::{LISTED, Proposal},
    model::{
        Address, Code, Condemned, DependencyId, FORMAT, Generation, IndexRef, ObjectKey, ObjectRef,
        Record, Replaced, Sha256, Snapshot, Summary, Tx,
    },
    wire::objects::{encode_generation, encode_index},
};

/// A change of the index.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Records to write: new ones, and those that replace what the address has. A key in them was
    /// made by this transaction, or the base reaches it for the same address: the artifact's and those
    /// of side documents.
    pub set: BTreeMap<Address, Record>,
    /// Addresses that leave the index, with the reason's code.
    pub retire: BTreeMap<Address, Code>,
    /// Addresses whose old object is missing or altered: the old key is doomed, not condemned.
    pub doom: BTreeSet<Address>,
    /// Keys taken back from `condemned` (wanted again); their records stand in `set`.
    pub take_back: BTreeSet<ObjectKey>,
    /// Condemned keys whose grace is over: they and their side documents become doomed. Also side
    /// documents that were replaced and are past theirs.
    pub collect: BTreeSet<ObjectKey>,
    /// Doomed keys that are deleted.
    pub cleared: BTreeSet<ObjectKey>,
    /// The counters for the generation.
    pub summary: Summary,
}

/// A change, ready to be written.
pub(super) struct Prepared {
    /// The new documents, by key.
    pub(super) bodies: BTreeMap<ObjectKey, Bytes>,
    /// What the machine needs to know.
    pub(super) proposal: Proposal,
    /// What will be published: the base's HEAD and revision are still to be replaced.
    pub(super) after: Snapshot,
}

/// Why a change can't be prepared.
pub(super) enum Unfit {
    /// It does not fit the base; the text is for a person.
    Contradiction(String),
    /// It can't be written down.
    Unwritable(StateError),
}

/// Prepares a change; none: nothing would change.
pub(super) fn prepare(
    base: &Snapshot,
    changes: &Changes,
    author: &Author,
    tx: &Tx,
) -> Result<Option<Prepared>, Unfit> {
    let parent = base.generation.as_ref();
    if parent.is_none() && base.head.r#gen.is_some() {
        return Err(contradiction("the snapshot lacks the generation that its HEAD names"));
    }
    let at = parent.map_or(author.now, |parent| parent.at.max(author.now));
    let mut ledger =
        Ledger { after: base.clone(), touched: BTreeSet::new(), retired: at, doom: &changes.doom };
    for key in &changes.take_back {
        if !base.condemned.contains_key(key) {
            return Err(contradiction(format!("`{key}` can't be taken back: it is not condemned")));
        }
    }
    for (address, record) in &changes.set {
        if changes.retire.contains_key(address) {
            return Err(contradiction(format!("`{address}` would be set and retired at once")));
        }
        justify(base, address, record, tx)?;
        ledger.set(address, record)?;
    }
    for (address, code) in &changes.retire {
        ledger.retire(address, *code);
    }
    for key in &changes.collect {
        ledger.collect(key)?;
    }
    for key in &changes.cleared {
        if !ledger.after.doomed.remove(key) {
            return Err(contradiction(format!("`{key}` can't be cleared: it is not doomed")));
        }
    }
    if ledger.touched.is_empty() && changes.collect.is_empty() && changes.cleared.is_empty() {
        return Ok(None);
    }
    let Ledger { after, touched, .. } = ledger;
    each_key_once(&after)?;
    write(base, after, &touched, changes, author, tx, at).map(Some).map_err(Unfit::Unwritable)
}

/// The state under a change.
struct Ledger<'a> {
    after: Snapshot,
    touched: BTreeSet<DependencyId>,
    retired: jiff::Timestamp,
    doom: &'a BTreeSet<Address>,
}

impl Ledger<'_> {
    fn set(&mut self, address: &Address, record: &Record) -> Result<(), Unfit> {
        let old = self.after.live.insert(address.clone(), record.clone());
        if old.as_ref() == Some(record) {
            return Ok(());
        }
        self.touched.insert(address.dependency.clone());
        // Live and condemned at once would be collected while it is live.
        let back = self.after.condemned.remove(&record.key).map(|condemned| condemned.record);
        let same = old.as_ref().filter(|old| old.key == record.key);
        for side in back.iter().chain(same).flat_map(|before| &before.side) {
            self.after.replaced.insert(side.clone(), self.retired);
        }
        for side in &record.side {
            self.after.replaced.remove(side);
        }
        match old {
            Some(old) if old.key != record.key => {
                let why = if old.source.sha256 == record.source.sha256 {
                    Code::INPUT_CHANGED
                } else {
                    Code::SOURCE_CHANGED
                };
                self.leave(old, why, &record.side);
                Ok(())
            }
            Some(_) if self.doom.contains(address) => Err(contradiction(format!(
                "`{address}` would keep the key of an object that is missing or altered"
            ))),
            Some(_) | None => Ok(()),
        }
    }

    fn retire(&mut self, address: &Address, code: Code) {
        if let Some(old) = self.after.live.remove(address) {
            self.touched.insert(address.dependency.clone());
            self.leave(old, code, &[]);
        }
    }

    fn collect(&mut self, key: &ObjectKey) -> Result<(), Unfit> {
        if self.after.replaced.remove(key).is_some() {
            self.after.doomed.insert(key.clone());
            return Ok(());
        }
        let Some(old) = self.after.condemned.remove(key) else {
            return Err(contradiction(format!("`{key}` can't be collected: it is not condemned")));
        };
        let kept = |side: &ObjectKey| self.after.live.values().any(|live| live.side.contains(side));
        let sides: Vec<ObjectKey> =
            old.record.side.into_iter().filter(|side| !kept(side)).collect();
        self.after.doomed.insert(key.clone());
        self.after.doomed.extend(sides);
        Ok(())
    }

    /// Puts what left the index where the collector finds it: for its grace period where it is
    /// whole, at once where it is not.
    fn leave(&mut self, old: Record, code: Code, kept: &[ObjectKey]) {
        if self.doom.contains(&old.address) {
            let sides = old.side.into_iter().filter(|key| !kept.contains(key));
            self.after.doomed.extend(sides);
            self.after.doomed.insert(old.key);
        } else {
            let key = old.key.clone();
            let reason = code.as_str().to_owned();
            let condemned = Condemned { record: old, retired: self.retired, reason };
            self.after.condemned.insert(key, condemned);
        }
    }
}

/// That an object is there proves nothing: a record may name what this transaction wrote, and what
/// the base reaches. All else may be deleted at any moment.
fn justify(base: &Snapshot, address: &Address, record: &Record, tx: &Tx) -> Result<(), Unfit> {
    if record.address != *address
        || record.version != address.version
        || record.target != address.target
    {
        return Err(contradiction(format!("the record of `{address}` is of something else")));
    }
    let key = &record.key;
    if base.doomed.contains(key) {
        return Err(contradiction(format!("`{address}` names `{key}`, which is being deleted")));
    }
    sides(base, address, record, tx)?;
    let own = key.as_str().starts_with(&keys::artifact_folder(address, tx));
    let live = base.live.get(address).is_some_and(|old| old.key == *key);
    let back = base.condemned.get(key).is_some_and(|old| old.record.address == *address);
    if own || live || back {
        Ok(())
    } else {
        Err(contradiction(format!(
            "`{address}` names `{key}`, which this transaction did not write and HEAD does not reach"
        )))
    }
}

/// The same for its side documents.
fn sides(base: &Snapshot, address: &Address, record: &Record, tx: &Tx) -> Result<(), Unfit> {
    let live = base.live.get(address).filter(|old| old.key == record.key);
    let back = base.condemned.get(&record.key).map(|old| &old.record);
    let folders = keys::side_folders(address);
    for side in &record.side {
        let own = side.as_str().starts_with(&keys::side_folder(address, tx));
        let named = live.into_iter().chain(back).any(|old| old.side.contains(side));
        let reached = named || base.replaced.contains_key(side);
        let theirs = reached && side.as_str().starts_with(&folders);
        if base.doomed.contains(side) || !(own || theirs) {
            return Err(contradiction(format!(
                "`{address}` names the side document `{side}`, which this transaction did not write \
                 and HEAD does not reach"
            )));
        }
    }
    Ok(())
}

fn each_key_once(after: &Snapshot) -> Result<(), Unfit> {
    let mut seen: BTreeMap<&ObjectKey, &Address> = BTreeMap::new();
    for (address, record) in &after.live {
        if let Some(other) = seen.insert(&record.key, address) {
            let key = &record.key;
            return Err(contradiction(format!("`{address}` and `{other}` would share `{key}`")));
        }
    }
    Ok(())
}

fn write(
    base: &Snapshot,
    mut after: Snapshot,
    touched: &BTreeSet<DependencyId>,
    changes: &Changes,
    author: &Author,
    tx: &Tx,
    at: jiff::Timestamp,
) -> Result<Prepared, StateError> {
    let unwritable = |error| StateError::unwritable(&error);
    let serial = base.head.serial + 1;
    let parent = base.generation.as_ref();
    let mut records: BTreeMap<&DependencyId, Vec<&Record>> =
        touched.iter().map(|id| (id, Vec::new())).collect();
    for record in after.live.values() {
        if let Some(of) = records.get_mut(&record.address.dependency) {
            of.push(record);
        }
    }
    let mut index = parent.map(|parent| parent.index.clone()).unwrap_or_default();
    let mut bodies = BTreeMap::new();
    for (id, records) in records {
        if records.is_empty() {
            index.remove(id);
            continue;
        }
        let body = Bytes::from(encode_index(id, records).map_err(unwritable)?);
        let key = keys::index(id, serial, tx);
        index.insert(id.clone(), IndexRef { key: key.clone(), sha256: Sha256::of(&body) });
        bodies.insert(key, body);
    }
    let documents = bodies.keys().cloned().collect();
    let mut transactions = parent.map(|parent| parent.transactions.clone()).unwrap_or_default();
    transactions.push(tx.clone());
    transactions.drain(..transactions.len().saturating_sub(LISTED));
    let mut generation = Generation {
        format: FORMAT,
        serial,
        tx: tx.clone(),
        index,
        condemned: after.condemned.values().cloned().collect(),
        replaced: after
            .replaced
            .iter()
            .map(|(key, retired)| Replaced { key: key.clone(), retired: *retired })
            .collect(),
        doomed: after.doomed.iter().cloned().collect(),
        transactions,
        at,
        by: author.by.clone(),
        summary: changes
            .summary
            .actions
            .iter()
            .map(|(action, count)| (action.name().to_owned(), *count))
            .chain(collected(changes))
            .collect(),
        parent: base.head.clone(),
    };
    let body = Bytes::from(encode_generation(&generation).map_err(unwritable)?);
    let key = keys::generation(serial, tx);
    let proposal = Proposal {
        documents,
        generation: ObjectRef { key: key.clone(), sha256: Sha256::of(&body) },
        nonce: author.chance.nonce(),
        fence: author.chance.nonce(),
        previous: digest(&base.head)?,
    };
    bodies.insert(key, body);
    generation.condemned.clear();
    generation.replaced.clear();
    generation.doomed.clear();
    after.generation = Some(generation);
    Ok(Prepared { bodies, proposal, after })
}

/// What a collector's commit counts.
fn collected(changes: &Changes) -> impl Iterator<Item = (String, u64)> {
    [("doomed", &changes.collect), ("collected", &changes.cleared)]
        .into_iter()
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(word, keys)| (word.to_owned(), keys.len() as u64))
}

fn contradiction(message: impl Into<String>) -> Unfit {
    Unfit::Contradiction(message.into())
}

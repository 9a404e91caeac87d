//! What must hold after every step, and what was promised to somebody.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_json::Value;

use super::{chain::Chain, world::Stored};

pub(crate) type Objects = BTreeMap<String, Stored>;

/// What an applier is about to commit: said before it asks for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Intent {
    /// Address to key.
    pub(crate) set: BTreeMap<String, String>,
    pub(crate) retire: BTreeSet<String>,
    pub(crate) doom: BTreeSet<String>,
}

#[derive(Default)]
pub(crate) struct Laws {
    pub(crate) chain: Chain,
    /// By transaction and serial.
    intents: BTreeMap<(String, u64), Intent>,
    /// What somebody was told is not committed, and never will be.
    lost: BTreeSet<(String, u64)>,
    /// Transactions of which somebody was told that nothing is or will be committed.
    void: BTreeSet<String>,
    /// What somebody was told is committed.
    acknowledged: BTreeSet<(String, u64)>,
    views: BTreeMap<String, u64>,
    deleted: BTreeSet<String>,
}

impl Laws {
    pub(crate) fn intend(&mut self, tx: &str, serial: u64, intent: Intent) {
        self.intents.insert((tx.to_owned(), serial), intent);
    }

    /// Somebody was told that a commit is in.
    pub(crate) fn acknowledge(&mut self, tx: &str, serial: u64) -> Result<(), String> {
        self.acknowledged.insert((tx.to_owned(), serial));
        match self.chain.commits.get(&serial) {
            Some(there) if there == tx => Ok(()),
            other => Err(format!(
                "commit {serial} of {tx} was acknowledged, and the chain has {other:?} there"
            )),
        }
    }

    /// Somebody was told that a commit is not in and never will be.
    pub(crate) fn lose(&mut self, tx: &str, serial: u64) -> Result<(), String> {
        self.lost.insert((tx.to_owned(), serial));
        if self.chain.commits.get(&serial).is_some_and(|there| there == tx) {
            return Err(format!("commit {serial} of {tx} was called lost, and is in the chain"));
        }
        Ok(())
    }

    /// Somebody was told that nothing of a transaction is or will be committed.
    pub(crate) fn annul(&mut self, tx: &str) -> Result<(), String> {
        // What it had committed before, it was told.
        let told = |serial: &u64| self.acknowledged.iter().any(|(of, at)| of == tx && at == serial);
        if let Some((serial, _)) =
            self.chain.commits.iter().find(|(serial, of)| *of == tx && !told(serial))
        {
            return Err(format!("{tx} was told that it failed, and its commit {serial} is in"));
        }
        self.void.insert(tx.to_owned());
        Ok(())
    }

    /// The newest serial that somebody was told of.
    pub(crate) fn newest_acknowledged(&self) -> u64 {
        self.acknowledged.iter().map(|(_, serial)| *serial).max().unwrap_or(0)
    }

    pub(crate) fn acknowledgements(&self) -> usize {
        self.acknowledged.len()
    }

    /// An object was written.
    pub(crate) fn wrote(
        &mut self,
        objects: &Objects,
        key: &str,
        before: Option<&Bytes>,
    ) -> Result<(), String> {
        if key == "head.json" {
            return self.head(objects, before);
        }
        if key.starts_with("views/") {
            let Some(serial) = serial_of(objects, key)? else { return Ok(()) };
            if let Some(was) = self.views.insert(key.to_owned(), serial)
                && was > serial
            {
                return Err(format!("view `{key}` went back from serial {was} to {serial}"));
            }
        }
        Ok(())
    }

    fn head(&mut self, objects: &Objects, before: Option<&Bytes>) -> Result<(), String> {
        let was = self.chain.state.clone();
        let Some((tx, serial)) = self.chain.follow(objects, before)? else { return Ok(()) };
        let commit = (tx, serial);
        if self.lost.contains(&commit) {
            return Err(format!("commit {serial} of {} was called lost and lands", commit.0));
        }
        if self.void.contains(&commit.0) {
            return Err(format!("{} was told that it failed, and commits {serial}", commit.0));
        }
        let mut live = was.live.clone();
        let mut doomed = BTreeSet::new();
        let intent = self.intents.get(&commit);
        if let Some(intent) = intent {
            for (address, key) in &intent.set {
                let old = live.insert(address.clone(), key.clone());
                if let Some(old) = old.filter(|old| old != key && intent.doom.contains(address)) {
                    doomed.insert(old);
                    doomed.extend(was.sides.get(address).into_iter().flatten().cloned());
                }
            }
            for address in &intent.retire {
                if let Some(old) = live.remove(address)
                    && intent.doom.contains(address)
                {
                    doomed.insert(old);
                    doomed.extend(was.sides.get(address).into_iter().flatten().cloned());
                }
            }
        }
        let now = &self.chain.state;
        if now.live != live {
            return Err(format!(
                "commit {serial} of {} is not its base and what it meant to change: {:?} became {:?}",
                commit.0, was.live, now.live
            ));
        }
        // Nothing that was reachable is dropped without a trace.
        let sides = |of: &'_ super::chain::State| -> BTreeSet<String> {
            of.sides.values().flatten().chain(&of.aside).cloned().collect()
        };
        let (sides_then, sides_now) = (sides(&was), sides(now));
        let left: BTreeSet<&String> =
            was.live.values().chain(&was.condemned).chain(&sides_then).collect();
        for key in left {
            let kept = now.live.values().any(|live| live == key)
                || now.condemned.contains(key)
                || sides_now.contains(key)
                || now.doomed.contains(key);
            if !kept {
                return Err(format!("commit {serial} forgets `{key}`"));
            }
        }
        for key in was.doomed.difference(&now.doomed) {
            if intent.is_some() {
                return Err(format!("commit {serial} of an applier forgets doomed `{key}`"));
            }
            if objects.contains_key(key) && !self.deleted.contains(key) {
                return Err(format!("commit {serial} of a collector forgets `{key}`, still there"));
            }
        }
        if intent.is_none()
            && let Some(key) = now.doomed.iter().find(|key| {
                let aside = was.condemned.contains(*key) || was.aside.contains(*key);
                !was.doomed.contains(*key) && !aside
            })
        {
            return Err(format!("commit {serial} of a collector dooms `{key}`"));
        }
        if intent.is_some()
            && let Some(key) =
                now.doomed.iter().find(|key| !was.doomed.contains(*key) && !doomed.contains(*key))
        {
            return Err(format!("commit {serial} of an applier dooms `{key}`"));
        }
        Ok(())
    }

    /// A collector says what became of the transactions of others.
    pub(crate) fn swept(&mut self, dead: &[String], alive: &[String]) -> Result<(), String> {
        for tx in dead {
            if let Some((serial, _)) = self.chain.commits.iter().find(|(_, of)| *of == tx) {
                return Err(format!("{tx} was swept as dead, and its commit {serial} is in"));
            }
            self.void.insert(tx.clone());
        }
        match alive.iter().find(|tx| !self.chain.commits.values().any(|of| of == *tx)) {
            Some(tx) => Err(format!("a collector says that {tx} has committed, and it has not")),
            None => Ok(()),
        }
    }

    /// An object was deleted.
    pub(crate) fn deleted(&mut self, key: &str) -> Result<(), String> {
        self.deleted.insert(key.to_owned());
        if key == "head.json" {
            return Err("`head.json` was deleted".to_owned());
        }
        if self.chain.reach.contains(key) {
            return Err(format!("`{key}` was deleted, and HEAD reaches it"));
        }
        Ok(())
    }

    /// Whether the transaction that a key carries can commit no more.
    pub(crate) fn dead(objects: &Objects, key: &str) -> bool {
        let Some(tx) = tx_of(key) else { return false };
        json(objects, &format!("tx/{tx}.json")).map_or(true, |journal| journal["state"] != "open")
    }
}

/// The transaction that a key carries.
pub(crate) fn tx_of(key: &str) -> Option<&str> {
    key.split(['/', '-', '.']).find(|part| {
        part.len() == 26 && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    })
}

/// The serial that a view was made from; none: it has no place for one.
fn serial_of(objects: &Objects, key: &str) -> Result<Option<u64>, String> {
    let none = || format!("view `{key}` does not say its serial");
    if key == "views/feed.atom" {
        let text = String::from_utf8_lossy(&objects[key].bytes).into_owned();
        let serial = text.split(" serial=\"").nth(1).and_then(|rest| rest.split('"').next());
        return serial.and_then(|serial| serial.parse().ok()).ok_or_else(none).map(Some);
    }
    let view = json(objects, key)?;
    if key.starts_with("views/dependency/") {
        return if view.is_array() { Ok(None) } else { Err(format!("`{key}` is no array")) };
    }
    if key == "views/sbom.cdx.json" {
        let all = view["metadata"]["properties"].as_array().ok_or_else(none)?;
        let serial = all.iter().find(|it| it["name"] == "depstate:serial").ok_or_else(none)?;
        let serial = serial["value"].as_str().and_then(|text| text.parse().ok());
        return serial.ok_or_else(none).map(Some);
    }
    view["serial"].as_u64().ok_or_else(none).map(Some)
}

pub(crate) fn json(objects: &Objects, key: &str) -> Result<Value, String> {
    let stored = objects.get(key).ok_or_else(|| format!("`{key}` is not there"))?;
    serde_json::from_slice(&stored.bytes).map_err(|error| format!("`{key}`: {error}"))
}

//! The history of HEAD, followed link by link. It shares no code with the program: documents are
//! read as plain JSON.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use depstate::model::Sha256;
use serde_json::Value;

use super::laws::{Objects, json};

/// What HEAD says.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// Address to key.
    pub(crate) live: BTreeMap<String, String>,
    /// Address to the digest of its inputs.
    pub(crate) inputs: BTreeMap<String, String>,
    pub(crate) condemned: BTreeSet<String>,
    /// Address to side documents.
    pub(crate) sides: BTreeMap<String, Vec<String>>,
    /// Side documents of what is condemned, and those that were replaced.
    pub(crate) aside: BTreeSet<String>,
    pub(crate) doomed: BTreeSet<String>,
}

#[derive(Default, Clone)]
pub(crate) struct Chain {
    /// The last HEAD; none: there is none yet.
    pub(crate) last: Option<Value>,
    last_sha256: String,
    nonces: BTreeSet<String>,
    transactions: Vec<Value>,
    at: String,
    /// Every commit that ever was: serial to transaction.
    pub(crate) commits: BTreeMap<u64, String>,
    pub(crate) fences: u64,
    pub(crate) state: State,
    /// Keys that HEAD reaches.
    pub(crate) reach: BTreeSet<String>,
    /// What was damaged on purpose.
    excused: BTreeSet<String>,
    /// What the index documents say, by their digest.
    documents: BTreeMap<String, Vec<Record>>,
}

/// What is looked at of a record: address, key, digest, digest of the inputs, side documents.
#[derive(Clone)]
struct Record {
    address: String,
    key: String,
    sha256: String,
    input: String,
    sides: Vec<String>,
}

impl Record {
    fn of(value: &Value) -> Result<Self, String> {
        let field = |name: &str| text(value, name);
        Ok(Self {
            address: field("address")?,
            key: field("key")?,
            sha256: field("sha256")?,
            input: field("input")?,
            sides: value["side"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|key| key.as_str().map(str::to_owned).ok_or("a side is no key"))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn text(value: &Value, name: &str) -> Result<String, String> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| format!("no `{name}` in {value}"))
}

impl Chain {
    /// Takes the HEAD that was just written. Returns transaction and serial of a commit.
    pub(crate) fn follow(
        &mut self,
        objects: &Objects,
        before: Option<&Bytes>,
    ) -> Result<Option<(String, u64)>, String> {
        let head = json(objects, "head.json")?;
        let bytes = &objects["head.json"].bytes;
        if before.is_some_and(|before| before == bytes) {
            return Err("HEAD was written once more".to_owned());
        }
        let serial = head["serial"].as_u64().ok_or("HEAD without a serial")?;
        if !self.nonces.insert(text(&head, "nonce")?) {
            return Err(format!("the nonce of HEAD {serial} was used before"));
        }
        let kind = text(&head, "kind")?;
        match &self.last {
            None => {
                let fresh = serial == 0
                    && kind == "genesis"
                    && head["gen"].is_null()
                    && head["prev_head_sha256"].is_null();
                if !fresh {
                    return Err(format!("the first HEAD is no genesis: {head}"));
                }
            }
            Some(last) => {
                let follows = last["serial"].as_u64() == serial.checked_sub(1);
                if !follows {
                    return Err(format!("HEAD {serial} follows HEAD {}", last["serial"]));
                }
                if text(&head, "prev_head_sha256").ok().as_ref() != Some(&self.last_sha256) {
                    return Err(format!("HEAD {serial} does not name the one before it"));
                }
                for field in ["lineage", "project"] {
                    if head[field] != last[field] {
                        return Err(format!("HEAD {serial} has another {field}"));
                    }
                }
            }
        }
        let commit = match kind.as_str() {
            "genesis" if self.last.is_none() => None,
            "commit" => Some(self.commit(objects, &head, serial)?),
            "fence" => {
                let last = self.last.as_ref().ok_or("a fence without a base")?;
                if head["gen"] != last["gen"] || head["tx"] != last["tx"] {
                    return Err(format!("fence {serial} changes more than its base's serial"));
                }
                self.fences += 1;
                None
            }
            other => return Err(format!("HEAD {serial} is a `{other}`")),
        };
        self.last_sha256 = Sha256::of(bytes).to_string();
        self.last = Some(head);
        Ok(commit)
    }

    /// Lets an object be missing or altered from now on.
    pub(crate) fn excuse(&mut self, key: &str) {
        self.excused.insert(key.to_owned());
    }

    /// Whether an object is there and has a digest.
    fn right(&self, objects: &Objects, key: &str, sha256: &str) -> Result<(), String> {
        match objects.get(key) {
            _ if self.excused.contains(key) => Ok(()),
            None => Err(format!("`{key}` is missing, and HEAD reaches it")),
            Some(stored) if stored.sha256.to_string() != sha256 => {
                Err(format!("`{key}` has SHA-256 {}, not {sha256}", stored.sha256))
            }
            Some(_) => Ok(()),
        }
    }

    fn there(&self, objects: &Objects, key: &str) -> Result<(), String> {
        if objects.contains_key(key) || self.excused.contains(key) {
            return Ok(());
        }
        Err(format!("`{key}` is missing, and HEAD reaches it"))
    }

    fn commit(
        &mut self,
        objects: &Objects,
        head: &Value,
        serial: u64,
    ) -> Result<(String, u64), String> {
        let tx = text(head, "tx")?;
        let key = text(&head["gen"], "key")?;
        self.right(objects, &key, &text(&head["gen"], "sha256")?)?;
        let generation = json(objects, &key)?;
        let said = (generation["serial"].as_u64(), generation["tx"].as_str());
        if said != (Some(serial), Some(&tx)) {
            return Err(format!("generation `{key}` says that it is {said:?}"));
        }
        if Some(&generation["parent"]) != self.last.as_ref() {
            return Err(format!("generation `{key}` does not carry the HEAD before it"));
        }
        let mut transactions = std::mem::take(&mut self.transactions);
        transactions.push(Value::from(tx.clone()));
        let from = transactions.len().saturating_sub(64);
        transactions.drain(..from);
        if generation["transactions"] != Value::from(transactions.clone()) {
            return Err(format!("generation `{key}` forgets transactions"));
        }
        self.transactions = transactions;
        let at = text(&generation, "at")?;
        if at < self.at {
            return Err(format!("generation `{key}` is older than the one before it"));
        }
        self.at = at;
        self.look(objects, &key, &generation)?;
        self.commits.insert(serial, tx.clone());
        Ok((tx, serial))
    }

    /// Reads what a generation names, and checks that it is all there.
    fn look(&mut self, objects: &Objects, key: &str, generation: &Value) -> Result<(), String> {
        let mut state = State::default();
        let mut reach = BTreeSet::from([key.to_owned()]);
        let mut documents = BTreeMap::new();
        for (id, at) in generation["index"].as_object().ok_or("no index")? {
            let (document, sha256) = (text(at, "key")?, text(at, "sha256")?);
            self.right(objects, &document, &sha256)?;
            let records = match self.documents.remove(&sha256) {
                Some(records) => records,
                None => json(objects, &document)?["records"]
                    .as_array()
                    .ok_or("no records")?
                    .iter()
                    .map(Record::of)
                    .collect::<Result<_, _>>()?,
            };
            for record in &records {
                if !record.address.starts_with(&format!("{id}@")) {
                    return Err(format!("`{document}` holds {}", record.address));
                }
                self.right(objects, &record.key, &record.sha256)?;
                if !reach.insert(record.key.clone()) {
                    return Err(format!("`{}` is named twice", record.key));
                }
                for side in &record.sides {
                    self.there(objects, side)?;
                    if !reach.insert(side.clone()) {
                        return Err(format!("`{side}` is named twice"));
                    }
                }
                state.sides.insert(record.address.clone(), record.sides.clone());
                state.live.insert(record.address.clone(), record.key.clone());
                state.inputs.insert(record.address.clone(), record.input.clone());
            }
            documents.insert(sha256, records);
            reach.insert(document);
        }
        self.documents = documents;
        for condemned in generation["condemned"].as_array().into_iter().flatten() {
            let record = Record::of(&condemned["record"])?;
            self.right(objects, &record.key, &record.sha256)?;
            if !reach.insert(record.key.clone()) {
                return Err(format!("`{}` is condemned and named", record.key));
            }
            for side in record.sides {
                self.there(objects, &side)?;
                reach.insert(side.clone());
                state.aside.insert(side);
            }
            state.condemned.insert(record.key);
        }
        for replaced in generation["replaced"].as_array().into_iter().flatten() {
            let key = text(replaced, "key")?;
            self.there(objects, &key)?;
            if !reach.insert(key.clone()) {
                return Err(format!("`{key}` is replaced and named"));
            }
            state.aside.insert(key);
        }
        for doomed in generation["doomed"].as_array().into_iter().flatten() {
            let doomed = doomed.as_str().ok_or("doomed is no key")?;
            if reach.contains(doomed) {
                return Err(format!("`{doomed}` is doomed and named"));
            }
            state.doomed.insert(doomed.to_owned());
        }
        self.state = state;
        self.reach = reach;
        Ok(())
    }
}

//! What a store holds, judged by code of its own: nothing here is the program's.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

type Objects = BTreeMap<String, Bytes>;

/// What HEAD reaches.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) serial: u64,
    /// Commits in the chain.
    pub(crate) commits: u64,
    /// The addresses of the live records, each once.
    pub(crate) live: BTreeSet<String>,
}

/// Checks everything that must hold at every instant, and says what is published. None: no HEAD.
///
/// # Errors
/// What does not hold.
pub(crate) fn published(objects: &Objects) -> Result<Option<Published>, String> {
    let Some(head) = objects.get("head.json") else {
        return match objects.keys().find(|key| key.starts_with("gen/")) {
            Some(key) => Err(format!("`{key}` and no HEAD")),
            None => Ok(None),
        };
    };
    let mut head = json("head.json", head)?;
    let mut found = Published { serial: number(&head, "serial")?, ..Published::default() };
    let (lineage, mut newest) = (text(&head, "lineage")?, true);
    while !head["gen"].is_null() {
        let at = found.commits;
        found.commits += 1;
        let generation = referred(objects, &head["gen"])?;
        let serial = number(&generation, "serial")?;
        let fences = head["kind"] == "fence";
        if (fences && serial >= number(&head, "serial")?)
            || (!fences && serial != number(&head, "serial")?)
            || generation["tx"] != head["tx"]
        {
            return Err(format!("HEAD -{at} and its generation disagree"));
        }
        if newest {
            live(objects, &generation, &mut found.live)?;
            newest = false;
        }
        let parent = generation["parent"].clone();
        if number(&parent, "serial")? + 1 != serial || text(&parent, "lineage")? != lineage {
            return Err(format!("generation {serial} does not follow its parent"));
        }
        let hash = sha256(&serde_json_canonicalizer::to_vec(&parent).unwrap());
        if !fences && text(&head, "prev_head_sha256")? != hash {
            return Err(format!("HEAD {serial} does not name the HEAD before it"));
        }
        head = parent;
    }
    if head["kind"] != "genesis" || number(&head, "serial")? != 0 {
        return Err("the chain does not end at genesis".to_owned());
    }
    for (key, bytes) in objects {
        if key == "views/feed.atom" {
            let text = String::from_utf8_lossy(bytes);
            let serial = text.split(" serial=\"").nth(1).and_then(|rest| rest.split('"').next());
            let serial: Option<u64> = serial.and_then(|serial| serial.parse().ok());
            if serial.is_none_or(|serial| serial > found.serial) {
                return Err(format!("`{key}` is ahead of HEAD"));
            }
        } else if key.starts_with("views/") {
            let view = json(key, bytes)?;
            if view.get("serial").is_some() && number(&view, "serial")? > found.serial {
                return Err(format!("`{key}` is ahead of HEAD"));
            }
        }
        if key.starts_with("tx/") {
            let state = text(&json(key, bytes)?, "state")?;
            if !["open", "done", "aborted"].contains(&state.as_str()) {
                return Err(format!("`{key}` is {state}"));
            }
        }
    }
    Ok(Some(found))
}

fn live(objects: &Objects, generation: &Value, found: &mut BTreeSet<String>) -> Result<(), String> {
    for (id, at) in generation["index"].as_object().ok_or("no index")? {
        let document = referred(objects, at)?;
        if document["dependency"] != **id {
            return Err(format!("the index document of `{id}` is another's"));
        }
        for record in document["records"].as_array().ok_or("no records")? {
            holds(objects, record)?;
            let address = text(record, "address")?;
            if !found.insert(address.clone()) {
                return Err(format!("`{address}` is there twice"));
            }
        }
    }
    for condemned in generation["condemned"].as_array().ok_or("no condemned")? {
        holds(objects, &condemned["record"])?;
    }
    Ok(())
}

fn holds(objects: &Objects, record: &Value) -> Result<(), String> {
    let key = text(record, "key")?;
    let bytes = objects.get(&key).ok_or_else(|| format!("`{key}` is named and missing"))?;
    if bytes.len() as u64 != number(record, "size")? || sha256(bytes) != text(record, "sha256")? {
        return Err(format!("`{key}` has other bytes than its record says"));
    }
    let digest = text(record, "sha256")?;
    for side in record["side"].as_array().into_iter().flatten() {
        let side = side.as_str().ok_or("a side is no key")?;
        let said = objects.get(side).ok_or_else(|| format!("`{side}` is named and missing"))?;
        if side.ends_with(".inputs.json") {
            // What the bytes were made of, not what they are.
            json(side, said)?;
        } else if !String::from_utf8_lossy(said).contains(&digest) {
            return Err(format!("`{side}` is about something else"));
        }
    }
    Ok(())
}

fn referred(objects: &Objects, at: &Value) -> Result<Value, String> {
    let key = text(at, "key")?;
    let bytes = objects.get(&key).ok_or_else(|| format!("`{key}` is named and missing"))?;
    if sha256(bytes) != text(at, "sha256")? {
        return Err(format!("`{key}` has another digest"));
    }
    json(&key, bytes)
}

fn json(key: &str, bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("`{key}`: {error}"))
}

fn text(value: &Value, name: &str) -> Result<String, String> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| format!("no `{name}` in {value}"))
}

fn number(value: &Value, name: &str) -> Result<u64, String> {
    value[name].as_u64().ok_or_else(|| format!("no `{name}` in {value}"))
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

//! A reader: from HEAD down to every artifact that it names. It shares no code with the program.

use std::time::Duration;

use bytes::Bytes;
use depstate::{
    model::{ObjectKey, Sha256},
    storage::StorageReader as _,
};
use serde_json::Value;

use super::{actor::Actor, profile::Plant};

/// What came of looking at an object.
enum Found {
    Right(Bytes),
    Wrong(String),
}

/// The store did not answer.
struct NoAnswer;

pub(crate) async fn run(actor: Actor) {
    let mut kept = None;
    loop {
        let newest = actor.world().laws.newest_acknowledged();
        if let Ok(Some(head)) = head(&actor, &mut kept).await {
            let serial = head["serial"].as_u64().unwrap();
            if serial < newest {
                actor.world().breach(format!(
                    "a reader is shown HEAD {serial} after {newest} was acknowledged"
                ));
            }
            if let Ok(Some(wrong)) = all(&actor, &head).await
                && let Ok(Some(again)) = self::head(&actor, &mut kept).await
                && again["serial"] == head["serial"]
            {
                actor.world().breach(format!("a reader of HEAD {serial}: {wrong}"));
            }
        }
        let span = actor.rng().below(3000) as u64 + 200;
        tokio::time::sleep(Duration::from_millis(span)).await;
    }
}

async fn head(actor: &Actor, kept: &mut Option<Value>) -> Result<Option<Value>, NoAnswer> {
    if actor.plant == Some(Plant::CachedHead)
        && let Some(kept) = kept
    {
        return Ok(Some(kept.clone()));
    }
    let Some(bytes) = get(actor, "head.json").await? else { return Ok(None) };
    let head: Value = serde_json::from_slice(&bytes).unwrap();
    *kept = Some(head.clone());
    Ok(Some(head))
}

async fn get(actor: &Actor, key: &str) -> Result<Option<Bytes>, NoAnswer> {
    match actor.store.get(&ObjectKey::new(key), None).await {
        Ok(None) => Ok(None),
        Ok(Some(object)) => object.body.collect(1 << 20).await.map(Some).map_err(|_| NoAnswer),
        Err(_) => Err(NoAnswer),
    }
}

async fn check(actor: &Actor, at: &Value) -> Result<Found, NoAnswer> {
    let (key, sha256) = (at["key"].as_str().unwrap(), at["sha256"].as_str().unwrap());
    Ok(match get(actor, key).await? {
        None => Found::Wrong(format!("`{key}` is missing")),
        Some(bytes) if Sha256::of(&bytes).to_string() != sha256 => {
            Found::Wrong(format!("`{key}` has another digest"))
        }
        Some(bytes) => Found::Right(bytes),
    })
}

/// Follows everything; says what is wrong.
async fn all(actor: &Actor, head: &Value) -> Result<Option<String>, NoAnswer> {
    if head["gen"].is_null() {
        return Ok(None);
    }
    let generation: Value = match check(actor, &head["gen"]).await? {
        Found::Right(bytes) => serde_json::from_slice(&bytes).unwrap(),
        Found::Wrong(why) => return Ok(Some(why)),
    };
    for at in generation["index"].as_object().unwrap().values() {
        let document: Value = match check(actor, at).await? {
            Found::Right(bytes) => serde_json::from_slice(&bytes).unwrap(),
            Found::Wrong(why) => return Ok(Some(why)),
        };
        for record in document["records"].as_array().unwrap() {
            if let Found::Wrong(why) = check(actor, record).await? {
                return Ok(Some(why));
            }
            for side in record["side"].as_array().into_iter().flatten() {
                let side = side.as_str().unwrap();
                if get(actor, side).await?.is_none() {
                    return Ok(Some(format!("`{side}` is missing")));
                }
            }
        }
    }
    Ok(None)
}

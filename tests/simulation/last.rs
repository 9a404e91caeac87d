//! What the bucket must look like at the end.

use std::collections::BTreeMap;

use serde_json::Value;

use super::wishes::Wish;
use crate::support::model::World;

pub(crate) fn check(world: &World, wish: &Wish) -> Result<(), String> {
    let state = &world.laws.chain.state;
    let wanted: BTreeMap<String, String> = wish
        .wanted
        .iter()
        .filter_map(|(address, want)| {
            Some((address.to_string(), want.as_ref()?.input(address).0.to_string()))
        })
        .collect();
    if state.inputs != wanted {
        return Err(format!("{:?} is published, {wanted:?} is wanted", state.inputs));
    }
    let mut shown = BTreeMap::new();
    if let Some(head) = &world.laws.chain.last
        && !head["gen"].is_null()
    {
        let list = json(world, "views/index.json")?;
        let generation = json(world, head["gen"]["key"].as_str().unwrap())?;
        for (id, entry) in list["views"].as_object().ok_or("no views")? {
            if entry["index"] != generation["index"][id] {
                return Err(format!("the list of views has another document of {id}"));
            }
            let view = json(world, entry["view"].as_str().ok_or("no view")?)?;
            if view["index"] != entry["index"] {
                return Err(format!("the view of {id} is made from another document"));
            }
            for record in view["records"].as_array().ok_or("no records")? {
                let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
                shown.insert(text("address"), text("key"));
            }
        }
    }
    if shown != state.live {
        return Err(format!("views show {shown:?}, the index {:?}", state.live));
    }
    Ok(())
}

fn json(world: &World, key: &str) -> Result<Value, String> {
    let stored = world.objects.get(key).ok_or_else(|| format!("`{key}` is not there"))?;
    serde_json::from_slice(&stored.bytes).map_err(|error| error.to_string())
}

//! What the views must show.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{chain::Chain, laws::Objects, laws::json};

/// Checks that the views show what HEAD reaches.
pub(crate) fn check_views(objects: &Objects, chain: &Chain) -> Result<(), String> {
    let mut shown = BTreeMap::new();
    if let Some(head) = &chain.last
        && !head["gen"].is_null()
    {
        let list = json(objects, "views/index.json")?;
        let generation = json(objects, head["gen"]["key"].as_str().ok_or("no generation")?)?;
        for (id, entry) in list["views"].as_object().ok_or("no views")? {
            if entry["index"] != generation["index"][id] {
                return Err(format!("the list of views has another document of {id}"));
            }
            let view = json(objects, entry["view"].as_str().ok_or("no view")?)?;
            if view["index"] != entry["index"] {
                return Err(format!("the view of {id} is made from another document"));
            }
            for record in view["records"].as_array().ok_or("no records")? {
                let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
                shown.insert(text("address"), text("key"));
            }
            let uris = |all: &Value, name: &str| -> BTreeSet<String> {
                let all = all.as_array().into_iter().flatten();
                all.filter_map(|it| it[name].as_str().map(str::to_owned)).collect()
            };
            let old = json(objects, entry["dep_server"].as_str().ok_or("no array")?)?;
            let (then, now) = (uris(&old, "uri"), uris(&view["records"], "key"));
            if then != now {
                return Err(format!("dep-server's view of {id} shows {then:?}, not {now:?}"));
            }
        }
    }
    if !shown.is_empty() {
        let sbom = json(objects, "views/sbom.cdx.json")?;
        let feed = String::from_utf8_lossy(&objects["views/feed.atom"].bytes).into_owned();
        for (address, key) in &shown {
            let named = |it: &Value| it["bom-ref"] == **address;
            if !sbom["components"].as_array().is_some_and(|all| all.iter().any(named)) {
                return Err(format!("the SBOM does not name {address}"));
            }
            if !feed.contains(key.as_str()) {
                return Err(format!("the feed does not name {key}"));
            }
        }
    }
    if shown == chain.state.live {
        Ok(())
    } else {
        Err(format!("views show {shown:?}, the index {:?}", chain.state.live))
    }
}

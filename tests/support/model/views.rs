//! What the views must show.

use std::collections::BTreeMap;

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
        }
    }
    if shown == chain.state.live {
        Ok(())
    } else {
        Err(format!("views show {shown:?}, the index {:?}", chain.state.live))
    }
}

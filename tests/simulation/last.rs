//! What the bucket must look like at the end.

use std::collections::BTreeMap;

use super::wishes::Wish;
use crate::support::model::{State, World, check_views};

pub(crate) fn check(world: &World, wish: &Wish) -> Result<(), String> {
    let chain = &world.laws.chain;
    let wanted: BTreeMap<String, String> = wish
        .wanted
        .iter()
        .filter_map(|(address, want)| {
            Some((address.to_string(), want.as_ref()?.input(address).0.to_string()))
        })
        .collect();
    if chain.state.inputs != wanted {
        return Err(format!("{:?} is published, {wanted:?} is wanted", chain.state.inputs));
    }
    check_views(&world.objects, chain)
}

/// Nothing is there that nobody reaches.
pub(crate) fn clean(world: &World) -> Result<(), String> {
    let chain = &world.laws.chain;
    let State { condemned, doomed, aside, .. } = &chain.state;
    if !condemned.is_empty() || !doomed.is_empty() || !aside.is_empty() {
        return Err(format!("{:?}", chain.state));
    }
    let kept = ["head.json", "views/", "tx/"];
    let left = world.objects.keys().find(|key| {
        !chain.reach.contains(*key) && !kept.iter().any(|folder| key.starts_with(folder))
    });
    match left {
        Some(key) => Err(format!("`{key}` is left over")),
        None if world.uploads() > 0 => Err("an unfinished upload is left over".to_owned()),
        None => Ok(()),
    }
}

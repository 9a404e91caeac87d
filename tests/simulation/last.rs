//! What the bucket must look like at the end.

use std::collections::BTreeMap;

use super::wishes::Wish;
use crate::support::model::{World, check_views};

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

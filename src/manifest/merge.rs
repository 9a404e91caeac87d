//! The one merge rule: `[defaults]`, then `extends`, then the dependency; later wins.
//!
//! The tables named here are merged key by key; what lies deeper, and every list, is replaced
//! whole. `false` takes a key or such a table away. `[defaults]` gives keys to a table that a
//! dependency has, never the table; only `eol`, which every line may have, it gives as it is.

use std::collections::BTreeSet;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The tables of a dependency that are merged key by key.
const TABLES: &[&str] = &["source", "verify", "build", "test", "schedule", "eol", "metadata"];

/// Merges layers, the weakest first, over the defaults.
pub(super) fn merge<'t>(defaults: Option<&DeTable<'t>>, layers: &[&DeTable<'t>]) -> DeTable<'t> {
    let mut merged = DeTable::new();
    let mut given = BTreeSet::new();
    if let Some(defaults) = defaults {
        lay(&mut merged, defaults);
    }
    for layer in layers {
        lay(&mut merged, layer);
        for (key, value) in *layer {
            let table = TABLES.iter().find(|t| **t == key.get_ref().as_ref());
            match (table, is_false(value)) {
                (Some(table), false) => given.insert(*table),
                (Some(table), true) => given.remove(table),
                (None, _) => false,
            };
        }
    }
    for table in TABLES.iter().filter(|table| **table != "eol") {
        if !given.contains(table) && merged.get(*table).is_some_and(|v| v.get_ref().is_table()) {
            merged.remove(*table);
        }
    }
    merged
}

/// Lays one table over another.
fn lay<'t>(under: &mut DeTable<'t>, over: &DeTable<'t>) {
    for (key, value) in over {
        let name: &str = key.get_ref();
        let mut value = value.clone();
        let below = under.remove_entry(name).map(|(_, below)| below);
        if is_false(&value) {
            continue;
        }
        if TABLES.contains(&name)
            && let DeValue::Table(top) = value.get_mut()
        {
            let mut whole = match below.map(Spanned::into_inner) {
                Some(DeValue::Table(below)) => below,
                Some(_) | None => DeTable::new(),
            };
            for (key, value) in std::mem::take(top) {
                whole.remove(key.get_ref().as_ref());
                if !is_false(&value) {
                    whole.insert(key, value);
                }
            }
            *top = whole;
        }
        under.insert(key.clone(), value);
    }
}

fn is_false(value: &Spanned<DeValue<'_>>) -> bool {
    value.get_ref().as_bool() == Some(false)
}

/// Returns about how many bytes a table takes in memory.
pub(super) fn weight(table: &DeTable<'_>) -> usize {
    table.iter().map(|(key, value)| key.get_ref().len() + value_weight(value.get_ref())).sum()
}

fn value_weight(value: &DeValue<'_>) -> usize {
    64 + match value {
        DeValue::String(text) => text.len(),
        DeValue::Array(list) => list.iter().map(|entry| value_weight(entry.get_ref())).sum(),
        DeValue::Table(table) => weight(table),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => 0,
    }
}

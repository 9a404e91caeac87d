//! A driver's own table, for a driver that reads no TOML.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use toml::{Spanned, de::DeTable};

use super::{DriverTable, values};

/// Returns a driver's table as JSON, and the byte at which each of its keys stands.
pub fn as_json(table: &DriverTable) -> (Map<String, Json>, BTreeMap<String, (usize, usize)>) {
    let (mut fields, mut places) = (Map::new(), BTreeMap::new());
    for (key, value) in table.get_ref() {
        let name = key.get_ref().clone().into_owned();
        let span = value.span();
        places.insert(name.clone(), (span.start, span.end.saturating_sub(span.start)));
        fields.insert(name, values::json(value.get_ref()));
    }
    (fields, places)
}

/// Reads a table that stands in no file: lines of TOML, as they would stand in deps.toml.
///
/// # Errors
/// What the TOML crate says of it.
pub fn free_table(text: &str) -> Result<DriverTable, String> {
    let table = DeTable::parse(text).map_err(|error| error.message().to_owned())?;
    // The values' own texts are copied as a manifest's are.
    let span = table.span();
    let mut owned = DeTable::new();
    for (key, value) in table.into_inner() {
        let name = Spanned::new(key.span(), key.into_inner().into_owned().into());
        owned.insert(name, super::source::owned(&value));
    }
    Ok(Spanned::new(span, owned))
}

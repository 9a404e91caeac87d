//! `fallback` of a source: what is asked in turn where the source can't be read.

use toml::de::DeTable;

use super::{
    DriverTable,
    collect::{Collector, Extra as _, mistake},
    fields::{Table, Value, list, table},
    settings, source,
};
use crate::model::{Change, Code, Fallback, Located, Patch};

/// Keys that an entry takes from the first source though it has another driver.
const ANY_DRIVER: &[&str] =
    &["artifact", "asset", "extract", "replacements", "coverage", "insecure"];

/// Reads the entries, in their order: each takes what it lacks from the first source.
pub(super) fn read(
    all: &mut Collector<'_>,
    first: Table<'_, '_>,
    driver: &Located<String>,
    id: Option<&str>,
) -> Vec<(Fallback, DriverTable)> {
    let Some(value) = first.get("fallback") else { return Vec::new() };
    let help = "write `fallback = [{ url = \"https://…\" }]`".to_owned();
    let read = list(all, "fallback", value, "a list of tables", Some(help), |all, entry| {
        one(all, first, driver, entry, id)
    });
    read.unwrap_or_default()
}

fn one(
    all: &mut Collector<'_>,
    first: Table<'_, '_>,
    driver: &Located<String>,
    entry: &Value<'_>,
    id: Option<&str>,
) -> Option<(Fallback, DriverTable)> {
    let own = table(all, "fallback", entry)?;
    if let Some((key, _)) = own.keys.get_key_value("fallback") {
        all.add(
            mistake(Code::UNKNOWN_KEY, key.span(), "a fallback has no `fallback` of its own")
                .label("not here")
                .help("put it into the list behind this one: they are asked in turn"),
        );
        return None;
    }
    let other = own.get("driver").and_then(|it| it.get_ref().as_str());
    let same = other.is_none_or(|other| other == driver.value);
    let mut merged = DeTable::new();
    for (key, value) in first.keys {
        let name: &str = key.get_ref();
        if name != "fallback" && (same || ANY_DRIVER.contains(&name)) {
            merged.insert(key.clone(), value.clone());
        }
    }
    for (key, value) in own.keys {
        merged.remove(key.get_ref().as_ref());
        if value.get_ref().as_bool() != Some(false) || key.get_ref() == "insecure" {
            merged.insert(key.clone(), value.clone());
        }
    }
    let fields = Table { keys: &merged, at: own.at };
    let source = source::one(all, fields, id, true)?;
    let patch = addresses(settings::source(all, fields));
    Some((Fallback { rule: source.rule, patch }, source.rest))
}

/// What the merged table does not say is taken away from what the first says.
fn addresses(patch: Patch) -> Patch {
    fn whole<T>(change: Change<T>) -> Change<T> {
        match change {
            Change::Keep => Change::Clear,
            Change::Set(_) | Change::Clear => change,
        }
    }
    Patch {
        artifact: whole(patch.artifact),
        asset: whole(patch.asset),
        replacements: whole(patch.replacements),
        ..patch
    }
}

#[cfg(test)]
mod tests {
    use super::{super::keys, ANY_DRIVER};

    #[test]
    fn what_any_driver_takes_over_is_the_manifests_own() {
        for key in ANY_DRIVER {
            assert!(keys::SOURCE.contains(key) || *key == "insecure", "{key}");
        }
    }
}

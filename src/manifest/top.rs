//! `[project]`, `[storage]` and `[retention]`.

use toml::de::DeTable;

use super::{
    DriverTable,
    collect::{Collector, Extra as _, mistake, range},
    fields::{Table, boolean, line, missing, table},
    keys, sizes, source, values,
};
use crate::model::{Code, Located, Retention, StorageRule};

/// Returns a table of the file that must be there.
fn needed<'a, 't>(
    all: &mut Collector<'_>,
    file: &'a DeTable<'t>,
    name: &str,
    example: &str,
) -> Option<Table<'a, 't>> {
    let Some(value) = file.get(name) else {
        all.add(
            mistake(Code::MISSING_KEY, 0..1, format!("deps.toml needs the table `[{name}]`"))
                .label(format!("no `[{name}]` in this file"))
                .help(format!("write `[{name}]` and below it `{example}`")),
        );
        return None;
    };
    table(all, name, value)
}

/// Reads the project's name.
pub(super) fn project(all: &mut Collector<'_>, file: &DeTable<'_>) -> Option<String> {
    let example = "name = \"my-project\"";
    let fields = needed(all, file, "project", example)?;
    keys::PROJECT.check(all, fields.keys);
    let Some(value) = fields.get("name") else {
        missing(all, fields, "`[project]`", "name", example);
        return None;
    };
    let name = line(all, "name", value)?;
    if name.value.len() > 128 || name.value.trim() != name.value {
        all.add(
            mistake(Code::BAD_NAME, range(&name), "the project's name can't be used")
                .help("at most 128 bytes, no blank at either end"),
        );
        return None;
    }
    Some(name.value)
}

/// Reads `[retention]`.
pub(super) fn retention(all: &mut Collector<'_>, file: &DeTable<'_>) -> Retention {
    let Some(fields) = file.get("retention").and_then(|value| table(all, "retention", value))
    else {
        return Retention::default();
    };
    keys::RETENTION.check(all, fields.keys);
    let default = Retention::default();
    let mut read = |name: &str, otherwise| {
        let given = fields.get(name).and_then(|value| values::duration(all, name, value));
        given.unwrap_or(otherwise)
    };
    let (grace, history) = (read("grace", default.grace), read("history", default.history));
    let cache = read("cache", default.cache);
    let size = fields.get("cache-size").and_then(|value| sizes::bytes(all, "cache-size", value));
    Retention { grace, history, cache, cache_size: size.unwrap_or(default.cache_size) }
}

/// Reads the manifest's part of `[storage]`, and what is left for the driver.
pub(super) fn storage(
    all: &mut Collector<'_>,
    file: &DeTable<'_>,
) -> Option<(StorageRule, Located<String>, DriverTable)> {
    let fields = needed(all, file, "storage", "driver = \"fs\"` and `path = \"mirror\"")?;
    let known = all.known.storages;
    let driver = source::driver(all, fields, "storage", known, true)?;
    // An address from the environment is the driver's to look up.
    let public_url = fields
        .get("public-url")
        .and_then(|value| value.get_ref().as_str())
        .map(|text| text.trim_end_matches('/').to_owned());
    let single_writer = fields
        .get("single-writer")
        .and_then(|value| boolean(all, "single-writer", value))
        .unwrap_or(false);
    let rest = source::rest(all, fields, &["driver", "single-writer"], "");
    Some((StorageRule { driver: driver.clone(), public_url, single_writer }, driver, rest))
}

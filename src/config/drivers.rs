//! `[drivers]`: programs that may run, each by its name and the digest of its file.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::fields::{Mistakes, Value, short};
use crate::model::{Code, Sha256};

const EXAMPLE: &str = "depstate-source-NAME = \"sha256:…\"";
const LONG: &str = "depstate-source-NAME = { sha256 = \"sha256:…\", environment = [\"MY_TOKEN\"] }";
const KEYS: &[&str] = &["sha256", "environment"];
const BEGINNINGS: &[&str] = &["depstate-source-", "depstate-storage-"];

/// Digests and further variables, each by the program's name.
type Drivers = (BTreeMap<String, Sha256>, BTreeMap<String, Vec<String>>);

pub(super) fn read(file: &DeTable<'_>, mistakes: &mut Mistakes) -> Drivers {
    let (mut drivers, mut variables) = Drivers::default();
    let Some(value) = file.get("drivers") else { return (drivers, variables) };
    let Some(table) = mistakes.table("drivers", value, EXAMPLE) else {
        return (drivers, variables);
    };
    for (key, value) in table {
        let name: &str = key.get_ref();
        let known = BEGINNINGS.iter().find_map(|beginning| name.strip_prefix(beginning));
        // A name, never a path: which file it is the digest says.
        let fits = |rest: &str| {
            !rest.is_empty()
                && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        if !known.is_some_and(fits) {
            let message = format!("`{}` is no driver's program", short(name));
            let help = "it is called `depstate-source-NAME` or `depstate-storage-NAME`".to_owned();
            mistakes.add(Code::BAD_NAME, key.span(), message, Some(help));
            continue;
        }
        let mut digest = value;
        if let Some(fields) = value.get_ref().as_table() {
            mistakes.keys(name, fields, KEYS);
            let Some(named) = fields.get("sha256") else {
                let message = format!("`{name}` has no `sha256`");
                let help = Some(format!("write `{LONG}`"));
                mistakes.add(Code::MISSING_KEY, value.span(), message, help);
                continue;
            };
            digest = named;
            if let Some(list) = fields.get("environment") {
                variables.insert(name.to_owned(), names(list, mistakes));
            }
        }
        let Some(text) = mistakes.text(name, digest, EXAMPLE) else { continue };
        if let Some(digest) = text.strip_prefix("sha256:").and_then(|hex| hex.parse().ok()) {
            drivers.insert(name.to_owned(), digest);
        } else {
            let message = format!("`{name}` has no SHA-256");
            let help = "write `sha256:` and the 64 hex digits of `sha256sum FILE`".to_owned();
            mistakes.add(Code::BAD_DIGEST, digest.span(), message, Some(help));
        }
    }
    (drivers, variables)
}

/// Reads names of variables.
fn names(list: &Value<'_>, mistakes: &mut Mistakes) -> Vec<String> {
    let Some(entries) = list.get_ref().as_array() else {
        mistakes.wrong("environment", list, "a list", LONG);
        return Vec::new();
    };
    let mut names = Vec::new();
    for entry in entries {
        if let Some(name) = mistakes.text("environment", entry, LONG) {
            names.push(name.to_owned());
        }
    }
    names
}

//! `[drivers]`: programs that may run, each by its name and the digest of its file.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::fields::{Mistakes, short};
use crate::model::{Code, Sha256};

const EXAMPLE: &str = "depstate-source-NAME = \"sha256:…\"";
const BEGINNINGS: &[&str] = &["depstate-source-", "depstate-storage-"];

pub(super) fn read(file: &DeTable<'_>, mistakes: &mut Mistakes) -> BTreeMap<String, Sha256> {
    let mut drivers = BTreeMap::new();
    let Some(value) = file.get("drivers") else { return drivers };
    let Some(table) = mistakes.table("drivers", value, EXAMPLE) else { return drivers };
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
        let Some(text) = mistakes.text(name, value, EXAMPLE) else { continue };
        match text.strip_prefix("sha256:").and_then(|hex| hex.parse().ok()) {
            Some(digest) => {
                drivers.insert(name.to_owned(), digest);
            }
            None => {
                let message = format!("`{name}` has no SHA-256");
                let help = "write `sha256:` and the 64 hex digits of `sha256sum FILE`".to_owned();
                mistakes.add(Code::BAD_DIGEST, value.span(), message, Some(help));
            }
        }
    }
    drivers
}

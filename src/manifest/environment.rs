//! `env`: what a script finds in its environment.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::{
    collect::{Collector, Extra as _, mistake},
    fields::{Value, table, wrong_type},
    keys::shorten,
};
use crate::{
    model::{Code, Located},
    template::Scope,
};

/// What the build contract sets itself.
const SET: &[&str] = &["SOURCE_DATE_EPOCH", "TZ", "LC_ALL", "HOME", "TMPDIR"];

/// Reads the table: values are templates, and may be empty.
pub(super) fn env(
    all: &mut Collector<'_>,
    value: &Value<'_>,
) -> Option<BTreeMap<String, Located<String>>> {
    let fields = table(all, "env", value)?;
    let mut read = BTreeMap::new();
    for (key, value) in fields.keys {
        let name: &str = key.get_ref();
        let shown = shorten(name);
        if let Some((message, help)) = wrong(name, &shown) {
            all.add(mistake(Code::BAD_NAME, key.span(), message).help(help));
        }
        match value.get_ref() {
            DeValue::String(text) if text.contains('\0') => {
                let message = format!("`{shown}` has a NUL in it, which no environment can hold");
                all.add(mistake(Code::BAD_VALUE, value.span(), message).help("take it out"));
            }
            DeValue::String(text) => {
                let text = Located::new(text.clone().into_owned(), value.span());
                all.template(&text, Scope::Published);
                read.insert(name.to_owned(), text);
            }
            other @ (DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_)) => {
                let text = match other {
                    DeValue::Integer(number) => Some(number.to_string()),
                    DeValue::Float(number) => Some(number.to_string()),
                    // Nothing here merges key by key.
                    DeValue::Boolean(false) => Some("false".to_owned()),
                    DeValue::Boolean(true) => Some("true".to_owned()),
                    DeValue::String(_)
                    | DeValue::Datetime(_)
                    | DeValue::Array(_)
                    | DeValue::Table(_) => None,
                };
                let help = text.map(|text| match text.as_str() {
                    "false" => format!(
                        "`env` is replaced whole, so leave `{shown}` out; or write `\"false\"`"
                    ),
                    _ => format!("write `{shown} = \"{text}\"`"),
                });
                wrong_type(all, &shown, value, "a string", help);
            }
        }
    }
    Some(read)
}

/// Says what is wrong with a name, and what to do about it.
fn wrong(name: &str, shown: &str) -> Option<(String, String)> {
    if name.starts_with("DEPSTATE_") {
        let message = format!("`{shown}` is one of depstate's own names");
        return Some((message, "call it without `DEPSTATE_` before it".to_owned()));
    }
    if SET.contains(&name) {
        let help =
            "the same for every build, so that two give the same bytes: set it in the script";
        return Some((format!("`{shown}` is set by depstate"), help.to_owned()));
    }
    let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let first = name.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    if letters && first {
        return None;
    }
    let near: String =
        shown.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let help = "letters, digits and `_`, the first no digit";
    let help = match near.bytes().next() {
        Some(b) if !b.is_ascii_digit() => format!("{help}: `{near}`"),
        Some(_) | None => help.to_owned(),
    };
    Some((format!("`{shown}` is no name of a variable"), help))
}

//! Reads one value of a table, or says what stands there in its place.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    collect::{Collector, Extra as _, mistake},
    keys::shorten,
};
use crate::model::{Code, Located};

/// A value with its place.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// A table with its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'a, 't> {
    /// Its keys.
    pub(super) keys: &'a DeTable<'t>,
    /// Its header, or the whole of it where it is written in one line.
    pub(super) at: (usize, usize),
}

impl<'a, 't> Table<'a, 't> {
    /// Returns the value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value<'t>> {
        self.keys.get(key)
    }

    /// Returns the place.
    pub(super) fn span(&self) -> Range<usize> {
        self.at.0..self.at.1
    }

    /// Returns a table below, without a word where there is none.
    pub(super) fn below(&self, all: &mut Collector<'_>, key: &str) -> Option<Self> {
        table(all, key, self.get(key)?)
    }
}

/// Says what a value is, for a message.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Adds a mistake for a value of the wrong type.
pub(super) fn wrong_type(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
    expected: &str,
    help: Option<String>,
) {
    let found = kind(value.get_ref());
    all.add(
        mistake(Code::WRONG_TYPE, value.span(), format!("`{key}` must be {expected}, not {found}"))
            .label(found)
            .help_if(help),
    );
}

/// Adds a mistake for a value that makes no sense.
pub(super) fn bad_value(
    all: &mut Collector<'_>,
    span: Range<usize>,
    message: impl Into<String>,
    help: Option<String>,
) {
    all.add(mistake(Code::BAD_VALUE, span, message).help_if(help));
}

/// Adds a mistake for a key that is not there.
pub(super) fn missing(
    all: &mut Collector<'_>,
    table: Table<'_, '_>,
    what: &str,
    key: &str,
    example: &str,
) {
    all.add(
        mistake(Code::MISSING_KEY, table.span(), format!("{what} needs the key `{key}`"))
            .label(format!("no `{key}` here"))
            .help(format!("write `{example}`")),
    );
}

/// Reads a string that is not empty.
pub(super) fn string(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
) -> Option<Located<String>> {
    let DeValue::String(text) = value.get_ref() else {
        let help = match value.get_ref() {
            DeValue::Integer(number) => Some(format!("write `{key} = \"{number}\"`")),
            DeValue::Float(number) => Some(format!("write `{key} = \"{number}\"`")),
            DeValue::Array(_) => Some("give one string, without brackets".to_owned()),
            DeValue::String(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
                None
            }
        };
        wrong_type(all, key, value, "a string", help);
        return None;
    };
    if text.trim().is_empty() {
        bad_value(all, value.span(), format!("`{key}` is empty"), None);
        return None;
    }
    Some(Located::new(text.clone().into_owned(), value.span()))
}

/// Reads a string of one line.
pub(super) fn line(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
) -> Option<Located<String>> {
    let text = string(all, key, value)?;
    if text.value.contains(['\n', '\r', '\t']) {
        let message = format!("`{key}` has a line break or tab in it");
        all.add(mistake(Code::BAD_NAME, value.span(), message));
        return None;
    }
    Some(text)
}

/// Reads a list whose entries are read by `entry`; entries that can't be read are left out.
pub(super) fn list<'a, 't, T>(
    all: &mut Collector<'_>,
    key: &str,
    value: &'a Value<'t>,
    of: &str,
    help: Option<String>,
    mut entry: impl FnMut(&mut Collector<'_>, &'a Value<'t>) -> Option<T>,
) -> Option<Vec<T>> {
    let DeValue::Array(entries) = value.get_ref() else {
        wrong_type(all, key, value, of, help);
        return None;
    };
    Some(entries.iter().filter_map(|value| entry(all, value)).collect())
}

/// Reads a string in a list of them.
fn one_of_strings(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
    read: impl FnOnce(&mut Collector<'_>, &str, &Value<'_>) -> Option<Located<String>>,
) -> Option<Located<String>> {
    if value.get_ref().is_str() {
        return read(all, key, value);
    }
    let help = match value.get_ref() {
        DeValue::Integer(number) => Some(format!("write `\"{number}\"`")),
        DeValue::Float(number) => Some(format!("write `\"{number}\"`")),
        DeValue::String(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    };
    wrong_element(all, key, value, "strings", help);
    None
}

/// Adds a mistake for an entry of a list that has the wrong type.
pub(super) fn wrong_element(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
    of: &str,
    help: Option<String>,
) {
    let found = kind(value.get_ref());
    let message = format!("`{key}` is a list of {of}, and this is {found}");
    all.add(mistake(Code::WRONG_TYPE, value.span(), message).label(found).help_if(help));
}

/// Reads a string, or a list of them that is not empty.
pub(super) fn one_or_more(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
) -> Option<Vec<Located<String>>> {
    match value.get_ref() {
        DeValue::Array(list) if list.is_empty() => {
            bad_value(all, value.span(), format!("`{key}` is an empty list"), None);
            None
        }
        DeValue::Array(list) => {
            let each = list.iter().filter_map(|value| one_of_strings(all, key, value, string));
            Some(each.collect())
        }
        DeValue::String(_) => string(all, key, value).map(|text| vec![text]),
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Table(_) => {
            wrong_type(all, key, value, "a string or a list of strings", None);
            None
        }
    }
}

/// Reads a list of strings.
pub(super) fn strings(
    all: &mut Collector<'_>,
    key: &str,
    value: &Value<'_>,
) -> Option<Vec<Located<String>>> {
    let help =
        value.get_ref().as_str().map(|text| format!("write `{key} = [\"{}\"]`", shorten(text)));
    list(all, key, value, "a list of strings", help, |all, value| {
        one_of_strings(all, key, value, line)
    })
}

/// Reads a boolean.
pub(super) fn boolean(all: &mut Collector<'_>, key: &str, value: &Value<'_>) -> Option<bool> {
    let read = value.get_ref().as_bool();
    if read.is_none() {
        let help = format!("write `{key} = true`, without quotes");
        wrong_type(all, key, value, "`true` or `false`", Some(help));
    }
    read
}

/// Reads a table.
pub(super) fn table<'a, 't>(
    all: &mut Collector<'_>,
    key: &str,
    value: &'a Value<'t>,
) -> Option<Table<'a, 't>> {
    let DeValue::Table(keys) = value.get_ref() else {
        wrong_type(all, key, value, "a table", None);
        return None;
    };
    Some(Table { keys, at: (value.span().start, value.span().end) })
}

/// Reads a whole number; none where it does not fit.
pub(super) fn whole(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

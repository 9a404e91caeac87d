//! Reads single values, and collects what is wrong with them.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};
use url::Url;

use crate::model::{Code, Mistake};

/// A value with its place.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// The mistakes so far.
#[derive(Debug, Default)]
pub(super) struct Mistakes(pub(super) Vec<Mistake>);

impl Mistakes {
    /// Adds one.
    pub(super) fn add(
        &mut self,
        code: Code,
        span: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let span = (span.start, span.end.saturating_sub(span.start));
        self.0.push(Mistake { code, message: message.into(), span, label: None, help });
    }

    /// Adds one for a value of another type.
    pub(super) fn wrong(&mut self, key: &str, value: &Value<'_>, wanted: &str, help: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("`{}` must be {wanted}, not {found}", short(key));
        self.add(Code::WRONG_TYPE, value.span(), message, Some(format!("write `{help}`")));
    }

    /// Adds one for every key that a table may not have.
    pub(super) fn keys(&mut self, what: &str, table: &DeTable<'_>, known: &[&str]) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let near = nearest(name, known).map_or_else(
                || format!("it may have `{}`", known.join("`, `")),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("{what} has no key `{}`", short(name));
            self.add(Code::UNKNOWN_KEY, key.span(), message, Some(near));
        }
    }

    /// Reads a table.
    pub(super) fn table<'a, 't>(
        &mut self,
        key: &str,
        value: &'a Value<'t>,
        help: &str,
    ) -> Option<&'a DeTable<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong(key, value, "a table", help);
        }
        table
    }

    /// Reads `true` or `false`; false where the key is not there.
    pub(super) fn flag(&mut self, key: &str, table: &DeTable<'_>) -> bool {
        let Some(value) = table.get(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong(key, value, "`true` or `false`", &format!("{key} = true"));
            false
        })
    }

    /// Reads a string that is not blank.
    pub(super) fn text<'a>(
        &mut self,
        key: &str,
        value: &'a Value<'_>,
        help: &str,
    ) -> Option<&'a str> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong(key, value, "a string", help);
            return None;
        };
        if text.trim().is_empty() {
            let help = Some(format!("write `{help}`"));
            self.add(Code::BAD_VALUE, value.span(), format!("`{key}` is empty"), help);
            return None;
        }
        Some(text)
    }

    /// Reads an address of http or https without a user, a query and a fragment.
    pub(super) fn url(&mut self, key: &str, value: &Value<'_>, help: &str) -> Option<Url> {
        let text = self.text(key, value, help)?;
        let why = match Url::parse(text) {
            Err(error) => format!("is no address: {error}"),
            Ok(url) if !matches!(url.scheme(), "https" | "http") => {
                format!("begins with `{}:`, not `https:`", short(url.scheme()))
            }
            // Whoever may read the file need not be whoever may know the password.
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                "names a user or a password".to_owned()
            }
            Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                "has a query or a fragment".to_owned()
            }
            Ok(url) => return Some(url),
        };
        let help = Some(format!("write `{help}`"));
        self.add(Code::BAD_URL, value.span(), format!("`{key}` {why}"), help);
        None
    }
}

/// Returns the nearest of some names, if one is near enough to be meant.
pub(super) fn nearest<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    // Nobody means a name by a much longer text, and distances cost its square.
    if name.len() > 100 {
        return None;
    }
    let lower = name.to_lowercase().replace('_', "-");
    names
        .iter()
        .map(|other| (strsim::damerau_levenshtein(&lower, other), *other))
        .filter(|(distance, other)| *distance <= (other.len().max(name.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// Cuts what somebody wrote to a length that fits a message.
pub(super) fn short(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
    if shown.len() == text.len() { shown } else { format!("{shown}…") }
}

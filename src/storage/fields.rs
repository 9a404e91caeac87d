//! Reading a driver's own table of deps.toml: every mistake with its place, all of them at once.

use toml::{Spanned, de::DeValue};

use super::registry::DriverTable;
use crate::model::{Code, Environment, Located, Mistake};

/// The only variables that deps.toml may name: it comes from a pull request, and must not carry a
/// secret to a host of its choice.
const PREFIX: &str = "DEPSTATE_";

/// A driver's table while it is read.
pub(super) struct Fields {
    table: DriverTable,
    known: &'static [&'static str],
    environment: Environment,
    mistakes: Vec<Mistake>,
}

impl Fields {
    /// Begins to read; every key that is not in `known` is a mistake.
    pub(super) fn new(
        table: DriverTable,
        known: &'static [&'static str],
        environment: Environment,
    ) -> Self {
        let mut fields = Self { table, known, environment, mistakes: Vec::new() };
        fields.check_keys();
        fields
    }

    fn check_keys(&mut self) {
        let mut found = Vec::new();
        for key in self.table.get_ref().keys() {
            let name: &str = key.get_ref();
            if !self.known.contains(&name) {
                found.push(Mistake {
                    code: Code::UNKNOWN_KEY,
                    message: format!("unknown key `{name}` in `[storage]`"),
                    span: place(key),
                    label: Some("not a key of this driver".to_owned()),
                    help: Some(nearest(name, self.known)),
                });
            }
        }
        self.mistakes.append(&mut found);
    }

    /// Takes a text that may also be `{ env = "DEPSTATE_…" }`.
    pub(super) fn place(&mut self, key: &'static str) -> Option<Located<String>> {
        let value = self.take(key)?;
        let DeValue::Table(inner) = value.get_ref() else { return self.as_text(key, &value) };
        let named: Vec<_> = inner.iter().collect();
        if let [(name, variable)] = named.as_slice()
            && name.get_ref() == "env"
            && let Some(variable_name) = variable.get_ref().as_str()
        {
            let span = place(variable);
            if !variable_name.starts_with(PREFIX) {
                self.add(
                    Code::ENV_NAME,
                    format!("`{key}` names the variable `{variable_name}`"),
                    span,
                    Some(format!("name one that begins with `{PREFIX}`")),
                );
                return None;
            }
            let Some(text) = self.environment.get(variable_name) else {
                self.add(
                    Code::ENV_UNSET,
                    format!("`{key}` is taken from `{variable_name}`, which is not set"),
                    span,
                    Some(format!("set `{variable_name}`")),
                );
                return None;
            };
            return Some(Located { value: text.to_owned(), span });
        }
        self.add(
            Code::WRONG_TYPE,
            format!("`{key}` is neither a text nor `{{ env = \"{PREFIX}…\" }}`"),
            place(&value),
            None,
        );
        None
    }

    /// Takes a text.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Located<String>> {
        let value = self.take(key)?;
        self.as_text(key, &value)
    }

    /// Takes `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let value = self.take(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            let message = format!(
                "`{key}` is {}, not `true` or `false`",
                article(value.get_ref().type_str())
            );
            self.add(Code::WRONG_TYPE, message, place(&value), None);
        }
        flag
    }

    /// Takes an address: `https://…` or `http://…`, without user, password, query or fragment, and
    /// returns it without a trailing slash.
    pub(super) fn address(&mut self, key: &'static str) -> Option<Located<String>> {
        let text = self.place(key)?;
        let why = match url::Url::parse(&text.value) {
            Err(e) => Some(e.to_string()),
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                Some("it is neither `https://` nor `http://`".to_owned())
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                Some("a user or password has no place in it".to_owned())
            }
            Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                Some("it ends before `?` and `#`".to_owned())
            }
            Ok(_) => None,
        };
        if let Some(why) = why {
            // The text itself is not shown: it may hold a password.
            self.add(Code::BAD_URL, format!("`{key}` is no address: {why}"), text.span, None);
            return None;
        }
        Some(Located { value: text.value.trim_end_matches('/').to_owned(), span: text.span })
    }

    /// Reports a value that must be there as missing, unless it was given wrong or under a name that
    /// is nearly its own: one mistake is reported once.
    pub(super) fn required<T>(&mut self, key: &'static str, value: Option<T>) -> Option<T> {
        let meant = format!("did you mean `{key}`?");
        let judged = self.mistakes.iter().any(|mistake| {
            mistake.message.starts_with(&format!("`{key}`"))
                || mistake.help.as_ref() == Some(&meant)
        });
        if value.is_none() && !judged {
            let span = self.table.span();
            self.add(
                Code::MISSING_KEY,
                format!("`[storage]` lacks `{key}`"),
                (span.start, span.len()),
                Some(format!("add `{key} = \"…\"`")),
            );
        }
        value
    }

    /// Adds a mistake. Messages about a key's value begin with the key in backticks.
    pub(super) fn add(
        &mut self,
        code: Code,
        message: String,
        span: (usize, usize),
        help: Option<String>,
    ) {
        self.mistakes.push(Mistake { code, message, span, label: None, help });
    }

    /// Ends reading.
    ///
    /// # Errors
    /// All mistakes, in the order of their places.
    pub(super) fn finish(mut self) -> Result<(), Vec<Mistake>> {
        self.mistakes.sort_by_key(|mistake| mistake.span);
        if self.mistakes.is_empty() { Ok(()) } else { Err(self.mistakes) }
    }

    fn take(&mut self, key: &str) -> Option<Spanned<DeValue<'static>>> {
        self.table.get_mut().remove(key)
    }

    fn as_text(&mut self, key: &str, value: &Spanned<DeValue<'static>>) -> Option<Located<String>> {
        match value.get_ref().as_str() {
            Some("") => {
                self.add(Code::BAD_VALUE, format!("`{key}` is empty"), place(value), None);
                None
            }
            Some(text) => Some(Located { value: text.to_owned(), span: place(value) }),
            None => {
                let kind = article(value.get_ref().type_str());
                let message = format!("`{key}` is {kind}, not a text");
                self.add(Code::WRONG_TYPE, message, place(value), None);
                None
            }
        }
    }
}

fn place<T>(value: &Spanned<T>) -> (usize, usize) {
    let span = value.span();
    (span.start, span.len())
}

fn article(kind: &str) -> String {
    let an = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if an { "an" } else { "a" })
}

/// Returns the help for a misspelt name: the nearest one, or all there are.
pub(super) fn nearest(name: &str, known: &[&str]) -> String {
    // Half of the letters wrong is no misspelling.
    let close = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3))
        .min();
    match close {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None => format!("known are `{}`", known.join("`, `")),
    }
}

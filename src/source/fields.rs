//! Reading a driver's table: every mistake in it, each at its place.

use toml::{Spanned, de::DeValue};
use url::Url;

use super::Setup;
use crate::model::{Code, Located, Mistake, Pattern};

/// Keys that every driver knows.
const COMMON: &[&str] = &["insecure"];
/// Variables that deps.toml may name begin so: it comes from pull requests, and must not carry
/// another variable, maybe a secret, to a host of its choice.
const PREFIX: &str = "DEPSTATE_";

/// A driver's table being read.
pub(super) struct Fields<'s> {
    setup: &'s Setup,
    /// Whether plain http is allowed.
    pub(super) insecure: bool,
    mistakes: Vec<Mistake>,
}

impl<'s> Fields<'s> {
    /// Begins to read; unknown keys are noted at once.
    pub(super) fn new(setup: &'s Setup, known: &[&'static str]) -> Self {
        let mut fields = Self { setup, insecure: false, mistakes: Vec::new() };
        for key in setup.table.get_ref().keys() {
            let name = key.get_ref();
            if known.iter().chain(COMMON).any(|k| k == name) {
                continue;
            }
            let nearest = known
                .iter()
                .chain(COMMON)
                .map(|k| (strsim::jaro_winkler(k, name), *k))
                .filter(|(likeness, _)| *likeness > 0.7)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let help = match nearest {
                Some((_, near)) => format!("did you mean `{near}`?"),
                None => format!("known keys: `{}`", known.join("`, `")),
            };
            let message = format!("the driver does not know the key `{name}`");
            fields.add(Code::UNKNOWN_KEY, message, key.span(), Some(help));
        }
        fields.insecure = fields.flag("insecure");
        fields
    }

    /// Returns the value of a key as it stands.
    pub(super) fn get(&self, key: &str) -> Option<&'s Spanned<DeValue<'static>>> {
        self.setup.table.get_ref().get(key)
    }

    /// Notes a mistake.
    pub(super) fn add(
        &mut self,
        code: Code,
        message: String,
        span: std::ops::Range<usize>,
        help: Option<String>,
    ) {
        let span = (span.start, span.end.saturating_sub(span.start));
        self.mistakes.push(Mistake { code, message, span, label: None, help });
    }

    /// Notes a mistake at a value that was read before.
    pub(super) fn add_at<T>(
        &mut self,
        code: Code,
        message: String,
        at: &Located<T>,
        help: Option<&str>,
    ) {
        let help = help.map(str::to_owned);
        self.mistakes.push(Mistake { code, message, span: at.span, label: None, help });
    }

    /// Notes that a key is not there.
    pub(super) fn missing(&mut self, key: &str, help: &str) {
        let span = self.setup.table.span();
        let message = format!("the source has no `{key}`");
        self.add(Code::MISSING_KEY, message, span, Some(help.to_owned()));
    }

    /// Notes a value of another type.
    pub(super) fn wrong(&mut self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let kind = value.get_ref().type_str();
        let article = if matches!(kind, "integer" | "array") { "an" } else { "a" };
        let message = format!("`{key}` is {article} {kind}, not {wanted}");
        self.add(Code::WRONG_TYPE, message, value.span(), None);
    }

    /// Reads `true` or `false`; false where the key is not there.
    pub(super) fn flag(&mut self, key: &str) -> bool {
        let Some(value) = self.get(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong(key, value, "`true` or `false`");
            false
        })
    }

    /// Reads a text.
    pub(super) fn text(&mut self, key: &str) -> Option<Located<String>> {
        let value = self.get(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong(key, value, "a text");
        }
        text.map(|text| Located::new(text.to_owned(), value.span()))
    }

    /// Reads a text or a list of texts, which must be there; `{{ id }}` is replaced in each.
    pub(super) fn texts(&mut self, key: &str, help: &str) -> Vec<Located<String>> {
        let Some(value) = self.get(key) else {
            self.missing(key, help);
            return Vec::new();
        };
        let list = value.get_ref().as_array();
        let values: Vec<_> = list.map_or_else(|| vec![value], |values| values.iter().collect());
        if values.is_empty() {
            self.add(Code::BAD_VALUE, format!("`{key}` is empty"), value.span(), None);
        }
        let mut texts = Vec::new();
        for value in values {
            match value.get_ref().as_str() {
                Some(text) => {
                    let text = Located::new(text.to_owned(), value.span());
                    texts.extend(self.expand(key, text));
                }
                None => self.wrong(key, value, "a text or a list of texts"),
            }
        }
        texts
    }

    /// Replaces `{{ id }}`, the one name that an index's address knows: an index is asked once for
    /// a dependency.
    fn expand(&mut self, key: &str, mut text: Located<String>) -> Option<Located<String>> {
        while let Some((before, rest)) = text.value.split_once("{{") {
            let (name, after) = rest.split_once("}}").unwrap_or((rest, ""));
            let name = name.trim();
            if name == "id" {
                text.value = format!("{before}{}{after}", self.setup.id);
                continue;
            }
            let (code, help) = if name.starts_with("version") || name.starts_with("upstream") {
                (Code::URL_WITH_VERSION, "`url` is the index; the file's address is `artifact`")
            } else {
                (Code::TEMPLATE, "an index is asked once for a dependency: it knows only `id`")
            };
            let message = format!("`{key}` knows no `{name}`");
            self.add_at(code, message, &text, Some(help));
            return None;
        }
        Some(text)
    }

    /// Reads addresses, which must be there.
    pub(super) fn urls(&mut self, key: &str, help: &str) -> Vec<Url> {
        let texts = self.texts(key, help);
        texts.iter().filter_map(|text| self.url(key, text)).collect()
    }

    /// Reads an address.
    pub(super) fn url(&mut self, key: &str, text: &Located<String>) -> Option<Url> {
        let why = match Url::parse(&text.value) {
            Err(error) => format!("is no address: {error}"),
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                "names a user or a password".to_owned()
            }
            Ok(url) if url.scheme() == "https" => return Some(url),
            Ok(url) if url.scheme() == "http" && self.insecure => return Some(url),
            Ok(url) if url.scheme() == "http" => {
                "is not encrypted, which needs `insecure = true`".to_owned()
            }
            Ok(url) => format!("begins with `{}:`, not `https:`", url.scheme()),
        };
        self.add_at(Code::BAD_URL, format!("`{key}` {why}"), text, None);
        None
    }

    /// Reads a place: a text, or `{ env = "DEPSTATE_…" }`.
    pub(super) fn place(&mut self, key: &str) -> Option<Located<String>> {
        let value = self.get(key)?;
        let span = value.span();
        let Some(table) = value.get_ref().as_table() else {
            if let Some(text) = value.get_ref().as_str() {
                return Some(Located::new(text.to_owned(), span));
            }
            self.wrong(key, value, "a text or `{ env = \"DEPSTATE_…\" }`");
            return None;
        };
        let name = table.get("env").and_then(|name| name.get_ref().as_str());
        let Some(name) = name.filter(|_| table.len() == 1) else {
            self.wrong(key, value, "a text or `{ env = \"DEPSTATE_…\" }`");
            return None;
        };
        if !name.starts_with(PREFIX) {
            let message = format!("`{key}` may not be taken from `{name}`");
            let help = format!("only variables that begin with `{PREFIX}` may be named");
            self.add(Code::ENV_NAME, message, span, Some(help));
            return None;
        }
        let text = self.setup.environment.get(name);
        if text.is_none() {
            let message = format!("`{key}` is taken from `{name}`, which is not set");
            self.add(Code::ENV_UNSET, message, span.clone(), Some(format!("set `{name}`")));
        }
        text.map(|text| Located::new(text.to_owned(), span))
    }

    /// Reads a regular expression.
    pub(super) fn pattern(&mut self, key: &str) -> Option<Located<Pattern>> {
        let text = self.text(key)?;
        match Pattern::new(&text.value) {
            Ok(value) => Some(Located { value, span: text.span }),
            Err(error) => {
                // The compiler draws a picture of several lines; its last one says what is wrong.
                let why = error.why.lines().last().unwrap_or_default();
                let why = why.trim().trim_start_matches("error: ").trim_end_matches('.');
                let message = format!("`{key}` is no regular expression: {why}");
                self.add_at(Code::BAD_PATTERN, message, &text, None);
                None
            }
        }
    }

    /// Reads a regular expression whose groups are a row's fields: there must be a `version`.
    pub(super) fn row_pattern(&mut self, key: &str) -> Option<Pattern> {
        let pattern = self.pattern(key)?;
        if !pattern.value.names().any(|name| name == "version") {
            let message = format!("`{key}` has no group `version`");
            let help = "name what is found: `(?P<version>\\d+\\.\\d+\\.\\d+)`";
            self.add_at(Code::BAD_PATTERN, message, &pattern, Some(help));
            return None;
        }
        Some(pattern.value)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// The mistakes, by their place, if there are any.
    pub(super) fn finish(mut self) -> Result<(), Vec<Mistake>> {
        if self.mistakes.is_empty() {
            return Ok(());
        }
        self.mistakes.sort_by_key(|mistake| mistake.span);
        Err(self.mistakes)
    }
}

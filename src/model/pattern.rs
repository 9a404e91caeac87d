//! Regular expressions, compared by their text.

use std::collections::BTreeMap;

/// A regular expression with named groups (`regex` crate syntax, size-limited).
#[derive(Debug, Clone)]
pub struct Pattern(regex::Regex);

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it is no regular expression or compiles to more than 1 MiB.
    pub fn new(text: &str) -> Result<Self, BadPattern> {
        regex::RegexBuilder::new(text)
            .size_limit(1 << 20)
            .build()
            .map(Self)
            .map_err(|e| BadPattern { text: text.to_owned(), why: e.to_string() })
    }

    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Tells whether the pattern is found anywhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// Returns the named groups of the first match, without those that did not take part.
    pub fn groups(&self, text: &str) -> Option<BTreeMap<String, String>> {
        let captures = self.0.captures(text)?;
        Some(self.named(&captures))
    }

    /// Returns the named groups of every match, in order.
    pub fn all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = BTreeMap<String, String>> + 't {
        self.0.captures_iter(text).map(|captures| self.named(&captures))
    }

    /// Returns name and value of the named groups of the first match, from left to right; the
    /// value is none where a group did not take part.
    pub fn values<'t>(&'t self, text: &'t str) -> Option<Vec<(&'t str, Option<&'t str>)>> {
        let captures = self.0.captures(text)?;
        let value = |name: &'t str| (name, captures.name(name).map(|group| group.as_str()));
        Some(self.names().map(value).collect())
    }

    /// Returns the names of the groups.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.capture_names().flatten()
    }

    fn named(&self, captures: &regex::Captures<'_>) -> BTreeMap<String, String> {
        self.names()
            .filter_map(|name| Some((name.to_owned(), captures.name(name)?.as_str().to_owned())))
            .collect()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pattern {}

/// A text that is no regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a regular expression: {why}")]
pub struct BadPattern {
    /// What was given.
    pub text: String,
    /// What the regex compiler says.
    pub why: String,
}

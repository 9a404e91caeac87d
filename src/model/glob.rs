//! Globs over names.

use std::fmt;

/// A glob: `*`, `?`, `[ab]`, `{a,b}`. `*` crosses every letter.
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    matcher: globset::GlobMatcher,
}

impl Glob {
    /// Reads a glob.
    ///
    /// # Errors
    /// When the text is no glob.
    pub fn new(text: &str) -> Result<Self, BadGlob> {
        let glob = globset::GlobBuilder::new(text)
            .literal_separator(false)
            .backslash_escape(false)
            .build()
            .map_err(|e| BadGlob { text: text.to_owned(), why: e.kind().to_string() })?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() })
    }

    /// Tells whether the whole name matches.
    pub fn matches(&self, name: &str) -> bool {
        self.matcher.is_match(name)
    }

    /// Returns the glob as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether a text has any wildcard at all.
    pub fn is_wild(text: &str) -> bool {
        text.contains(['*', '?', '[', '{'])
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Glob {}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// A text that is no glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a glob: {why}")]
pub struct BadGlob {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

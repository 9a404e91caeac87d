//! Version lines: which versions of a dependency are wanted.

use super::{Constraint, Located, Pattern};

/// A constraint and how many of the newest versions to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionLine {
    /// Which versions belong to the line; where absent, `pattern` alone decides.
    pub constraint: Option<Located<Constraint>>,
    /// A regex that the raw upstream name must match (`match`).
    pub pattern: Option<Pattern>,
    /// How many of the newest to keep.
    pub keep: Keep,
    /// Whether pre-releases count.
    pub prereleases: bool,
    /// The day that support ends, `YYYY-MM-DD`.
    pub eol: Option<jiff::civil::Date>,
    /// Where the line stands in deps.toml: byte offset and length.
    pub span: (usize, usize),
}

impl VersionLine {
    /// Returns how the line is called in messages: its constraint or its regex, as written.
    pub fn label(&self) -> &str {
        match (&self.constraint, &self.pattern) {
            (Some(constraint), _) => constraint.value.as_str(),
            (None, Some(pattern)) => pattern.as_str(),
            (None, None) => "*",
        }
    }
}

/// How many of a line's newest versions to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    /// This many, at least 1.
    Newest(u32),
    /// Every version of the line.
    All,
}

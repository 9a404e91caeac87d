//! Mistakes that a person made in deps.toml, found by whoever reads that part of it.

use super::Code;

/// One mistake and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Its code.
    pub code: Code,
    /// What is wrong: a lower-case fragment, literals in backticks.
    pub message: String,
    /// The place in deps.toml: byte offset and length.
    pub span: (usize, usize),
    /// The word at the marked place.
    pub label: Option<String>,
    /// What to write instead, in the imperative.
    pub help: Option<String>,
}

//! A value and where it stands in deps.toml.

use std::ops::Range;

/// A value and its byte range in deps.toml, so that a late error can point at the line that asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands: byte offsets, start and length.
    pub span: (usize, usize),
}

impl<T> Located<T> {
    /// Puts a value and a byte range together.
    pub fn new(value: T, span: Range<usize>) -> Self {
        Self { value, span: (span.start, span.end.saturating_sub(span.start)) }
    }
}

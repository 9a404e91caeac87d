//! What can go wrong with a template.

use std::ops::Range;

/// A template that can't be used, or could not be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The place: byte offsets inside the template's text.
    pub at: Option<Range<usize>>,
}

impl TemplateError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, at: None }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(super) fn at(self, at: Range<usize>) -> Self {
        Self { at: Some(at), ..self }
    }
}

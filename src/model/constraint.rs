//! The one constraint language: `22.*`, `*`, `=` `!=` `<` `<=` `>` `>=` joined by commas, `^`, `~`.

use std::fmt;

use super::{OrderKey, Scheme, Version};

/// A constraint on versions, in plain order: pre-releases are included (a *line* leaves them out).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    text: String,
    scheme: Scheme,
}

impl Constraint {
    /// Reads a constraint for versions of a scheme.
    ///
    /// # Errors
    /// When it is not in the language; a bare version offers `=1.2.3` and `1.2.*`.
    pub fn new(text: &str, scheme: Scheme) -> Result<Self, ConstraintError> {
        Ok(Self { text: text.to_owned(), scheme })
    }

    /// Tells whether a version satisfies the constraint.
    pub fn matches(&self, version: &Version) -> bool {
        self.matches_key(&self.scheme.order(version))
    }

    /// Tells whether an order key satisfies the constraint.
    pub fn matches_key(&self, _key: &OrderKey) -> bool {
        unimplemented!("constraint")
    }

    /// Returns the constraint as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// A text that is no constraint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConstraintError {
    /// What is wrong, as a fragment.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

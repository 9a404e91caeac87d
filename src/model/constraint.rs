//! The one constraint language: `22.*`, `*`, `=` `!=` `<` `<=` `>` `>=` joined by commas, `^`, `~`;
//! and beside it what a scheme's own world writes: `~>` (gem), `~=` and `==` (pep440), `[1,2)`
//! (maven).

mod interval;
mod mistakes;
mod range;
mod read;
#[cfg(test)]
mod tests;

use std::fmt;

use super::{OrderKey, Scheme, Version};
use range::Range;

/// A constraint on versions, in plain order: pre-releases are included (a *line* leaves them out).
///
/// Missing numbers count as 0, so `=1.2` holds for `1.2.0`. A bound without build metadata does
/// not look at it: `=25.0.2` and `<=25.0.2` hold for `25.0.2+12`, `>25.0.2` does not. `22.*`, `^`
/// and `~` hold their leading numbers fixed: `22.*` holds for `22.0.0-rc.1`, and `^1.2` does not
/// for `2.0.0-rc.1`, though that is below `2.0.0`. So do gem's `~>` and Python's `~=`, which let
/// the last number that they name rise. A text that the scheme can't read satisfies `*` and `!=`
/// alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    text: String,
    scheme: Scheme,
    within: Range,
    without: Vec<Range>,
}

impl Constraint {
    /// Reads a constraint for versions of a scheme.
    ///
    /// # Errors
    /// When it is not in the language, or no version can satisfy it; a bare version offers
    /// `=1.2.3` and `1.2.*`.
    pub fn new(text: &str, scheme: &Scheme) -> Result<Self, ConstraintError> {
        let (within, without) = read::read(text, scheme)?;
        Ok(Self { text: text.to_owned(), scheme: scheme.clone(), within, without })
    }

    /// Tells whether a version satisfies the constraint.
    pub fn matches(&self, version: &Version) -> bool {
        self.matches_key(&self.scheme.order(version))
    }

    /// Tells whether an order key satisfies the constraint.
    pub fn matches_key(&self, key: &OrderKey) -> bool {
        self.within.holds(key) && !self.without.iter().any(|hole| hole.holds(key))
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

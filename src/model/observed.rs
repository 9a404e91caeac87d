//! "Could not look" is never "nothing there".

use super::Code;

/// What was seen, or why nothing could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed<T> {
    /// It was looked at.
    Known(T),
    /// It could not be, or was not to be, looked at.
    Unknown(Why),
}

impl<T> Observed<T> {
    /// Returns the value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A flag said not to look (`--refresh=none`, `--offline`).
    NotAsked,
    /// It was tried and failed.
    Failed(Trouble),
}

/// What became of an attempt to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// For `depstate explain`. If it is a refusal, nothing may stand in for what was not seen.
    pub code: Code,
    /// What happened, fit for a person, without secrets.
    pub message: String,
}

impl Trouble {
    /// Puts a code before what happened.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

//! "Could not look" is never "nothing there".

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
    /// It was tried and failed; the text is fit for a person.
    Failed(String),
}

//! Why a walk ends early.

use std::{error::Error, fmt, io, path::PathBuf};

use crate::{model::is_hidden, workshop::error::WorkshopError};

/// How many letters of a member's name a message shows.
const SHOWN: usize = 160;

/// Why a walk ends early.
#[derive(Debug)]
pub(in crate::workshop) enum Stop {
    /// The archive is refused.
    Refused(String),
    /// What was to be written could not be.
    File { doing: &'static str, path: PathBuf, source: io::Error },
}

impl Stop {
    /// The archive as a whole is refused.
    pub(in crate::workshop) fn because(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }

    /// A member is refused; `why` goes on after its name.
    pub(in crate::workshop) fn member(name: &[u8], why: impl fmt::Display) -> Self {
        Self::Refused(format!("member `{}` {why}", shown(name)))
    }

    /// Writing failed.
    pub(in crate::workshop) fn writing(path: PathBuf, error: impl Into<io::Error>) -> Self {
        Self::File { doing: "unpacking to", path, source: error.into() }
    }

    /// Returns the error for an archive of that name.
    pub(in crate::workshop) fn told(self, name: &str) -> WorkshopError {
        match self {
            Self::Refused(why) => WorkshopError::Archive { name: shown(name.as_bytes()), why },
            Self::File { doing, path, source } => WorkshopError::File { doing, path, source },
        }
    }
}

/// What a reader says of its own: a limit was passed.
#[derive(Debug)]
struct Passed(String);

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Passed {}

/// Makes an error of a reader that [`Stop`] knows again.
pub(super) fn passed(why: String) -> io::Error {
    io::Error::other(Passed(why))
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Passed>()) {
            Some(Passed(why)) => Self::Refused(why.clone()),
            None => Self::Refused(format!("it is broken: {}", shown(error.to_string().as_bytes()))),
        }
    }
}

/// A name for a message: what can't be seen is spelled out.
pub(in crate::workshop) fn shown(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let mut said = String::new();
    for (n, c) in text.chars().enumerate() {
        if n == SHOWN {
            said.push('…');
            break;
        }
        if c.is_control() || is_hidden(c) {
            said.extend(c.escape_unicode());
        } else {
            said.push(c);
        }
    }
    said
}

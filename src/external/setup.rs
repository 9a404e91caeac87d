//! What an external driver is made from.

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{program::Program, protocol::DriverKind};
use crate::model::Environment;

/// Everything that a driver's process is started with.
#[derive(Clone)]
pub struct Setup {
    /// What runs.
    pub program: Arc<Program>,
    /// What the driver shall be.
    pub kind: DriverKind,
    /// Its name in deps.toml.
    pub name: String,
    /// What deps.toml says to it.
    pub asked: Asked,
    /// The folder of deps.toml, absolute.
    pub root: PathBuf,
    /// The environment, of which it gets a part.
    pub environment: Environment,
    /// Further variables that the user's configuration lets it have.
    pub variables: Vec<String>,
    /// The dependency, for a source.
    pub id: Option<String>,
    /// Sources are not asked.
    pub offline: bool,
    /// How long it is waited for.
    pub patience: Patience,
    /// Where what it says on stderr goes.
    pub voice: Voice,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("program", &self.program)
            .field("name", &self.name)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A driver's own table, and where its keys stand.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The table, variables filled in.
    pub config: Map<String, Value>,
    /// How deps.toml is called in messages.
    pub file: String,
    /// The line of each key, counted from 1.
    pub lines: BTreeMap<String, usize>,
}

/// How long a driver is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From its start to the answer to `initialize`.
    pub handshake: Duration,
    /// For the answer to any other request, unless the driver says how long it takes.
    pub answer: Duration,
    /// From `shutdown` to its end.
    pub farewell: Duration,
    /// The user says how long: what the driver says does not count.
    pub fixed: bool,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            answer: Duration::from_mins(1),
            farewell: Duration::from_secs(5),
            fixed: false,
        }
    }
}

impl Patience {
    /// The usual times, or `DEPSTATE_DRIVER_TIMEOUT` seconds for an answer.
    pub fn from_environment(environment: &Environment) -> Self {
        let seconds = environment.get("DEPSTATE_DRIVER_TIMEOUT").and_then(|text| text.parse().ok());
        match seconds {
            Some(seconds @ 1..=86_400) => {
                Self { answer: Duration::from_secs(seconds), fixed: true, ..Self::default() }
            }
            Some(_) | None => Self::default(),
        }
    }
}

/// Where the lines go that a driver writes to stderr.
#[derive(Clone)]
pub struct Voice(Arc<dyn Fn(&str) + Send + Sync>);

impl Voice {
    /// Gives each line, already fit for a terminal and with the driver's name before it, to `say`.
    pub fn new(say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }

    pub(super) fn say(&self, line: &str) {
        (self.0)(line);
    }
}

impl Default for Voice {
    /// Our own stderr.
    fn default() -> Self {
        Self::new(|line| {
            use std::io::Write as _;
            // Nobody reads it: then nobody misses it.
            let _unread = writeln!(std::io::stderr().lock(), "{line}");
        })
    }
}

impl fmt::Debug for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Voice")
    }
}

//! Why an external driver could not be used.

use std::path::PathBuf;

use super::protocol::{ConfigMistake, RpcError};
use crate::model::{Code, Sha256};

/// An external driver could not be started, or gave no usable answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ExternalError {
    /// The user's configuration does not name it.
    #[error("`{program}` may not run: nothing allows it")]
    NotAllowed {
        /// The program's name.
        program: String,
        /// Where the one on PATH is.
        path: PathBuf,
        /// Its digest.
        digest: Sha256,
    },
    /// The file is another than the one that was allowed.
    #[error(
        "`{}` is not the program that was allowed: it has sha256:{found}, and the configuration \
         allows sha256:{allowed}", path.display()
    )]
    Changed {
        /// The program's name.
        program: String,
        /// Where it is.
        path: PathBuf,
        /// The digest that is allowed.
        allowed: Sha256,
        /// The digest that the file has.
        found: Sha256,
    },
    /// There is no such program.
    #[error("there is no executable `{program}` on PATH")]
    NotFound {
        /// The program's name.
        program: String,
    },
    /// It could not be read or started.
    #[error("`{program}` could not be started: {why}")]
    Start {
        /// The program's name.
        program: String,
        /// What the system says.
        why: String,
    },
    /// It does not speak the protocol as it should.
    #[error("`{program}` can't be used: {why}")]
    Handshake {
        /// The program's name.
        program: String,
        /// What it did.
        why: String,
    },
    /// Its table in deps.toml has mistakes.
    #[error("`{program}` does not take its table: {}", Listed(.mistakes))]
    Config {
        /// The program's name.
        program: String,
        /// All of them, each with the line of deps.toml that it is in.
        mistakes: Vec<(Option<String>, ConfigMistake)>,
    },
    /// It answered that a request failed.
    #[error("`{program}`: {}", super::words::plain(&.error.message))]
    Failed {
        /// The program's name.
        program: String,
        /// What it answered.
        error: Box<RpcError>,
    },
    /// A request certainly did not reach it.
    #[error("`{program}` was not asked for `{method}`: {why}")]
    NotSent {
        /// The program's name.
        program: String,
        /// What was to be asked.
        method: &'static str,
        /// Why not.
        why: String,
    },
    /// It was asked, and no usable answer came.
    #[error("`{program}` gave no usable answer to `{method}`: {why}")]
    NoAnswer {
        /// The program's name.
        program: String,
        /// What was asked.
        method: &'static str,
        /// What happened.
        why: String,
    },
}

impl ExternalError {
    /// Returns the code for `depstate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::NotAllowed { .. } => Code::DRIVER_NOT_ALLOWED,
            Self::Changed { .. } => Code::DRIVER_CHANGED,
            Self::NotFound { .. } => Code::UNKNOWN_DRIVER,
            Self::Start { .. }
            | Self::Handshake { .. }
            | Self::Failed { .. }
            | Self::NotSent { .. }
            | Self::NoAnswer { .. } => Code::DRIVER_FAILED,
            Self::Config { .. } => Code::BAD_VALUE,
        }
    }

    /// Returns what to do, where that is known.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotAllowed { program, path, digest } => Some(format!(
                "read {} first; if it may run, write into `.depstate/config.toml`: {}",
                path.display(),
                allowing(program, digest)
            )),
            Self::Changed { program, found, .. } => Some(format!(
                "find out who changed it; if it may run as it is now, write into \
                 `.depstate/config.toml`: {}",
                allowing(program, found)
            )),
            Self::NotFound { .. } => Some("`depstate drivers` lists what there is".to_owned()),
            Self::Failed { error, .. } => {
                error.data.as_ref()?.help.as_deref().map(super::words::plain)
            }
            Self::Start { .. }
            | Self::Handshake { .. }
            | Self::Config { .. }
            | Self::NotSent { .. }
            | Self::NoAnswer { .. } => None,
        }
    }
}

/// Returns what allows a program, on one line.
fn allowing(program: &str, digest: &Sha256) -> String {
    format!("`[drivers]`, and below it `{program} = \"sha256:{digest}\"`")
}

struct Listed<'a>(&'a [(Option<String>, ConfigMistake)]);

impl std::fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, (line, mistake)) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("; ")?;
            }
            if let Some(line) = line {
                write!(f, "{line}: ")?;
            }
            if let Some(key) = &mistake.key {
                write!(f, "`{}`: ", super::words::plain(key))?;
            }
            f.write_str(&super::words::plain(&mistake.message))?;
            if let Some(help) = &mistake.help {
                write!(f, " ({})", super::words::plain(help))?;
            }
        }
        Ok(())
    }
}

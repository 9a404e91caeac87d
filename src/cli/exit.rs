//! The exit codes, and the two ways in which a command ends early.

use std::process::{ExitCode, Termination};

use crate::{
    model::{Code, Report},
    ops::OpsError,
};

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// An error.
    Failed,
    /// There are changes (`plan --detailed-exitcode` alone).
    Changes,
    /// Something was verified, or a limit reached, and refused; nothing changed.
    Refused,
    /// The saved plan no longer holds.
    Stale,
    /// What succeeded is committed; run again.
    Partly,
    /// Whether the commit landed is not known.
    Unknown,
    /// The command line makes no sense.
    Usage,
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// It ran as a helper of its own, with this code.
    Helper(u8),
}

impl Exit {
    /// Returns the number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Refused => 3,
            Self::Stale => 4,
            Self::Partly => 5,
            Self::Unknown => 6,
            Self::Usage => 64,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::Helper(code) => code,
        }
    }

    /// Returns the code that an apply which ended so is explained by, where the report itself does
    /// not say it.
    pub(super) fn closing_code(self) -> Option<Code> {
        match self {
            Self::Stale => Some(Code::STALE_PLAN),
            Self::Partly => Some(Code::PARTLY_APPLIED),
            Self::Unknown => Some(Code::COMMIT_UNKNOWN),
            Self::Done
            | Self::Failed
            | Self::Changes
            | Self::Refused
            | Self::Usage
            | Self::Interrupted
            | Self::Terminated
            | Self::Helper(_) => None,
        }
    }

    /// Returns how an apply ends, by what it did.
    pub(super) fn of(report: &Report, interrupted_by: Self) -> Self {
        if report.unknown.is_some() {
            Self::Unknown
        } else if report.interrupted {
            interrupted_by
        } else if report.stale && report.done.is_empty() {
            Self::Stale
        } else if report.failed.is_empty() && report.held.is_empty() {
            Self::Done
        } else if !report.done.is_empty() {
            Self::Partly
        } else if !report.failed.is_empty() && report.failed.iter().all(|failure| failure.refused) {
            Self::Refused
        } else {
            Self::Failed
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

/// Why a command stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// An operation could not be carried out.
    Ops(OpsError),
    /// An argument makes no sense.
    Usage(String),
}

impl Stop {
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Ops(error) => match error.code().and_then(Code::page).map(|page| page.kind) {
                Some(crate::model::Kind::Refused) => Exit::Refused,
                _ if error.code() == Some(Code::STALE_PLAN) => Exit::Stale,
                _ => Exit::Failed,
            },
        }
    }
}

impl<E: Into<OpsError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Ops(error.into())
    }
}

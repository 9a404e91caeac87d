//! What must be read, beside the actions of a plan.

use serde::Serialize;

use super::{Address, Code, DependencyId};

/// Something that a person must read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Its code, for `depstate explain`.
    pub code: Code,
    /// Which dependency it is about, if one.
    pub dependency: Option<DependencyId>,
    /// Which artifact it is about, if one.
    pub address: Option<Address>,
    /// One sentence, naming both sides where there are two.
    pub message: String,
    /// What to do, in the imperative.
    pub help: Option<String>,
    /// The place in deps.toml that asked: byte offset and length.
    #[serde(skip)]
    pub span: Option<(usize, usize)>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A limit or a verification refuses: exit 3.
    Refused,
    /// The plan can't be carried out: exit 1.
    Error,
    /// To be read; nothing is held back.
    Warning,
}

impl Severity {
    /// Returns how bad the failure is that a code tells of.
    pub fn of(code: Code) -> Self {
        if code.is_refusal() { Self::Refused } else { Self::Error }
    }
}

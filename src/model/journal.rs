//! The journal of one apply: that it runs, on which base, and how it ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Tx;

/// `tx/<tx>.json`. It lists no keys: every key carries its transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// The bucket's format.
    pub format: u32,
    /// Whose journal it is.
    pub tx: Tx,
    /// How far it came.
    pub state: JournalState,
    /// The serial of the HEAD that its next commit stands on.
    pub base_serial: u64,
    /// When it was begun, by its own clock.
    pub at: Timestamp,
    /// Who, where the environment says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The program, `depstate 0.1.0`.
    pub tool: String,
}

/// How far an apply came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JournalState {
    /// It may still commit.
    Open,
    /// It will never commit again; what it uploaded may be collected.
    Aborted,
    /// It committed.
    Done,
}

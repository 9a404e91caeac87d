//! What a store was found to be like.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the probe of a store found. It stands in HEAD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Where, as the driver calls it: another location is probed again.
    pub location: String,
    /// Whether conditions are kept.
    pub conditions: Conditions,
    /// Whether digests are checked.
    pub checksums: Checksums,
    /// When.
    pub at: Timestamp,
}

/// What a store does with conditional writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Conditions {
    /// Of writes that meet, one holds. The only one that several may write to.
    Atomic,
    /// They are looked at, and two writes that meet may both hold.
    Raced,
    /// They are not looked at.
    Ignored,
    /// Writes fail whose condition holds, or answers make no sense.
    Broken,
}

/// What a store does with a digest that comes with a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Checksums {
    /// A write with a wrong one is refused.
    Verified,
    /// A wrong one is taken, and said again.
    Echoed,
    /// It says none.
    None,
}

impl Conditions {
    /// Returns the word for it, as in HEAD.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Atomic => "atomic",
            Self::Raced => "raced",
            Self::Ignored => "ignored",
            Self::Broken => "broken",
        }
    }
}

impl Checksums {
    /// Returns the word for it, as in HEAD.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Echoed => "echoed",
            Self::None => "none",
        }
    }
}

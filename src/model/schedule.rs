//! What a schedule says of version lines, and what was decided by it.

use std::{collections::BTreeMap, time::Duration};

use jiff::civil::Date;

use super::{Constraint, OrderKey};

/// A row of a schedule document: one version line of an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// The front of its versions: `22`, `3.4`.
    pub line: String,
    /// When its support ends; none: nothing is said.
    pub end: Option<End>,
    /// The names that it bears (`lts`), and since when.
    pub names: BTreeMap<String, Since>,
}

/// When the support of a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// At the end of this day, UTC.
    Day(Date),
    /// It is over; the day is not told.
    Past,
}

impl End {
    /// Returns the last day, where it is told.
    pub fn day(self) -> Option<Date> {
        match self {
            Self::Day(day) => Some(day),
            Self::Past => None,
        }
    }
}

/// Since when a line bears a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Since {
    /// Since ever.
    Ever,
    /// From the beginning of this day on, UTC.
    Day(Date),
}

/// What was decided of a dependency's lines, as deps.lock holds it: what a schedule said, and what
/// had come to its end. Only `lock` and `update` decide it anew.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockedLines {
    /// The rows that matter, newest line first.
    pub rows: Vec<LockedLine>,
    /// The lines of deps.toml ([`super::VersionLine::mark`]) whose versions were dropped, sorted.
    pub ended: Vec<String>,
}

impl LockedLines {
    /// Returns the row that a name stood for.
    pub fn named(&self, name: &str) -> Option<&LockedLine> {
        self.rows.iter().find(|row| row.names.iter().any(|it| it == name))
    }

    /// Tells whether nothing was decided.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.ended.is_empty()
    }
}

/// What was decided of one line of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedLine {
    /// The front of its versions.
    pub line: String,
    /// When its support ends.
    pub end: Option<End>,
    /// The names that stand for it, sorted.
    pub names: Vec<String>,
    /// Whether its versions were dropped, because it ended long enough ago.
    pub ended: bool,
}

/// What is done about the end of a line's support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EolRule {
    /// How long before the end a warning begins; none: only when it has come.
    pub warn: Option<Duration>,
    /// How long after the end the versions are dropped; none: never.
    pub drop_after: Option<Duration>,
}

impl EolRule {
    /// Fills what this rule leaves open by another.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { warn: self.warn.or(other.warn), drop_after: self.drop_after.or(other.drop_after) }
    }
}

/// What rules of time make of a line of deps.toml. As deps.toml is read they make nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// What the line's name stands for; none: it has no name.
    pub within: Option<Within>,
    /// The line as a whole is past its own end, and dropped.
    pub ended: Option<Ended>,
    /// The scheduled lines that may be parts of it, those with the longest front first; none where
    /// the line has an end of its own.
    pub parts: Vec<Part>,
}

/// What a named line stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Within {
    /// The versions with this front.
    Front(Box<Constraint>),
    /// Nothing: nobody knows yet which line bears the name.
    Nothing,
}

/// A scheduled line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its versions.
    pub front: Constraint,
    /// What the schedule calls it.
    pub line: String,
    /// When its support ends.
    pub end: Option<End>,
    /// Whether it was dropped after its end.
    pub ended: bool,
}

/// A line that was dropped after its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What it is called.
    pub line: String,
    /// The last day of its support, where it is told.
    pub day: Option<Date>,
}

impl Standing {
    /// Tells whether the line may take a version.
    pub fn takes(&self, order: &OrderKey) -> bool {
        let inside = match &self.within {
            None => true,
            Some(Within::Front(front)) => front.matches_key(order),
            Some(Within::Nothing) => false,
        };
        inside && self.dropped(order).is_none()
    }

    /// Returns the scheduled line of a version.
    pub fn part(&self, order: &OrderKey) -> Option<&Part> {
        self.parts.iter().find(|part| part.front.matches_key(order))
    }

    /// Returns the end that keeps the line from taking a version, if one does.
    pub fn dropped(&self, order: &OrderKey) -> Option<Ended> {
        let part = || {
            let part = self.part(order).filter(|part| part.ended)?;
            Some(Ended { line: part.line.clone(), day: part.end.and_then(End::day) })
        };
        self.ended.clone().or_else(part)
    }
}

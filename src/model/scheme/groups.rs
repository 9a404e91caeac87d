//! The scheme `regex`: the version is the upstream name, and the groups of `extract` order it.
//!
//! Groups compare from left to right. A group that did not take part is below every other; where
//! letters meet digits a group is split, so that numbers compare as numbers and letters are below
//! them. The group `pre` is the exception: with it a version is a pre-release, below the one
//! without it.

use semver::BuildMetadata;

use super::key::{OrderKey, Reading, Stage, runs};
use crate::model::Pattern;

/// The values of the groups, in their order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::model) struct Fields {
    all: Box<[Field]>,
    prerelease: bool,
}

impl Fields {
    pub(super) fn is_prerelease(&self) -> bool {
        self.prerelease
    }
}

/// What a group holds. The order of the variants is their order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Absent,
    Mixed(Box<[Run]>),
    Number(u64),
    /// `pre` did not take part.
    Final,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    Letters(Box<str>),
    Number(u64),
}

pub(super) fn read(patterns: &[Pattern], text: &str) -> Option<Reading> {
    let groups = patterns.iter().find_map(|pattern| pattern.values(text))?;
    let mut all = Vec::with_capacity(groups.len());
    let mut prerelease = false;
    let before_pre = groups.iter().take_while(|(name, _)| *name != "pre").count();
    for (name, value) in groups {
        let value = value.filter(|value| !value.is_empty());
        prerelease |= name == "pre" && value.is_some();
        all.push(match value {
            None if name == "pre" => Field::Final,
            None => Field::Absent,
            Some(value) => field(value),
        });
    }
    let (numbers, count) = leading(&all[..before_pre]);
    let stage = Stage::Groups(Box::new(Fields { all: all.into(), prerelease }));
    Some(Reading { key: OrderKey::new(numbers, stage, BuildMetadata::EMPTY), count })
}

fn field(value: &str) -> Field {
    if let Ok(number) = value.parse() {
        return Field::Number(number);
    }
    let run = |run: &str| match run.parse() {
        Ok(number) => Run::Number(number),
        Err(_) => Run::Letters(run.into()),
    };
    Field::Mixed(runs(value).map(run).collect())
}

/// Returns the numbers that `22.*` and templates speak of, and how many are written out: the groups
/// as long as they are numbers, or those in the first group (`1_1_1w`, `1.2.3`).
fn leading(all: &[Field]) -> ([u64; 5], usize) {
    let mut found = Vec::new();
    for field in all {
        match field {
            Field::Number(number) => found.push(Some(*number)),
            Field::Absent => found.push(None),
            Field::Mixed(runs) if found.is_empty() => {
                found = runs.iter().map_while(Run::within).flatten().map(Some).collect();
                break;
            }
            Field::Mixed(_) | Field::Final => break,
        }
    }
    found.truncate(5);
    let count = found.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    let mut numbers = [0; 5];
    for (number, found) in numbers.iter_mut().zip(found) {
        *number = found.unwrap_or(0);
    }
    (numbers, count)
}

impl Run {
    /// The number that it is; none of a separator, and nothing of what ends the numbers.
    #[expect(clippy::option_option, reason = "a separator is neither a number nor the end")]
    fn within(&self) -> Option<Option<u64>> {
        match self {
            Self::Number(number) => Some(Some(*number)),
            Self::Letters(letters) if [".", "_", "-"].contains(&&**letters) => Some(None),
            Self::Letters(_) => None,
        }
    }
}

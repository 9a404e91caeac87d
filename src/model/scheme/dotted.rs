//! The scheme `dotted`: one to five numbers with dots, nothing else.

use semver::BuildMetadata;

use super::key::{OrderKey, Reading, Stage, numbers};

pub(super) fn read(text: &str) -> Option<Reading> {
    let (numbers, count, rest) = numbers(text)?;
    let key = OrderKey::new(numbers, Stage::Release, BuildMetadata::EMPTY);
    rest.is_empty().then_some(Reading { key, count })
}

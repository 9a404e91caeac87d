//! The scheme `pep440`: read and ordered by `pep440_rs`, as Python's packagers agreed on it.
//!
//! A local version (`2.0+cu121`) is a build: a bound without one does not look at it. An epoch
//! (`1!2.0`) is refused by what a version may consist of.

use std::str::FromStr as _;

use pep440_rs::LocalSegment;
use semver::BuildMetadata;

use super::key::{OrderKey, Reading, Stage};

/// A version, its local part apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::model) struct Python {
    pub(super) public: pep440_rs::Version,
    pub(super) local: Box<[LocalSegment]>,
}

pub(super) fn read(text: &str) -> Option<Reading> {
    let version = pep440_rs::Version::from_str(text).ok()?;
    let mut numbers = [0; 5];
    for (number, release) in numbers.iter_mut().zip(version.release()) {
        *number = *release;
    }
    let count = version.release().len();
    let local = version.local().into();
    let stage = Stage::Python(Box::new(Python { public: version.without_local(), local }));
    Some(Reading { key: OrderKey::new(numbers, stage, BuildMetadata::EMPTY), count })
}

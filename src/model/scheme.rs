//! Which part of an upstream name is the version, and how versions order.

use std::cmp::Ordering;

use super::Version;

/// A version scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Scheme {
    /// Semantic versions, read leniently (`v1.2`, `go1.21rc2`, `release-1.28.0`, `25.0.2+12`).
    #[default]
    Semver,
    /// One to five numbers with dots.
    Dotted,
}

impl Scheme {
    /// The schemes by the name that deps.toml uses.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("semver", Self::Semver), ("dotted", Self::Dotted)];

    /// Returns the name that deps.toml uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Semver => "semver",
            Self::Dotted => "dotted",
        }
    }

    /// Finds the version in an upstream name; none if the name is no release of this scheme.
    pub fn read(self, _upstream: &str) -> Option<Version> {
        unimplemented!("scheme")
    }

    /// Returns what a version orders by.
    pub fn order(self, _version: &Version) -> OrderKey {
        unimplemented!("scheme")
    }

    /// Compares two versions; equal order falls back to the text, so that the order is total.
    pub fn compare(self, a: &Version, b: &Version) -> Ordering {
        self.order(a).cmp(&self.order(b)).then_with(|| a.cmp(b))
    }
}

/// What a version orders by: numbers, then pre-release, then build.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderKey {
    /// The release numbers; missing ones count as 0.
    pub numbers: [u64; 5],
}

impl OrderKey {
    /// Returns the n-th release number, 0 where there is none.
    pub fn part(&self, n: usize) -> u64 {
        self.numbers.get(n).copied().unwrap_or(0)
    }

    /// Tells whether the version is a pre-release.
    pub fn is_prerelease(&self) -> bool {
        false
    }
}

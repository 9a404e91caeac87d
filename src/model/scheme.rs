//! Which part of an upstream name is the version, and how versions order.

mod dotted;
mod key;
mod semantic;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use super::Version;

pub use key::OrderKey;
pub(in crate::model) use key::{Reading, Stage};

/// Words before the first digit that make a name no release: what follows them is a build of the
/// day or a draft's hash, and where it is a number, dropping the word would promote a pre-release.
const NO_RELEASE: &[&str] = &[
    "alpha", "beta", "canary", "daily", "dev", "latest", "nightly", "pre", "preview", "rc",
    "snapshot", "untagged", "weekly",
];

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
    ///
    /// Letters and `- _ . / @ :` or a blank before the first digit are dropped, and so are blanks
    /// around the name; the rest is the version, letter for letter. Words such as `nightly` or
    /// `rc` in what would be dropped make the name no release.
    pub fn read(self, upstream: &str) -> Option<Version> {
        let upstream = upstream.trim();
        let digit = upstream.find(|c: char| c.is_ascii_digit())?;
        let (prefix, rest) = upstream.split_at(digit);
        if !is_prefix(prefix) {
            return None;
        }
        self.reading(rest)?;
        Version::new(rest).ok()
    }

    /// Returns what a version orders by.
    ///
    /// A text that the scheme can't read (an `extract` may yield one) orders below every other.
    pub fn order(self, version: &Version) -> OrderKey {
        self.reading(version.as_str()).map_or_else(OrderKey::unread, |reading| reading.key)
    }

    /// Compares two versions; equal order falls back to the text, so that the order is total.
    pub fn compare(self, a: &Version, b: &Version) -> Ordering {
        self.order(a).cmp(&self.order(b)).then_with(|| a.cmp(b))
    }

    /// Reads a whole text that begins with a digit.
    pub(in crate::model) fn reading(self, text: &str) -> Option<Reading> {
        match self {
            Self::Semver => semantic::read(text),
            Self::Dotted => dotted::read(text),
        }
    }
}

fn is_prefix(text: &str) -> bool {
    let letters = text.bytes().all(|b| b.is_ascii_alphabetic() || b"-_./@: ".contains(&b));
    letters
        && !text
            .split(|c: char| !c.is_ascii_alphabetic())
            .any(|word| NO_RELEASE.iter().any(|no| word.eq_ignore_ascii_case(no)))
}

//! Which part of an upstream name is the version, and how versions order.

mod date;
mod dotted;
mod gem;
mod groups;
mod key;
mod maven;
mod pep440;
mod refusal;
mod semantic;
#[cfg(test)]
mod tests;

use std::{cmp::Ordering, sync::Arc};

use super::{Pattern, Version};

pub use key::OrderKey;
pub(in crate::model) use key::{Build, Reading, Stage, compare_numbers, numbers};

/// Words before the first digit that make a name no release: what follows them is a build of the
/// day or a draft's hash, and where it is a number, dropping the word would promote a pre-release.
const NO_RELEASE: &[&str] = &[
    "alpha", "beta", "canary", "daily", "dev", "latest", "nightly", "pre", "preview", "rc",
    "snapshot", "untagged", "weekly",
];

/// A version scheme.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scheme {
    /// Semantic versions, read leniently (`v1.2`, `go1.21rc2`, `release-1.28.0`, `25.0.2+12`).
    #[default]
    Semver,
    /// Python's versions, read and ordered as PEP 440 says; without epochs.
    Pep440,
    /// Ruby's versions: segments, and any letter makes a pre-release.
    Gem,
    /// Maven's versions: `alpha` < `beta` < `milestone` < `rc` < `snapshot` < the release < `sp`.
    Maven,
    /// One to five numbers with dots.
    Dotted,
    /// Days and months: `20241028`, `2024-10-28`, `2024.10.28`, `2024.10`, with a suffix.
    Date,
    /// The upstream name as it is, ordered by the groups of these patterns from left to right.
    Regex(Arc<[Pattern]>),
}

impl Scheme {
    /// The names that deps.toml uses, as they are listed in help.
    pub const NAMES: &'static [&'static str] =
        &["semver", "pep440", "gem", "maven", "dotted", "date", "regex"];

    /// Returns the scheme of a name; `extract` is what `regex` orders by.
    pub fn named(name: &str, extract: &[Pattern]) -> Option<Self> {
        Some(match name {
            "semver" => Self::Semver,
            "pep440" => Self::Pep440,
            "gem" => Self::Gem,
            "maven" => Self::Maven,
            "dotted" => Self::Dotted,
            "date" => Self::Date,
            "regex" => Self::Regex(extract.into()),
            _ => return None,
        })
    }

    /// Returns the name that deps.toml uses.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Semver => "semver",
            Self::Pep440 => "pep440",
            Self::Gem => "gem",
            Self::Maven => "maven",
            Self::Dotted => "dotted",
            Self::Date => "date",
            Self::Regex(_) => "regex",
        }
    }

    /// Finds the version in an upstream name; none if the name is no release of this scheme.
    ///
    /// Letters and `- _ . / @ :` or a blank before the first digit are dropped, and so are blanks
    /// around the name; the rest is the version, letter for letter. Words such as `nightly` or
    /// `rc` in what would be dropped make the name no release. With `regex` nothing is dropped.
    pub fn read(&self, upstream: &str) -> Option<Version> {
        let text = self.version_part(upstream)?;
        self.reading(text)?;
        Version::new(text).ok()
    }

    /// Says why a name is no release of this scheme, as a fragment; none if it is one.
    pub fn refusal(&self, upstream: &str) -> Option<String> {
        self.read(upstream).is_none().then(|| refusal::refusal(self, upstream))
    }

    /// Returns what a version orders by.
    ///
    /// A text that the scheme can't read (an `extract` may yield one) orders below every other.
    pub fn order(&self, version: &Version) -> OrderKey {
        self.reading(version.as_str()).map_or_else(OrderKey::unread, |reading| reading.key)
    }

    /// Compares two versions; equal order falls back to the text, so that the order is total.
    pub fn compare(&self, a: &Version, b: &Version) -> Ordering {
        self.order(a).cmp(&self.order(b)).then_with(|| a.cmp(b))
    }

    /// Reads a whole text: one that begins with a digit, but for `regex`.
    pub(in crate::model) fn reading(&self, text: &str) -> Option<Reading> {
        match self {
            Self::Semver => semantic::read(text),
            Self::Pep440 => pep440::read(text),
            Self::Gem => gem::read(text),
            Self::Maven => maven::read(text),
            Self::Dotted => dotted::read(text),
            Self::Date => date::read(text),
            Self::Regex(patterns) => groups::read(patterns, text),
        }
    }

    /// Returns an upstream name without what stands before its version.
    fn version_part<'a>(&self, upstream: &'a str) -> Option<&'a str> {
        if matches!(self, Self::Regex(_)) {
            return Some(upstream);
        }
        let upstream = upstream.trim();
        let (prefix, rest) = upstream.split_at(upstream.find(|c: char| c.is_ascii_digit())?);
        is_prefix(prefix).then_some(rest)
    }
}

fn is_prefix(text: &str) -> bool {
    let letters = text.bytes().all(|b| b.is_ascii_alphabetic() || b"-_./@: ".contains(&b));
    letters && no_release(text).is_none()
}

/// Returns the word of a prefix that makes the name no release.
fn no_release(prefix: &str) -> Option<&'static str> {
    prefix
        .split(|c: char| !c.is_ascii_alphabetic())
        .find_map(|word| NO_RELEASE.iter().copied().find(|no| word.eq_ignore_ascii_case(no)))
}

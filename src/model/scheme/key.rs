//! What a version orders by.

use std::cmp::Ordering;

use pep440_rs::LocalSegment;
use semver::{BuildMetadata, Prerelease};

use super::{gem::Segments, groups::Fields, maven::Tokens, pep440::Python};

/// What a version orders by: numbers, then what its scheme makes of the rest, then build.
///
/// Keys of one scheme are in a total order; keys of two say nothing of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderKey {
    /// The release numbers; missing ones count as 0.
    pub numbers: [u64; 5],
    stage: Stage,
    build: BuildMetadata,
}

/// What stands after the numbers, before a build. Small, because most versions have none of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::model) enum Stage {
    /// The scheme can't read the text.
    Unread,
    /// A pre-release; its identifiers as [`identifiers`] splits them.
    Pre(Prerelease),
    /// The release itself.
    Release,
    /// A patch level of the release: `1.1.1w`, `9.9p1`.
    Patch(BuildMetadata),
    /// The whole of a Python version.
    Python(Box<Python>),
    /// What follows the numbers of a gem.
    Gem(Box<Segments>),
    /// What follows the numbers of a Maven version.
    Maven(Box<Tokens>),
    /// The groups of `extract`.
    Groups(Box<Fields>),
}

/// What a bound that does not name it does not look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::model) enum Build {
    /// There is none.
    None,
    /// What follows a `+`.
    Metadata(BuildMetadata),
    /// The local part of a Python version.
    Local(Box<[LocalSegment]>),
}

impl OrderKey {
    pub(super) fn new(numbers: [u64; 5], stage: Stage, build: BuildMetadata) -> Self {
        Self { numbers, stage, build }
    }

    pub(super) fn unread() -> Self {
        Self::new([0; 5], Stage::Unread, BuildMetadata::EMPTY)
    }

    /// Returns the n-th release number, 0 where there is none.
    pub fn part(&self, n: usize) -> u64 {
        self.numbers.get(n).copied().unwrap_or(0)
    }

    /// Tells whether the version is a pre-release.
    pub fn is_prerelease(&self) -> bool {
        match &self.stage {
            Stage::Pre(_) => true,
            Stage::Unread | Stage::Release | Stage::Patch(_) => false,
            Stage::Python(version) => version.public.any_prerelease(),
            Stage::Gem(segments) => segments.is_prerelease(),
            Stage::Maven(tokens) => tokens.is_prerelease(),
            Stage::Groups(fields) => fields.is_prerelease(),
        }
    }

    pub(in crate::model) fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Returns what a bound that does not name it does not look at.
    pub(in crate::model) fn build(&self) -> Build {
        if let Stage::Python(version) = &self.stage {
            let local = &version.local;
            return if local.is_empty() { Build::None } else { Build::Local(local.clone()) };
        }
        if self.build.is_empty() { Build::None } else { Build::Metadata(self.build.clone()) }
    }

    /// Compares the build with one that [`OrderKey::build`] has returned.
    pub(in crate::model) fn compare_build(&self, other: &Build) -> Ordering {
        match (&self.stage, other) {
            (Stage::Python(version), Build::Local(local)) => version.local.cmp(local),
            (Stage::Python(version), _) => version.local.len().cmp(&0),
            (_, Build::Metadata(build)) => self.build.cmp(build),
            _ => self.build.cmp(&BuildMetadata::EMPTY),
        }
    }
}

impl Stage {
    /// Returns it without the part that is a build.
    pub(in crate::model) fn public(&self) -> Self {
        if let Self::Python(version) = self {
            return Self::Python(Box::new(Python {
                public: version.public.clone(),
                local: Box::default(),
            }));
        }
        self.clone()
    }

    /// Compares without the parts that are builds.
    pub(in crate::model) fn compare_public(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Python(a), Self::Python(b)) => a.public.cmp(&b.public),
            _ => self.cmp(other),
        }
    }
}

impl Ord for OrderKey {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        compare_numbers(&self.numbers, &other.numbers)
            .then_with(|| self.stage.cmp(&other.stage))
            .then_with(|| self.build.cmp(&other.build))
    }
}

impl PartialOrd for OrderKey {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares the numbers of two versions, where nearly every comparison ends.
#[inline]
pub(in crate::model) fn compare_numbers(a: &[u64; 5], b: &[u64; 5]) -> Ordering {
    for (a, b) in a.iter().zip(b) {
        if a != b {
            return a.cmp(b);
        }
    }
    Ordering::Equal
}

/// A key, and how many numbers were written out for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::model) struct Reading {
    pub(in crate::model) key: OrderKey,
    pub(in crate::model) count: usize,
}

/// Reads one to five numbers with dots from the front; returns them, how many, and the rest.
pub(in crate::model) fn numbers(text: &str) -> Option<([u64; 5], usize, &str)> {
    let mut numbers = [0; 5];
    let mut rest = text;
    let mut count = 0;
    loop {
        let (number, after) = number(rest)?;
        *numbers.get_mut(count)? = number;
        count += 1;
        match after.strip_prefix('.') {
            Some(more) if more.starts_with(|c: char| c.is_ascii_digit()) => rest = more,
            Some(_) | None => return Some((numbers, count, after)),
        }
    }
}

/// Reads one number from the front; none where there is no digit, or too many.
pub(super) fn number(text: &str) -> Option<(u64, &str)> {
    let mut number: u64 = 0;
    let mut end = 0;
    for byte in text.bytes().take_while(u8::is_ascii_digit) {
        number = number.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
        end += 1;
    }
    (end > 0).then(|| (number, &text[end..]))
}

/// Splits a text where digits meet what is none.
pub(super) fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let digits = rest.chars().next()?.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

/// Compares two lists as if both went on with `end` for ever.
pub(super) fn padded<T: Ord>(a: &[T], b: &[T], end: &T) -> Ordering {
    let at = |list: &'_ [T], n: usize, other: &T| list.get(n).unwrap_or(end).cmp(other);
    (0..a.len().max(b.len()))
        .map(|n| at(a, n, b.get(n).unwrap_or(end)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Splits a text at its separators, and where letters meet digits, so that `rc10`, `rc.10` and
/// `RC-010` are the identifiers `rc.10` and numbers compare as numbers.
///
/// None where an identifier is empty or a letter is no ASCII letter, digit or separator.
pub(super) fn identifiers(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 4);
    for part in text.split(['.', '-', '_', '~']) {
        if part.is_empty() || !part.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        for run in runs(part) {
            let digits = run.starts_with(|c: char| c.is_ascii_digit());
            let run = if digits { run.trim_start_matches('0') } else { run };
            if !out.is_empty() {
                out.push('.');
            }
            if run.is_empty() {
                out.push('0');
            }
            out.extend(run.chars().map(|c| c.to_ascii_lowercase()));
        }
    }
    Some(out)
}

//! What a version orders by.

use semver::{BuildMetadata, Prerelease};

/// What a version orders by: numbers, then pre-release < release < patch level, then build.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderKey {
    /// The release numbers; missing ones count as 0.
    pub numbers: [u64; 5],
    stage: Stage,
    build: BuildMetadata,
}

/// What stands after the numbers, before a `+`.
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
        matches!(self.stage, Stage::Pre(_))
    }

    pub(in crate::model) fn stage(&self) -> &Stage {
        &self.stage
    }

    pub(in crate::model) fn build(&self) -> &BuildMetadata {
        &self.build
    }
}

/// A key, and how many numbers were written out for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::model) struct Reading {
    pub(in crate::model) key: OrderKey,
    pub(in crate::model) count: usize,
}

/// Reads one to five numbers with dots from the front; returns them, how many, and the rest.
pub(super) fn numbers(text: &str) -> Option<([u64; 5], usize, &str)> {
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
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
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
        let mut rest = part;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            let run = if digits { run.trim_start_matches('0') } else { run };
            if !out.is_empty() {
                out.push('.');
            }
            if run.is_empty() {
                out.push('0');
            }
            out.extend(run.chars().map(|c| c.to_ascii_lowercase()));
            rest = after;
        }
    }
    Some(out)
}

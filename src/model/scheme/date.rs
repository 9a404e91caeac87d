//! The scheme `date`: a day or a month, then at most a number and a suffix.
//!
//! `20241028`, `2024-10-28`, `2024.10.28`, `2024_10_28` are one day in four spellings; `2024.10` is
//! its month. A number after it counts the releases of that day (`20241028-2`, `2024.10.28.2`). A
//! suffix is read as in `semver`: `20241028_RC00` is a pre-release, `2024.10.28a` a patch level.

use semver::BuildMetadata;

use super::{
    key::{OrderKey, Reading, Stage, number},
    semantic,
};

/// What may stand between the parts; always the same within a date.
const SEPARATORS: [char; 3] = ['.', '-', '_'];

pub(super) fn read(text: &str) -> Option<Reading> {
    let (mut numbers, mut count, mut rest) = date(text)?;
    if let Some((nth, after)) = rest.strip_prefix(SEPARATORS).and_then(number) {
        numbers[3] = nth;
        count = 4;
        rest = after;
    }
    let stage = if rest.is_empty() { Stage::Release } else { semantic::stage(rest, 2)? };
    Some(Reading { key: OrderKey::new(numbers, stage, BuildMetadata::EMPTY), count })
}

fn date(text: &str) -> Option<([u64; 5], usize, &str)> {
    let (first, rest) = number(text)?;
    match text.len() - rest.len() {
        8 => {
            let day = [first / 10_000, first / 100 % 100, first % 100];
            Some((checked(day)?, 3, rest))
        }
        4 => {
            let separator = rest.chars().next().filter(|c| SEPARATORS.contains(c))?;
            let (month, rest) = two_digits(rest.strip_prefix(separator)?)?;
            match rest.strip_prefix(separator).and_then(two_digits) {
                Some((day, rest)) => Some((checked([first, month, day])?, 3, rest)),
                // `2024-10.28` may be a day with a slip or a month with a number: neither.
                None if separator != '.' && rest.starts_with(SEPARATORS) => None,
                None => {
                    let [year, month, ..] = checked([first, month, 1])?;
                    Some(([year, month, 0, 0, 0], 2, rest))
                }
            }
        }
        _ => None,
    }
}

fn two_digits(text: &str) -> Option<(u64, &str)> {
    let (number, rest) = number(text)?;
    (text.len() - rest.len() <= 2).then_some((number, rest))
}

fn checked([year, month, day]: [u64; 3]) -> Option<[u64; 5]> {
    let (y, m, d) = (year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?);
    jiff::civil::Date::new(y, m, d).ok()?;
    (year >= 1970).then_some([year, month, day, 0, 0])
}

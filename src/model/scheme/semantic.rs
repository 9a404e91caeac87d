//! The scheme `semver`, read leniently.
//!
//! One to five numbers with dots, then at most one suffix, then at most one `+build`:
//!
//! | suffix | is | for instance |
//! | --- | --- | --- |
//! | `-`, `_`, `.` or `~`, and letters | a pre-release | `3.5.0-preview1`, `2.6.0.dev` |
//! | `-` and digits, after three numbers or more | a pre-release | `1.0.0-1`, `21.0.4-7.1` |
//! | letters right after two numbers or more | a pre-release | `1.21rc2`, `8.4.0RC1` |
//! | the same after one number | a pre-release, if the word is a known one | `17beta1` |
//! | `Final`, `GA`, `RELEASE`, `stable`, `LTS` | the release itself | `29.0.0.Final` |
//! | one small letter (or `z` and one), right after two numbers or more | a patch level | `1.1.1w` |
//! | `p`, `post` or `patch` and a number | a patch level | `9.9p1`, `1.9.3-p551` |
//!
//! `8u492` is `8.0.492`, and a `-b09` after it is a build. Anything else is no release: `77-1` or
//! `2024-01-05` may be a version with other separators, which only `extract` can know.

use semver::{BuildMetadata, Prerelease};

use super::key::{OrderKey, Reading, Stage, identifiers, number, numbers};

/// Words that say "this is the release".
const FINAL: &[&str] = &["final", "ga", "release", "stable", "lts"];

/// Words that may follow a lone number without a separator. After a lone number any word would
/// make versions of hashes and of product names with a digit in them.
const PRE: &[&str] =
    &["a", "alpha", "b", "beta", "c", "cr", "dev", "ea", "m", "milestone", "pre", "preview", "rc"];

pub(super) fn read(text: &str) -> Option<Reading> {
    let (mut numbers, mut count, mut rest) = numbers(text)?;
    let mut build = None;
    if count == 1
        && let Some(update) = rest.strip_prefix('u')
    {
        let (update, after) = number(update)?;
        numbers[2] = update;
        count = 3;
        rest = after;
        if let Some(number) = after.strip_prefix("-b")
            && number.starts_with(|c: char| c.is_ascii_digit())
        {
            (build, rest) = (Some(number), "");
        }
    }
    if let Some((suffix, metadata)) = rest.split_once('+') {
        (build, rest) = (Some(metadata), suffix);
    }
    let build = match build {
        Some(text) => BuildMetadata::new(&identifiers(text)?).ok()?,
        None => BuildMetadata::EMPTY,
    };
    Some(Reading { key: OrderKey::new(numbers, stage(rest, count)?, build), count })
}

/// Reads what stands between the numbers and a `+`, after so many numbers.
pub(super) fn stage(suffix: &str, count: usize) -> Option<Stage> {
    if suffix.is_empty() {
        return Some(Stage::Release);
    }
    let body = suffix.strip_prefix(['-', '_', '.', '~']).unwrap_or(suffix);
    let attached = body.len() == suffix.len();
    if FINAL.iter().any(|word| body.eq_ignore_ascii_case(word)) {
        return Some(Stage::Release);
    }
    if let Some(level) = patch_level(body) {
        return Some(Stage::Patch(BuildMetadata::new(&identifiers(level)?).ok()?));
    }
    let word = &body[..body.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(body.len())];
    if attached && count >= 2 && is_letter_level(body) {
        return Some(Stage::Patch(BuildMetadata::new(body).ok()?));
    }
    if word.is_empty() && (count < 3 || !suffix.starts_with(['-', '~'])) {
        return None;
    }
    if attached && count == 1 && !PRE.iter().any(|known| word.eq_ignore_ascii_case(known)) {
        return None;
    }
    Some(Stage::Pre(Prerelease::new(&identifiers(body)?).ok()?))
}

/// `p1`, `post2`, `patch3`: returns the digits.
fn patch_level(body: &str) -> Option<&str> {
    let digits = body.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let word = &body[..body.len() - digits.len()];
    let known = ["p", "post", "patch"].iter().any(|known| word.eq_ignore_ascii_case(known));
    let all = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    (known && all).then_some(digits)
}

/// `a` … `z`, then `za` …: how some C libraries count their patches.
fn is_letter_level(body: &str) -> bool {
    match body.as_bytes() {
        [one] | [b'z', one] => one.is_ascii_lowercase(),
        _ => false,
    }
}

//! Why an upstream name is no release.

use super::Scheme;
use crate::model::Version;

/// Says it of a name that the scheme has not read.
pub(super) fn refusal(scheme: &Scheme, upstream: &str) -> String {
    if let Scheme::Regex(patterns) = scheme {
        return if patterns.iter().any(|pattern| pattern.is_match(upstream)) {
            letters()
        } else {
            "`extract` does not match it".to_owned()
        };
    }
    let name = upstream.trim();
    let Some(digit) = name.find(|c: char| c.is_ascii_digit()) else {
        return "it has no digit".to_owned();
    };
    let (prefix, rest) = name.split_at(digit);
    if let Some(word) = super::no_release(prefix) {
        return format!("`{word}` before the number is no release");
    }
    if !super::is_prefix(prefix) {
        return "what stands before its first digit is no prefix".to_owned();
    }
    if *scheme == Scheme::Pep440 && rest.contains('!') {
        return "it has an epoch, and a version has no `!`".to_owned();
    }
    if scheme.reading(rest).is_some() && Version::new(rest).is_err() {
        return letters();
    }
    format!("`{}` has no version for it", scheme.name())
}

fn letters() -> String {
    "a version has at most 64 of `0-9 A-Z a-z . + _ ~ : -`".to_owned()
}

//! The scheme `maven`: the version order that the POM reference specifies.
//!
//! A version is split at `.`, `-`, `_` and where letters meet digits. Where two versions first
//! differ, this decides: `alpha` < `beta` < `milestone` < `rc` < `snapshot` < nothing < `sp` <
//! other words < a number after `-` or letters < a number after `.`; numbers as numbers, words by
//! letters whatever their case. `ga`, `final` and `release` are nothing, and so is a zero at the
//! end, before a word or before a `-`.

use std::cmp::Ordering;

use semver::BuildMetadata;

use super::key::{OrderKey, Reading, Stage, padded, runs};

/// One token. The order of the variants is the order of the tokens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Alpha,
    Beta,
    Milestone,
    Candidate,
    Snapshot,
    /// What a version goes on with where it has ended.
    Nothing,
    ServicePack,
    Word(Box<str>),
    Dash(u64),
    Dot(u64),
}

/// Words that Maven does not know and orders after the release, though their authors mean a
/// pre-release.
const PRE: &[&str] = &["canary", "dev", "ea", "nightly", "pre", "preview"];

/// The tokens after the first numbers, without those that say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::model) struct Tokens(Box<[Token]>);

impl Tokens {
    pub(super) fn is_prerelease(&self) -> bool {
        self.0.iter().any(|token| match token {
            Token::Alpha | Token::Beta | Token::Milestone | Token::Candidate | Token::Snapshot => {
                true
            }
            Token::Word(word) => word.split('+').any(|word| PRE.contains(&word)),
            Token::Nothing | Token::ServicePack | Token::Dash(_) | Token::Dot(_) => false,
        })
    }
}

impl Ord for Tokens {
    fn cmp(&self, other: &Self) -> Ordering {
        padded(&self.0, &other.0, &Token::Nothing)
    }
}

impl PartialOrd for Tokens {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

pub(super) fn read(text: &str) -> Option<Reading> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let all = tokens(&text.to_ascii_lowercase())?;
    let count = all.iter().take_while(|token| matches!(token, Token::Dot(_))).count();
    let mut all = meaningful(all);
    let mut numbers = [0; 5];
    let mut taken = 0;
    for (number, token) in numbers.iter_mut().zip(&all) {
        let Token::Dot(found) = token else { break };
        *number = *found;
        taken += 1;
    }
    let stage = Stage::Maven(Box::new(Tokens(all.drain(taken..).collect())));
    Some(Reading { key: OrderKey::new(numbers, stage, BuildMetadata::EMPTY), count })
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut all = Vec::new();
    let mut dot = true;
    let mut rest = Some(text);
    while let Some(text) = rest {
        let end = text.find(['.', '-', '_']);
        let (part, after) = match end {
            Some(end) => (&text[..end], Some(&text[end + 1..])),
            None => (text, None),
        };
        let number = |number, dot| if dot { Token::Dot(number) } else { Token::Dash(number) };
        if part.is_empty() && after.is_some() {
            all.push(number(0, dot));
        }
        let mut pieces = runs(part).peekable();
        while let Some(piece) = pieces.next() {
            all.push(if piece.starts_with(|c: char| c.is_ascii_digit()) {
                number(piece.parse().ok()?, dot)
            } else {
                word(piece, pieces.peek().is_some())
            });
            dot = false;
        }
        dot = end.is_some_and(|end| text[end..].starts_with('.'));
        rest = after;
    }
    Some(all)
}

fn word(word: &str, before_digit: bool) -> Token {
    match word {
        "alpha" => Token::Alpha,
        "beta" => Token::Beta,
        "milestone" => Token::Milestone,
        "a" if before_digit => Token::Alpha,
        "b" if before_digit => Token::Beta,
        "m" if before_digit => Token::Milestone,
        "rc" | "cr" => Token::Candidate,
        "snapshot" => Token::Snapshot,
        "ga" | "final" | "release" => Token::Nothing,
        "sp" => Token::ServicePack,
        word => Token::Word(word.into()),
    }
}

/// Takes out what says nothing. `final` before another word stays: `1.0.final-redhat` is older
/// than `1.0.sp1-redhat`.
fn meaningful(all: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(all.len());
    for token in all.into_iter().rev() {
        let says = match (&token, kept.last()) {
            (Token::Dot(0) | Token::Dash(0), next) => matches!(next, Some(Token::Dot(_))),
            (Token::Nothing, next) => !matches!(next, None | Some(Token::Dash(_))),
            _ => true,
        };
        if says {
            kept.push(token);
        }
    }
    kept.reverse();
    kept
}

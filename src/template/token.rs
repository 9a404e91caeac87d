//! The words inside a template's tags.

use std::ops::Range;

use super::TemplateError;

/// One tag: `{{ … }}` or `{% … %}`.
#[derive(Debug)]
pub(super) struct Tag<'t> {
    /// Whether it is a statement.
    pub(super) statement: bool,
    /// What stands between the braces.
    pub(super) tokens: Vec<Token<'t>>,
}

/// A word, and where it stands in the template.
#[derive(Debug, Clone)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    pub(super) at: Range<usize>,
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    Ident(&'t str),
    /// What stands between the quotes, escapes as written.
    Text(&'t str),
    Number,
    Sign(&'t str),
}

const SIGNS: &[&str] = &["==", "!=", "<=", ">=", "//", "**"];

/// Splits a template into its tags. The engine has read it before, so that its syntax is right.
pub(super) fn tags(text: &str) -> Result<Vec<Tag<'_>>, TemplateError> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('{').map(|n| at + n) {
        at = match text.as_bytes().get(start + 1) {
            Some(b'#') => text[start..].find("#}").map_or(text.len(), |n| start + n + 2),
            Some(sign @ (b'{' | b'%')) => {
                let statement = *sign == b'%';
                let (tokens, end) = tokens(text, start + 2, if statement { "%}" } else { "}}" })?;
                tags.push(Tag { statement, tokens });
                end
            }
            Some(_) | None => start + 1,
        };
    }
    Ok(tags)
}

/// Reads words up to the end of a tag; returns them and what follows the tag.
fn tokens<'t>(
    text: &'t str,
    start: usize,
    close: &str,
) -> Result<(Vec<Token<'t>>, usize), TemplateError> {
    let mut tokens = Vec::new();
    let mut at = start;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let trimmed = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        if trimmed.starts_with(close) {
            return Ok((tokens, at + rest.len() - trimmed.len() + close.len()));
        }
        let (kind, length) = match first {
            ' ' | '\t' | '\r' | '\n' => {
                at += 1;
                continue;
            }
            '"' | '\'' => string(rest).ok_or_else(|| unreadable(at..text.len()))?,
            c if c.is_ascii_digit() => {
                let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                (Kind::Number, length.unwrap_or(rest.len()))
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let length = length.unwrap_or(rest.len());
                (Kind::Ident(&rest[..length]), length)
            }
            _ => {
                let length = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let length = length.map_or(first.len_utf8(), |sign| sign.len());
                (Kind::Sign(&rest[..length]), length)
            }
        };
        tokens.push(Token { kind, at: at..at + length });
        at += length;
    }
    Err(unreadable(start..text.len()))
}

/// Reads a quoted text; returns it and its length with the quotes.
fn string(rest: &str) -> Option<(Kind<'_>, usize)> {
    let quote = rest.chars().next()?;
    let mut escaped = false;
    for (n, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some((Kind::Text(&rest[1..n]), n + 1)),
            _ => {}
        }
    }
    None
}

fn unreadable(at: Range<usize>) -> TemplateError {
    TemplateError::new("a tag of the template does not end").at(at)
}

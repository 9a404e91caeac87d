//! What a template may say: which statements, filters and tests; which names it uses.
//!
//! Fuel and the output's limit stop what runs too long or writes too much. What they can't stop is
//! a value that doubles (`set a = a ~ a`, forty times over): so there are no calls, no recursive
//! loops, no captures, no `*`, and only a few operators that join values where a value can be kept.

use std::ops::Range;

use super::{
    TemplateError,
    token::{Kind, Tag, Token, tags},
};

/// Filters that may be used.
pub(super) const FILTERS: &[&str] = &["replace", "split", "urlencode", "format"];
/// Tests that may be used after `is`.
pub(super) const TESTS: &[&str] =
    &["defined", "undefined", "none", "odd", "even", "startingwith", "endingwith"];
/// A template's text, in bytes.
pub(super) const MAX_TEXT: usize = 4096;
/// Joining operators in a template that keeps values.
const MAX_JOINS: usize = 12;

const STATEMENTS: &[&str] =
    &["if", "elif", "else", "endif", "for", "endfor", "set", "with", "endwith"];
const WORDS: &[&str] = &[
    "and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None",
];

/// What the tags of a template say.
#[derive(Debug)]
pub(super) struct Tags {
    /// The names that it uses, in order.
    pub(super) paths: Vec<Path>,
}

/// A name with its parts: `target.distro.name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// At least one.
    pub(super) segments: Vec<String>,
    /// Where it stands in the template.
    pub(super) at: Range<usize>,
    /// Whether it stands alone in `{{ }}`, or before a filter: so it must be text.
    pub(super) printed: bool,
    /// Whether the template gives the name a value of its own somewhere, maybe from an outer one:
    /// `{% set version = version | replace(".", "_") %}`.
    pub(super) own: bool,
}

impl Path {
    pub(super) fn root(&self) -> &str {
        self.segments.first().map_or("", String::as_str)
    }
}

/// Reads a template's tags and refuses what it may not say.
pub(super) fn read(text: &str) -> Result<Tags, TemplateError> {
    let tags = tags(text)?;
    let own = own_names(&tags)?;
    let mut paths = Vec::new();
    let mut joins = Vec::new();
    for tag in &tags {
        expression(tag, &own, &mut paths, &mut joins)?;
    }
    if !own.is_empty()
        && let Some(at) = joins.get(MAX_JOINS)
    {
        return Err(TemplateError::new(format!(
            "a template with `set`, `with` or `for` may join values {MAX_JOINS} times"
        ))
        .help("take some of `~`, `+` and `,` away")
        .at(at.clone()));
    }
    Ok(Tags { paths })
}

/// The names that the template itself defines.
fn own_names<'t>(tags: &[Tag<'t>]) -> Result<Vec<&'t str>, TemplateError> {
    let mut own = Vec::new();
    let mut loops = 0_usize;
    for tag in tags.iter().filter(|tag| tag.statement) {
        let Some((Kind::Ident(word), at)) = tag.tokens.first().map(|t| (t.kind, t.at.clone()))
        else {
            continue;
        };
        if !STATEMENTS.contains(&word) {
            return Err(TemplateError::new(format!("there is no statement `{word}`"))
                .help("the statements are `if`, `for`, `set` and `with`")
                .at(at));
        }
        let rest = &tag.tokens[1..];
        let assign = |token: &Token<'_>| token.kind == Kind::Sign("=");
        match word {
            "for" => {
                loops += 1;
                own.push("loop");
                let end = rest.iter().position(|t| t.kind == Kind::Ident("in"));
                own.extend(idents(&rest[..end.unwrap_or(0)]));
                if let Some(last) = rest.last()
                    && last.kind == Kind::Ident("recursive")
                {
                    return Err(TemplateError::new("a template may not call itself")
                        .help("take `recursive` away")
                        .at(last.at.clone()));
                }
            }
            "endfor" => loops = loops.saturating_sub(1),
            "set" => {
                let Some(end) = rest.iter().position(assign) else {
                    return Err(TemplateError::new("`set` without a value")
                        .help("write `{% set name = … %}`")
                        .at(at));
                };
                if loops > 0 {
                    return Err(TemplateError::new("`set` inside `for`")
                        .help("what a loop sets is gone after it: set it before")
                        .at(at));
                }
                own.extend(idents(&rest[..end]));
            }
            "with" => {
                for pair in rest.windows(2) {
                    if let [Token { kind: Kind::Ident(name), .. }, second] = pair
                        && assign(second)
                    {
                        own.push(name);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(own)
}

fn idents<'a, 't>(tokens: &'a [Token<'t>]) -> impl Iterator<Item = &'t str> + use<'a, 't> {
    tokens.iter().filter_map(|token| match token.kind {
        Kind::Ident(name) => Some(name),
        Kind::Text(_) | Kind::Number | Kind::Sign(_) => None,
    })
}

/// Walks the words of one tag.
fn expression(
    tag: &Tag<'_>,
    own: &[&str],
    paths: &mut Vec<Path>,
    joins: &mut Vec<Range<usize>>,
) -> Result<(), TemplateError> {
    let tokens = &tag.tokens;
    let kind = |n: Option<usize>| n.and_then(|n| tokens.get(n)).map(|token| token.kind);
    let mut n = usize::from(tag.statement);
    let mut depth = 0_usize;
    while let Some(token) = tokens.get(n) {
        let before = kind(n.checked_sub(1));
        match token.kind {
            Kind::Text(_) | Kind::Number => {}
            Kind::Sign(sign) => {
                match sign {
                    "(" => depth += 1,
                    ")" => depth = depth.saturating_sub(1),
                    "~" | "+" | "," => joins.push(token.at.clone()),
                    "*" | "**" | "{" => {
                        return Err(TemplateError::new(format!("`{sign}` has no place here"))
                            .help("templates know `~ + - / // %`, comparisons and lists")
                            .at(token.at.clone()));
                    }
                    _ => {}
                }
                let callee = sign == "(" && matches!(before, Some(Kind::Sign(")" | "]")));
                if callee || (sign == "(" && matches!(before, Some(Kind::Text(_)))) {
                    return Err(no_call(token.at.clone()));
                }
            }
            Kind::Ident(name) if before == Some(Kind::Sign("|")) => {
                known(name, FILTERS, "filter", token)?;
            }
            Kind::Ident("not") if before == Some(Kind::Ident("is")) => {
                n += 1;
                if let Some(Token { kind: Kind::Ident(name), .. }) = tokens.get(n) {
                    known(name, TESTS, "test", &tokens[n])?;
                }
            }
            Kind::Ident(name) if before == Some(Kind::Ident("is")) => {
                known(name, TESTS, "test", token)?;
            }
            // A part of something that is no name: `(a | split("."))[0].b`.
            Kind::Ident(_) if before == Some(Kind::Sign(".")) => {
                if kind(Some(n + 1)) == Some(Kind::Sign("(")) {
                    return Err(no_call(token.at.clone()));
                }
            }
            Kind::Ident(name) if WORDS.contains(&name) => {}
            // The name of an argument.
            Kind::Ident(_) if depth > 0 && kind(Some(n + 1)) == Some(Kind::Sign("=")) => {}
            Kind::Ident(name) => {
                let (path, next) = path(name, tokens, n);
                if kind(Some(next)) == Some(Kind::Sign("(")) {
                    return Err(no_call(path.at));
                }
                let alone = !tag.statement && n == 0 && next == tokens.len();
                let piped = kind(Some(next)) == Some(Kind::Sign("|"));
                paths.push(Path { printed: alone || piped, own: own.contains(&name), ..path });
                n = next;
                continue;
            }
        }
        n += 1;
    }
    Ok(())
}

/// Reads the parts of a name; returns it and the word after it.
fn path(name: &str, tokens: &[Token<'_>], start: usize) -> (Path, usize) {
    let mut segments = vec![name.to_owned()];
    let mut next = start + 1;
    loop {
        let kinds: Vec<_> = tokens[next..].iter().take(3).map(|token| token.kind).collect();
        match kinds.as_slice() {
            [Kind::Sign("."), Kind::Ident(part), ..] => {
                segments.push((*part).to_owned());
                next += 2;
            }
            [Kind::Sign("["), Kind::Text(part), Kind::Sign("]")] if !part.contains('\\') => {
                segments.push((*part).to_owned());
                next += 3;
            }
            _ => break,
        }
    }
    let at = tokens[start].at.start..tokens[next - 1].at.end;
    (Path { segments, at, printed: false, own: false }, next)
}

fn known(name: &str, list: &[&str], what: &str, token: &Token<'_>) -> Result<(), TemplateError> {
    if list.contains(&name) {
        return Ok(());
    }
    Err(TemplateError::new(format!("there is no {what} `{name}`"))
        .help(format!("the {what}s are {}", listed(list)))
        .at(token.at.clone()))
}

fn no_call(at: Range<usize>) -> TemplateError {
    TemplateError::new("templates have no functions")
        .help(format!(
            "the filters are {}: `{{{{ version | replace(\".\", \"_\") }}}}`",
            listed(FILTERS)
        ))
        .at(at)
}

/// `` `a`, `b`, `c` ``.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

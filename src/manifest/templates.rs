//! What can be said of a template without running it.

use std::borrow::Cow;

/// Tells whether a text has anything to fill in.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// One piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Text that stands as it is.
    Text(&'t str),
    /// What is between `{{` and `}}`, trimmed.
    Expression(&'t str),
    /// A statement or a comment.
    Other,
}

/// Cuts a template into pieces; what is never closed is one piece up to the end.
pub(super) fn pieces(mut text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let opens = ["{{", "{%", "{#"].into_iter().filter_map(|o| Some((text.find(o)?, o))).min();
        let Some((at, open)) = opens else {
            pieces.push(Piece::Text(text));
            break;
        };
        if at > 0 {
            pieces.push(Piece::Text(&text[..at]));
        }
        let rest = &text[at + 2..];
        let close = match open {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let (inner, after) = rest.split_once(close).unwrap_or((rest, ""));
        pieces.push(match open {
            "{{" => Piece::Expression(inner.trim_matches('-').trim()),
            _ => Piece::Other,
        });
        text = after;
    }
    pieces
}

/// Returns the glob that a template over globs is at its plainest, to check the glob's own letters.
pub(super) fn plainest(text: &str) -> String {
    let plain = |piece| match piece {
        Piece::Text(text) => text,
        Piece::Expression(_) => "x",
        Piece::Other => "",
    };
    pieces(text).into_iter().map(plain).collect()
}

/// Fills in `{{ id }}`.
///
/// # Errors
/// With the first piece that asks for anything else.
pub(super) fn fill_id<'t>(text: &'t str, id: &str) -> Result<Cow<'t, str>, &'t str> {
    if !is_template(text) {
        return Ok(Cow::Borrowed(text));
    }
    let mut filled = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Expression("id") => filled.push_str(id),
            Piece::Expression(other) => return Err(other),
            Piece::Other => return Err("{% … %}"),
        }
    }
    Ok(Cow::Owned(filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_template() {
        assert_eq!(
            pieces("a{{ b }}c{% if x %}{#z#}{{- d"),
            [
                Piece::Text("a"),
                Piece::Expression("b"),
                Piece::Text("c"),
                Piece::Other,
                Piece::Other,
                Piece::Expression("d"),
            ]
        );
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn a_glob_keeps_its_own_braces() {
        assert_eq!(plainest("h_{{ v }}_{{os}}.{tar.gz,zip}"), "h_x_x.{tar.gz,zip}");
    }

    #[test]
    fn only_the_id_is_filled_in() {
        assert_eq!(fill_id("a/{{ id }}/{{id}}", "x").unwrap(), "a/x/x");
        assert_eq!(fill_id("a/{ }", "x").unwrap(), "a/{ }");
        assert_eq!(fill_id("a/{{ version }}", "x"), Err("version"));
        assert!(fill_id("{% if a %}b{% endif %}", "x").is_err());
    }
}

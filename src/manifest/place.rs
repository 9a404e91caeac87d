//! Finds a place inside a TOML string in the file's text.

use std::ops::Range;

/// Returns where the bytes `at` of a string's value stand in the file; none where the value's own
/// text is no string.
///
/// `whole` is the string with its quotes. Escapes count as what they stand for.
pub(super) fn inside(text: &str, whole: Range<usize>, at: Range<usize>) -> Option<Range<usize>> {
    let raw = text.get(whole.clone())?;
    let (open, escapes) = opening(raw)?;
    let end = raw.len().checked_sub(open.trim_end_matches(['\r', '\n']).len())?;
    let (mut from, mut to) = (None, None);
    let (mut here, mut value) = (open.len(), 0);
    while here <= end {
        if value >= at.start && from.is_none() {
            from = Some(here);
        }
        if value >= at.end && from.is_some() {
            to = Some(here);
            break;
        }
        if here == end {
            break;
        }
        let (raw_len, value_len) = step(raw.get(here..end)?, escapes)?;
        here += raw_len;
        value += value_len;
    }
    let (from, to) = (from?, to.unwrap_or(end));
    Some(whole.start + from..whole.start + to.max(from))
}

/// Returns the opening quotes, with the newline that TOML drops, and whether escapes count.
fn opening(raw: &str) -> Option<(&str, bool)> {
    for (quotes, escapes) in [("\"\"\"", true), ("'''", false)] {
        if let Some(rest) = raw.strip_prefix(quotes) {
            let newline =
                if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
            return Some((raw.get(..3 + newline)?, escapes));
        }
    }
    match raw.get(..1)? {
        "\"" => Some(("\"", true)),
        "'" => Some(("'", false)),
        _ => None,
    }
}

/// Returns how many bytes the next letter takes in the file and in the value.
fn step(rest: &str, escapes: bool) -> Option<(usize, usize)> {
    let first = rest.chars().next()?;
    if first != '\\' || !escapes {
        return Some((first.len_utf8(), first.len_utf8()));
    }
    let digits = |n: usize| {
        let code = u32::from_str_radix(rest.get(2..2 + n)?, 16).ok()?;
        Some((2 + n, char::from_u32(code)?.len_utf8()))
    };
    match rest.chars().nth(1)? {
        'x' => digits(2),
        'u' => digits(4),
        'U' => digits(8),
        // A backslash at the end of a line eats the white space up to the next letter.
        c if c.is_whitespace() => {
            let after = rest.get(1..)?;
            Some((1 + after.len() - after.trim_start().len(), 0))
        }
        _ => Some((2, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(raw: &str, at: Range<usize>) -> &str {
        let file = format!("a = {raw}\n");
        let at = inside(&file, 4..4 + raw.len(), at).unwrap();
        raw.get(at.start - 4..at.end - 4).unwrap()
    }

    #[test]
    fn plain_strings() {
        assert_eq!(found("\"x{{ y }}\"", 4..5), "y");
        assert_eq!(found("'x{{ y }}'", 4..5), "y");
        assert_eq!(found("'xy'", 2..2), "");
    }

    #[test]
    fn multi_line_strings_drop_their_first_newline() {
        assert_eq!(found("'''\nx{{ y }}'''", 4..5), "y");
        assert_eq!(found("\"\"\"\r\nab\"\"\"", 1..2), "b");
        assert_eq!(found("\"\"\"ab\"\"\"", 1..9), "b");
    }

    #[test]
    fn escapes_count_as_what_they_stand_for() {
        assert_eq!(found(r#""\"\\\u00e9{{ y }}""#, 7..8), "y");
        assert_eq!(found("\"\"\"a\\\n   b\"\"\"", 1..2), "\\\n   b");
    }

    #[test]
    fn what_is_no_string_has_no_inside() {
        assert_eq!(inside("a = 12", 4..6, 0..1), None);
        assert_eq!(inside("a = 'b'", 4..99, 0..1), None);
    }
}

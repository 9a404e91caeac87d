//! What is checked before deps.toml is read as TOML: size, letters, depth.

use toml::de::{DeTable, DeValue};

use super::collect::{Collector, Extra as _, mistake};
use crate::model::{Code, Mistake, is_hidden};

/// A manifest's largest size in bytes.
pub(super) const LARGEST: usize = 1 << 20;
/// How deep tables and arrays may lie. (Beyond, dropping the tree alone could overflow the stack.)
const DEEPEST: usize = 64;

/// Takes the bytes as text, or says why they can't be a manifest.
pub(super) fn text(bytes: &[u8]) -> Result<&str, Mistake> {
    if bytes.len() > LARGEST {
        let size = bytes.len() / 1024;
        return Err(mistake(
            Code::TOO_LARGE,
            0..0,
            format!("deps.toml has {size} KiB; at most 1024 are read"),
        )
        .help("split it into several manifests, or see whether this is the right file"));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        // Windows' editors begin UTF-16 with this mark.
        let help = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            "this looks like UTF-16: save it as UTF-8"
        } else {
            "save it as UTF-8, or see whether this is the right file"
        };
        mistake(Code::NOT_UTF8, at..at + 1, "deps.toml is not UTF-8 text")
            .label("this byte")
            .help(help)
    })?;
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    if let Some((at, letter)) = text.char_indices().find(|(_, c)| control(*c)) {
        let code = u32::from(letter);
        return Err(mistake(
            Code::NOT_UTF8,
            at..at + letter.len_utf8(),
            format!("deps.toml has the control letter U+{code:04X} in it"),
        )
        .label("here")
        .help("save it as UTF-8 text, or see whether this is the right file"));
    }
    match too_deep(text) {
        Some(at) => Err(mistake(
            Code::TOO_LARGE,
            at..at + 1,
            format!("tables and lists lie more than {DEEPEST} levels deep"),
        )
        .label("here")),
        None => Ok(text),
    }
}

/// Finds the first place that lies too deep, without recursion and before anything recurses.
///
/// Brackets open a level, and so does each dot of a key. Dots of numbers count too, which only
/// errs by one.
fn too_deep(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    // What each open bracket added; the dots of the key being read; the depth of `[a.b.c]`.
    let (mut open, mut dots, mut header): (Vec<usize>, usize, usize) = (Vec::new(), 0, 0);
    let (mut depth, mut at, mut begins) = (0, 0, true);
    let mut in_header = false;
    while at < bytes.len() {
        let byte = bytes[at];
        let next = match byte {
            b'#' => text[at..].find('\n').map_or(bytes.len(), |n| at + n),
            b'"' | b'\'' => after_string(text, at),
            _ => at + 1,
        };
        match byte {
            b'\n' if open.is_empty() => dots = 0,
            b'[' | b'{' => {
                if begins && open.is_empty() {
                    (in_header, header, depth) = (true, 0, 0);
                }
                open.push(1 + dots);
                depth += 1 + dots;
                dots = 0;
            }
            b']' | b'}' => {
                depth -= open.pop().unwrap_or(0);
                if in_header {
                    header = header.max(dots + 1);
                    in_header = !open.is_empty();
                }
                dots = 0;
            }
            b',' => dots = 0,
            b'.' => dots += 1,
            _ => {}
        }
        begins = match byte {
            b'\n' => open.is_empty(),
            b' ' | b'\t' | b'\r' => begins,
            _ => false,
        };
        if header + depth + dots > DEEPEST {
            return Some(at);
        }
        at = next;
    }
    None
}

/// Returns the place after the string that begins at `at`, as a TOML reader would see it.
fn after_string(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    for quotes in ["\"\"\"", "'''"] {
        if rest.starts_with(quotes) {
            let mut here = 3;
            while let Some(n) = rest[here..].find(quotes) {
                let before = rest[3..here + n].bytes().rev().take_while(|b| *b == b'\\').count();
                here += n + 3;
                if quotes.starts_with('\'') || before % 2 == 0 {
                    return at + here;
                }
                here -= 2;
            }
            return text.len();
        }
    }
    let quote = rest.as_bytes()[0];
    let mut escaped = false;
    for (n, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => return at + n,
            _ if escaped => escaped = false,
            b'\\' if quote == b'"' => escaped = true,
            _ if byte == quote => return at + n + 1,
            _ => {}
        }
    }
    text.len()
}

/// Adds a mistake for every key and string with a letter in it that can't be seen.
pub(super) fn check_hidden(all: &mut Collector<'_>, table: &DeTable<'_>) {
    for (key, value) in table {
        check_text(all, key.get_ref(), key.span());
        check_value(all, value.get_ref(), value.span());
    }
}

fn check_value(all: &mut Collector<'_>, value: &DeValue<'_>, span: std::ops::Range<usize>) {
    match value {
        DeValue::String(text) => check_text(all, text, span),
        DeValue::Array(list) => {
            for entry in list {
                check_value(all, entry.get_ref(), entry.span());
            }
        }
        DeValue::Table(table) => check_hidden(all, table),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

fn check_text(all: &mut Collector<'_>, text: &str, span: std::ops::Range<usize>) {
    let Some(letter) = text.chars().find(|c| is_hidden(*c)) else { return };
    let code = u32::from(letter);
    all.add(
        mistake(Code::BAD_NAME, span, format!("a letter that can't be seen: U+{code:04X}"))
            .label("in here")
            .help("take it out: a reader of this file would see another text than depstate does"),
    );
}

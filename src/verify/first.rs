//! What bytes look like, by their first ones.

/// Says what bytes look like: `gzip`, `an HTML page, titled "404 Not Found"`, `text, "Not found"`.
pub(super) fn look(first: &[u8]) -> String {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"\x1f\x8b", "gzip"),
        (b"\xfd7zXZ\0", "xz"),
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"BZh", "bzip2"),
        (b"\x7fELF", "an ELF program"),
    ];
    if first.is_empty() {
        return "empty".to_owned();
    }
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| first.starts_with(magic)) {
        return (*name).to_owned();
    }
    if first.get(257..262) == Some(b"ustar") {
        return "tar".to_owned();
    }
    // Pages come in any encoding, and with anything in them.
    let page = String::from_utf8_lossy(first);
    let page = page.strip_prefix('\u{feff}').unwrap_or(&page);
    if is_page(page) {
        return match title(page) {
            Some(title) => format!("an HTML page, titled \"{title}\""),
            None => "an HTML page".to_owned(),
        };
    }
    let Some(text) = text(first) else {
        return "other bytes".to_owned();
    };
    let begin = text.trim_start();
    if begin.starts_with("<?xml") {
        return "XML".to_owned();
    }
    if begin.starts_with(['{', '[']) {
        return "JSON".to_owned();
    }
    match begin.lines().next().map(|line| plain(line, 60)) {
        Some(line) if !line.is_empty() => format!("text, \"{line}\""),
        Some(_) | None => "text".to_owned(),
    }
}

/// The text that bytes begin with; none if they are no text. The last letter may be cut off.
fn text(first: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(first) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(first.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let binary = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}');
    (!text.contains(binary)).then_some(text)
}

/// Tells whether a text is a web page.
pub(super) fn is_page(text: &str) -> bool {
    let begin: String = text.trim_start().chars().take(512).collect();
    let begin = begin.to_ascii_lowercase();
    begin.starts_with("<!doctype html")
        || (begin.starts_with('<')
            && ["<html", "<head", "<body", "<title"].iter().any(|tag| begin.contains(tag)))
}

/// What a web page calls itself.
pub(super) fn title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = lower[start..].find('<').map_or(text.len(), |n| start + n);
    let title = plain(text.get(start..end)?, 100);
    (!title.is_empty()).then_some(title)
}

/// A stranger's text on one line: without control and direction letters, cut to a length.
pub(super) fn plain(text: &str, most: usize) -> String {
    let words = text.split_whitespace().map(|word| {
        word.chars()
            .filter(|c| !c.is_control() && !('\u{2028}'..='\u{202e}').contains(c))
            .filter(|c| !('\u{200b}'..='\u{200f}').contains(c))
            .filter(|c| !('\u{2060}'..='\u{2069}').contains(c) && *c != '\u{feff}')
            .collect::<String>()
    });
    let text = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if text.chars().count() <= most {
        return text;
    }
    text.chars().take(most).chain(['…']).collect()
}

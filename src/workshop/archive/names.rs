//! Which paths members and links may have.

use super::{ArchiveLimits, stop::Stop};
use crate::model::is_hidden;

/// Names that are devices on Windows, whatever folder they are in.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

/// A member's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::workshop) struct Named {
    /// `/` between the parts, none at an end, without a leading `./`; empty: the archive's root.
    pub(in crate::workshop) path: String,
    /// Whether a `/` stood at its end.
    pub(in crate::workshop) folder: bool,
}

/// Reads a member's path.
pub(in crate::workshop) fn member_path(raw: &[u8], limits: &ArchiveLimits) -> Result<Named, Stop> {
    let refuse = |why: &str| Err(Stop::member(raw, why));
    let text = letters(raw, raw, "name")?;
    if raw.len() > limits.name {
        return Err(Stop::member(
            raw,
            format_args!(
                "has a name that is too long: {} bytes, at most {}",
                raw.len(),
                limits.name
            ),
        ));
    }
    if text.is_empty() {
        return refuse("has an empty name");
    }
    if text.starts_with('/') {
        return refuse("has an absolute path");
    }
    if text == "." || text == "./" {
        return Ok(Named { path: String::new(), folder: true });
    }
    let text = text.strip_prefix("./").unwrap_or(text);
    let (text, folder) = match text.strip_suffix('/') {
        Some(text) => (text, true),
        None => (text, false),
    };
    if drive(text) {
        return refuse("has a drive letter");
    }
    let mut depth = 0;
    for part in text.split('/') {
        depth += 1;
        match part {
            "" => return refuse("has an empty part in its path"),
            "." => return refuse("has a part `.` in its path"),
            ".." => return refuse("has a part `..` in its path"),
            part if device(part) => return refuse("has a reserved name"),
            _ => {}
        }
    }
    if depth > limits.depth {
        return Err(Stop::member(
            raw,
            format_args!("lies too deep: {depth} parts, at most {}", limits.depth),
        ));
    }
    Ok(Named { path: text.to_owned(), folder })
}

/// Reads where a symbolic link of that path points to: within the root, step for step.
pub(super) fn link_target(path: &str, raw: &[u8], limits: &ArchiveLimits) -> Result<String, Stop> {
    let refuse = |why: &str| {
        let target = super::stop::shown(raw);
        Err(Stop::member(path.as_bytes(), format_args!("is a link to `{target}`, {why}")))
    };
    let text = letters(path.as_bytes(), raw, "link target")?;
    if text.is_empty() {
        return refuse("which is empty");
    }
    if raw.len() > limits.name {
        return refuse("which is too long");
    }
    if text.starts_with('/') || drive(text) {
        return refuse("which is absolute");
    }
    let mut depth = path.matches('/').count();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return refuse("which leads out of the archive"),
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    Ok(text.to_owned())
}

/// Tells whether a name that stands in for another could do harm where it is taken for the real one.
pub(super) fn stand_in(raw: &[u8]) -> Result<(), Stop> {
    if raw.starts_with(b"/") || raw.split(|b| *b == b'/').any(|part| part == b"..") {
        return Err(Stop::member(raw, "stands for another name and leads out of the archive"));
    }
    Ok(())
}

/// What names of members and links have in common.
fn letters<'a>(member: &[u8], raw: &'a [u8], what: &str) -> Result<&'a str, Stop> {
    let refuse = |why: &str| Err(Stop::member(member, format_args!("has a {what} {why}")));
    if raw.contains(&0) {
        return refuse("with a NUL in it");
    }
    let Ok(text) = std::str::from_utf8(raw) else {
        return refuse("that is not UTF-8");
    };
    if text.contains('\\') {
        return refuse("with a backslash in it");
    }
    if text.chars().any(|c| c.is_control() || is_hidden(c)) {
        return refuse("with a control character, or one that is not seen, in it");
    }
    Ok(text)
}

fn drive(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 2
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && bytes.get(2) != Some(&b':')
}

fn device(part: &str) -> bool {
    let part = part.trim_end_matches([' ', '.']).to_ascii_lowercase();
    DEVICES.contains(&part.as_str())
        || part
            .strip_prefix("com")
            .or_else(|| part.strip_prefix("lpt"))
            .is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit() && n != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let limits = ArchiveLimits::default();
        let path = |raw: &str| member_path(raw.as_bytes(), &limits).map(|n| (n.path, n.folder));
        assert_eq!(path("./a/b/").unwrap(), ("a/b".to_owned(), true));
        assert_eq!(path("./").unwrap(), (String::new(), true));
        assert_eq!(path("aux.c").unwrap().0, "aux.c");
        assert_eq!(path("B::Deparse.3").unwrap().0, "B::Deparse.3");
        assert_eq!(path("...").unwrap().0, "...");
        for bad in
            ["", "/", "a//b", "././a", "a/.", "a/../b", "C:x", "com1", "LPT9 ", "a\\b", "a\nb"]
        {
            assert!(path(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn targets() {
        let limits = ArchiveLimits::default();
        let target = |path: &str, to: &str| link_target(path, to.as_bytes(), &limits);
        assert!(target("a/b", "../c").is_ok());
        assert!(target("a/b", "..").is_ok());
        assert!(target("a", ".").is_ok());
        for (path, to) in
            [("a", ".."), ("a/b", "../.."), ("a/b", "c/../../../d"), ("a", "/etc"), ("a", "")]
        {
            assert!(target(path, to).is_err(), "{path} -> {to}");
        }
    }
}

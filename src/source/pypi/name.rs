//! What names of projects and of files say.

use std::str::FromStr as _;

/// Endings of source archives (PEP 625 has the first alone; older files have the others).
const SOURCES: &[&str] = &[".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z"];

/// Tells whether a text is a project's name (PEP 508).
pub(super) fn is_name(text: &str) -> bool {
    let inner = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let end = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    inner && end(text.bytes().next()) && end(text.bytes().next_back())
}

/// Normalizes a project's name (PEP 503): lower case, and one dash for each run of `-`, `_`, `.`.
pub(super) fn normalized(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for letter in name.chars() {
        if !matches!(letter, '-' | '_' | '.') {
            normal.push(letter.to_ascii_lowercase());
        } else if !normal.ends_with('-') {
            normal.push('-');
        }
    }
    normal
}

/// Returns the normal form of a version (PEP 440); what is none stays as it is.
pub(super) fn normal_version(text: &str) -> String {
    pep440_rs::Version::from_str(text).map_or_else(|_| text.to_owned(), |it| it.to_string())
}

/// Finds the version in the name of a wheel (PEP 427), an egg or a source archive (PEP 625) of a
/// project, in its normal form: an archive and a wheel of one release may spell it in two ways.
pub(super) fn version(package: &str, file: &str) -> Option<String> {
    let text = if let Some(stem) = file.strip_suffix(".whl") {
        let parts: Vec<&str> = stem.split('-').collect();
        let [name, version, ..] = parts.as_slice() else { return None };
        // Name, version, maybe a build, and three tags.
        let whole = matches!(parts.len(), 5 | 6) && normalized(name) == package;
        // A dash has another meaning there.
        whole.then(|| version.replace('_', "-"))?
    } else if let Some(stem) = file.strip_suffix(".egg") {
        let (name, rest) = stem.split_once('-')?;
        let version = rest.split('-').next().unwrap_or_default();
        (normalized(name) == package).then(|| version.replace('_', "-"))?
    } else {
        let stem = SOURCES.iter().find_map(|ending| file.strip_suffix(ending))?;
        let mut dashes = stem.match_indices('-').map(|(at, _)| stem.split_at(at));
        // Names have dashes too, and the longest that is this project's counts.
        let (_, rest) = dashes.rfind(|(name, _)| normalized(name) == package)?;
        rest.trim_start_matches('-').to_owned()
    };
    let digit = text.trim_start_matches(['v', 'V']).starts_with(|c: char| c.is_ascii_digit());
    digit.then(|| normal_version(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_say_the_version() {
        for (package, file, expected) in [
            ("tool", "tool-1.2.0.tar.gz", Some("1.2.0")),
            ("tool", "Tool-1.2.0-py3-none-any.whl", Some("1.2.0")),
            ("tool", "tool-1.2.0-1-cp312-cp312-manylinux_2_17_x86_64.whl", Some("1.2.0")),
            ("tool-kit", "tool_kit-1.0rc1-py3-none-any.whl", Some("1.0rc1")),
            ("tool-kit", "tool-kit-1.0-rc1.tar.gz", Some("1.0rc1")),
            ("tool-kit", "tool.kit-1.0.zip", Some("1.0")),
            ("tool-2", "tool-2-1.0.tar.gz", Some("1.0")),
            ("tool", "tool-1!2.0+local.1.tar.gz", Some("1!2.0+local.1")),
            ("tool", "tool-2004d.tar.gz", Some("2004d")),
            ("tool", "tool-1.0-py2.7.egg", Some("1.0")),
            ("tool", "other-1.0.tar.gz", None),
            ("tool", "tool-kit-1.0.tar.gz", None),
            ("tool", "tool-1.0.win32-py2.7.exe", None),
            ("tool", "tool-1.0-py3.whl", None),
            ("tool", "tool-1.0-py3-none-any.whl.metadata", None),
            ("tool", "", None),
        ] {
            assert_eq!(version(package, file).as_deref(), expected, "{file}");
        }
    }

    #[test]
    fn names_are_normalized() {
        for (name, normal) in [("Foo.-_Bar", "foo-bar"), ("a", "a"), ("ruamel.yaml", "ruamel-yaml")]
        {
            assert!(is_name(name), "{name}");
            assert_eq!(normalized(name), normal);
        }
        for wrong in ["", "-a", "a-", "a b", "a/b", "../a"] {
            assert!(!is_name(wrong), "{wrong}");
        }
    }
}

//! The shape that depstate itself writes, read line by line: a lock of thousands of files is read at
//! every start, and most of TOML does not occur in it. Whatever looks different is left to TOML.

use std::ops::Range;

use serde::{
    Deserialize as _,
    de::{IntoDeserializer as _, value},
};
use toml::Spanned;

use super::read::{Raw, RawArtifact, RawDependency, RawRelease};
use crate::model::Evidence;

/// Reads a lock that is as depstate writes it; none: it is not, which says nothing about it.
pub(super) fn read(text: &str) -> Option<Raw> {
    let mut lines = Lines { text, at: 0 };
    let mut line = lines.next();
    let mut version = None;
    while let Some(Line::Pair(key, Scalar::Number(number, span))) = &line {
        let number = i64::try_from(*number).ok()?;
        set(&mut version, (*key == "version").then(|| Spanned::new(span.clone(), number))?)?;
        line = lines.next();
    }
    let mut raw = Raw { version: version?, dependency: Vec::new() };
    while let Some(Line::Header("[[dependency]]")) = line {
        let dependency;
        (dependency, line) = read_dependency(&mut lines)?;
        raw.dependency.push(dependency);
    }
    matches!(line, Some(Line::End)).then_some(raw)
}

fn read_dependency<'a>(lines: &mut Lines<'a>) -> Option<(RawDependency, Option<Line<'a>>)> {
    let (mut id, mut asked) = (None, None);
    let mut line = lines.next();
    while let Some(Line::Pair(key, Scalar::Text(text))) = line {
        match key {
            "id" => set(&mut id, text)?,
            "asked" => set(&mut asked, text)?,
            _ => return None,
        }
        line = lines.next();
    }
    let mut release = Vec::new();
    while let Some(Line::Header("[[dependency.release]]")) = line {
        let next;
        (next, line) = read_release(lines)?;
        release.push(next);
    }
    Some((RawDependency { id: id?, asked, release }, line))
}

fn read_release<'a>(lines: &mut Lines<'a>) -> Option<(RawRelease, Option<Line<'a>>)> {
    let (mut version, mut upstream, mut released) = (None, None, None);
    let mut line = lines.next();
    while let Some(Line::Pair(key, Scalar::Text(text))) = line {
        match key {
            "version" => set(&mut version, text)?,
            "upstream" => set(&mut upstream, text.into_inner())?,
            "released" => set(&mut released, text)?,
            _ => return None,
        }
        line = lines.next();
    }
    let mut artifact = Vec::new();
    while let Some(Line::Header("[[dependency.release.artifact]]")) = line {
        let next;
        (next, line) = read_artifact(lines)?;
        artifact.push(next);
    }
    Some((RawRelease { version: version?, upstream: upstream?, released, artifact }, line))
}

fn read_artifact<'a>(lines: &mut Lines<'a>) -> Option<(RawArtifact, Option<Line<'a>>)> {
    let (mut target, mut url, mut size, mut sha256) = (None, None, None, None);
    let (mut upstream_digest, mut evidence, mut signer) = (None, None, None);
    let mut line = lines.next();
    loop {
        match line {
            Some(Line::Pair("size", Scalar::Number(number, _))) => set(&mut size, number)?,
            Some(Line::Pair(key, Scalar::Text(text))) => match key {
                "target" => set(&mut target, text)?,
                "url" => set(&mut url, text.into_inner())?,
                "sha256" => set(&mut sha256, text)?,
                "upstream-digest" => set(&mut upstream_digest, text)?,
                "evidence" => {
                    let name = text.get_ref().as_str().into_deserializer();
                    let known: Result<Evidence, value::Error> = Evidence::deserialize(name);
                    set(&mut evidence, Spanned::new(text.span(), known.ok()?))?;
                }
                "signer" => set(&mut signer, text)?,
                _ => return None,
            },
            _ => break,
        }
        line = lines.next();
    }
    let artifact = RawArtifact {
        target: target?,
        url: url?,
        size,
        sha256: sha256?,
        upstream_digest,
        evidence: evidence?,
        signer,
    };
    Some((artifact, line))
}

/// Sets what is not set yet.
fn set<T>(field: &mut Option<T>, value: T) -> Option<()> {
    field.replace(value).is_none().then_some(())
}

/// A line that says something.
enum Line<'a> {
    Header(&'a str),
    Pair(&'a str, Scalar),
    End,
}

enum Scalar {
    Text(Spanned<String>),
    Number(u64, Range<usize>),
}

struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    /// Returns the next line that is neither empty nor a comment; none: it is of another shape.
    fn next(&mut self) -> Option<Line<'a>> {
        loop {
            let rest = &self.text[self.at..];
            if rest.is_empty() {
                return Some(Line::End);
            }
            let line = rest.split('\n').next()?;
            let start = self.at;
            self.at = self.text.len().min(start + line.len() + 1);
            if line.chars().any(char::is_control) {
                return None;
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with('[') {
                return Some(Line::Header(line));
            }
            let (key, value) = line.split_once(" = ")?;
            let from = start + key.len() + 3;
            return Some(Line::Pair(key, scalar(value, from..from + value.len())?));
        }
    }
}

fn scalar(value: &str, span: Range<usize>) -> Option<Scalar> {
    if let Some(text) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        let plain = !text.contains(['"', '\\']);
        return plain.then(|| Scalar::Text(Spanned::new(span, text.to_owned())));
    }
    // TOML's numbers end where its signed ones do, and begin with no needless zero.
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits && (value == "0" || !value.starts_with('0'));
    let number: u64 = if plain { value.parse().ok()? } else { return None };
    i64::try_from(number).is_ok().then_some(Scalar::Number(number, span))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = r#"# Written by depstate; commit it.
version = 1

[[dependency]]
id = "a"
asked = "sha256:df68"

[[dependency.release]]
version = "1.99.0"
upstream = "v1.99.0"
released = "2025-01-01T00:00:00Z"

[[dependency.release.artifact]]
target = "any"
url = "https://example.com/a#b?c=1 = 2"
size = 1024
sha256 = "12d7"
evidence = "tofu"

[[dependency.release.artifact]]
target = "ü"
url = ""
sha256 = "12d7"
upstream-digest = "sha512:00"
evidence = "signed"
signer = "x"

[[dependency]]
id = "b"
"#;

    #[test]
    fn what_is_written_is_read_as_toml_reads_it() {
        let plain = read(WRITTEN).expect("it is as written");
        let toml: Raw = toml::from_str(WRITTEN).unwrap();
        assert_eq!(format!("{plain:?}"), format!("{toml:?}"));
        assert_eq!(plain.dependency[0].release[0].artifact.len(), 2);
    }

    #[test]
    fn whatever_is_changed_it_is_read_as_toml_does_or_left_to_it() {
        let mut taken = 0;
        let mut check = |text: &str| {
            if let Some(plain) = read(text) {
                let toml = toml::from_str::<Raw>(text);
                let toml = toml.unwrap_or_else(|error| panic!("TOML refuses {text}: {error}"));
                assert_eq!(format!("{plain:?}"), format!("{toml:?}"), "{text}");
                taken += 1;
            }
        };
        for (at, old) in WRITTEN.char_indices() {
            let (before, after) = (&WRITTEN[..at], &WRITTEN[at + old.len_utf8()..]);
            check(&format!("{before}{after}"));
            for new in [
                "\"", "'", "\\", "[", "]", "=", " ", "\n", "\r", "\r\n", "#", "0", "-", "_", "x",
                "\t", "\0", ".",
            ] {
                check(&format!("{before}{new}{after}"));
                check(&format!("{before}{new}{old}{after}"));
            }
        }
        let lines: Vec<&str> = WRITTEN.split_inclusive('\n').collect();
        for (from, _) in lines.iter().enumerate() {
            for to in 0..lines.len() {
                let mut moved = lines.clone();
                let line = moved.remove(from);
                moved.insert(to, line);
                check(&moved.concat());
                moved.insert(from, line);
                check(&moved.concat());
            }
        }
        assert!(taken > 1000, "{taken} were read at all");
    }
}

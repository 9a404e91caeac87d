//! deps.lock's text, read.

use std::{collections::BTreeMap, ops::Range, str::FromStr};

use serde::Deserialize;
use toml::Spanned;

use super::{LockError, VERSION};
use crate::model::{
    DependencyId, Digest, End, Evidence, ExtraFile, Lock, LockedArtifact, LockedDependency,
    LockedLine, LockedLines, LockedRelease, Over, Signer, TargetName, Version,
};

/// The largest lock that is read, in bytes.
const MAX: usize = 64 * 1024 * 1024;

/// The format's number alone.
#[derive(Deserialize)]
struct Head {
    version: Spanned<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: Spanned<i64>,
    #[serde(default)]
    dependency: Vec<RawDependency>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDependency {
    id: Spanned<String>,
    asked: Option<Spanned<String>>,
    #[serde(default)]
    fallback: usize,
    #[serde(default)]
    ended: Vec<String>,
    #[serde(default)]
    line: Vec<RawLine>,
    #[serde(default)]
    release: Vec<RawRelease>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    line: Spanned<String>,
    eol: Option<Spanned<RawEnd>>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    ended: bool,
}

/// A day, or `true`: over since nobody says when.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawEnd {
    Day(String),
    Past(bool),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRelease {
    version: Spanned<String>,
    upstream: String,
    released: Option<Spanned<String>>,
    #[serde(default)]
    artifact: Vec<RawArtifact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawArtifact {
    target: Spanned<String>,
    url: String,
    size: Option<u64>,
    sha256: Spanned<String>,
    upstream_digest: Option<Spanned<String>>,
    evidence: Spanned<Evidence>,
    signer: Option<Spanned<String>>,
    signed: Option<Over>,
    #[serde(default)]
    extra: Vec<RawExtra>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExtra {
    id: Spanned<String>,
    version: String,
    url: String,
    size: Option<u64>,
    sha256: Spanned<String>,
    evidence: Spanned<Evidence>,
}

/// Reads a lock.
///
/// # Errors
/// `lock-conflict` where a merge left its marks, `lock-newer` where the format is a newer one,
/// `lock-syntax` for everything else; with the place in the text.
pub fn read(text: &[u8]) -> Result<Lock, LockError> {
    if text.len() > MAX {
        return Err(LockError::syntax("deps.lock is larger than 64 MiB"));
    }
    let text =
        str::from_utf8(text).map_err(|_| LockError::syntax("deps.lock is not UTF-8 text"))?;
    if let Some(at) = conflict(text) {
        return Err(LockError::conflict().at(text, at, "the marks of a merge"));
    }
    let raw: Raw = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            // What a newer format adds is no mistake: its number says so first.
            if let Ok(head) = toml::from_str::<Head>(text) {
                format(text, &head.version)?;
            }
            return Err(syntax(text, &error));
        }
    };
    format(text, &raw.version)?;
    let mut dependencies = BTreeMap::new();
    for raw in raw.dependency {
        let id = value(text, &raw.id, DependencyId::new(raw.id.get_ref().as_str()))?;
        let lines = LockedLines { rows: lines(text, raw.line)?, ended: raw.ended };
        let dependency = dependency(text, raw.asked, raw.fallback, lines, raw.release)?;
        if dependencies.insert(id, dependency).is_some() {
            return Err(twice(text, &raw.id, "dependency"));
        }
    }
    Ok(Lock { dependencies })
}

fn format(text: &str, version: &Spanned<i64>) -> Result<(), LockError> {
    let error = match *version.get_ref() {
        VERSION => return Ok(()),
        newer if newer > VERSION => LockError::newer(newer),
        other => LockError::syntax(format!("there is no format {other} of deps.lock")),
    };
    Err(error.at(text, version.span(), "the format"))
}

fn lines(text: &str, raw: Vec<RawLine>) -> Result<Vec<LockedLine>, LockError> {
    let mut rows: Vec<LockedLine> = Vec::with_capacity(raw.len());
    for raw in raw {
        if rows.iter().any(|row| row.line == *raw.line.get_ref()) {
            return Err(twice(text, &raw.line, "line"));
        }
        let line = value(text, &raw.line, Version::new(raw.line.get_ref().as_str()))?;
        let end = match &raw.eol {
            None => None,
            Some(eol) => match eol.get_ref() {
                RawEnd::Past(past) => past.then_some(End::Past),
                RawEnd::Day(day) => {
                    let written = Spanned::new(eol.span(), day.clone());
                    Some(End::Day(value(text, &written, day.parse())?))
                }
            },
        };
        let line = line.as_str().to_owned();
        rows.push(LockedLine { line, end, names: raw.names, ended: raw.ended });
    }
    Ok(rows)
}

fn dependency(
    text: &str,
    asked: Option<Spanned<String>>,
    fallback: usize,
    lines: LockedLines,
    raw: Vec<RawRelease>,
) -> Result<LockedDependency, LockError> {
    let asked = match asked {
        None => None,
        Some(asked) => Some(value(
            text,
            &asked,
            Digest::from_str(asked.get_ref()).ok().and_then(|digest| digest.sha256()).ok_or(()),
        )?),
    };
    let mut releases: Vec<LockedRelease> = Vec::with_capacity(raw.len());
    for raw in raw {
        let version = value(text, &raw.version, Version::new(raw.version.get_ref().as_str()))?;
        if releases.iter().any(|release| release.version == version) {
            return Err(twice(text, &raw.version, "version"));
        }
        let released = match &raw.released {
            None => None,
            Some(released) => Some(value(text, released, released.get_ref().parse())?),
        };
        let mut artifacts = BTreeMap::new();
        for raw in raw.artifact {
            let target = value(text, &raw.target, TargetName::new(raw.target.get_ref().as_str()))?;
            let upstream_digest = match &raw.upstream_digest {
                None => None,
                Some(digest) => Some(value(text, digest, digest.get_ref().parse())?),
            };
            signed(text, &raw.evidence, raw.signer.as_ref())?;
            let artifact = LockedArtifact {
                extra: extras(text, raw.extra)?,
                url: raw.url,
                size: raw.size,
                sha256: value(text, &raw.sha256, raw.sha256.get_ref().parse())?,
                upstream_digest,
                evidence: raw.evidence.into_inner(),
                signer: raw.signer.map(|who| Signer {
                    who: who.into_inner(),
                    over: raw.signed.unwrap_or_default(),
                }),
            };
            if artifacts.insert(target, artifact).is_some() {
                return Err(twice(text, &raw.target, "target"));
            }
        }
        releases.push(LockedRelease { version, upstream: raw.upstream, released, artifacts });
    }
    Ok(LockedDependency { asked, fallback, lines, releases })
}

/// Reads the sub-dependencies of a file.
fn extras(text: &str, raw: Vec<RawExtra>) -> Result<BTreeMap<String, ExtraFile>, LockError> {
    let mut all = BTreeMap::new();
    for raw in raw {
        let is_id = ExtraFile::is_id(raw.id.get_ref());
        let id = value(text, &raw.id, is_id.then(|| raw.id.get_ref().clone()).ok_or(()))?;
        if *raw.evidence.get_ref() == Evidence::Signed {
            let message = "deps.lock has a sub-dependency that is `signed`, which none can be";
            return Err(LockError::syntax(message).at(text, raw.evidence.span(), "by whom?"));
        }
        let file = ExtraFile {
            version: raw.version,
            url: raw.url,
            size: raw.size,
            sha256: Some(value(text, &raw.sha256, raw.sha256.get_ref().parse())?),
            evidence: raw.evidence.into_inner(),
        };
        if all.insert(id, file).is_some() {
            return Err(twice(text, &raw.id, "sub-dependency"));
        }
    }
    Ok(all)
}

/// Checks that there is a signer exactly where something was signed.
fn signed(
    text: &str,
    evidence: &Spanned<Evidence>,
    signer: Option<&Spanned<String>>,
) -> Result<(), LockError> {
    let (message, at, label) = match (evidence.get_ref(), signer) {
        (Evidence::Signed, None) => {
            ("deps.lock has `signed` without a `signer`", evidence.span(), "by whom?")
        }
        (
            Evidence::Tofu | Evidence::Index | Evidence::ChecksumFile | Evidence::Given,
            Some(signer),
        ) => ("deps.lock has a `signer` of what is not `signed`", signer.span(), "of nothing"),
        (_, _) => return Ok(()),
    };
    Err(LockError::syntax(message).at(text, at, label))
}

/// Takes a value that was read, or says that what is written can't be one.
fn value<T, E>(text: &str, written: &Spanned<String>, read: Result<T, E>) -> Result<T, LockError> {
    read.map_err(|_| {
        let shown: String = written.get_ref().chars().take(80).collect();
        LockError::syntax(format!("deps.lock can't have `{shown}` here")).at(
            text,
            written.span(),
            "this value",
        )
    })
}

fn twice(text: &str, written: &Spanned<String>, what: &str) -> LockError {
    LockError::syntax(format!("deps.lock has the {what} `{}` twice", written.get_ref())).at(
        text,
        written.span(),
        "the second time",
    )
}

fn syntax(text: &str, error: &toml::de::Error) -> LockError {
    let told = LockError::syntax(format!("deps.lock can't be read: {}", error.message().trim()));
    match error.span() {
        Some(at) => told.at(text, at, "here"),
        None => told,
    }
}

/// Finds the line that a merge left: seven marks at its front.
fn conflict(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let line_end = start + line.trim_end().len();
        if ["<<<<<<<", ">>>>>>>", "|||||||", "======="].iter().any(|mark| line.starts_with(mark)) {
            return Some(start..line_end);
        }
        start += line.len();
    }
    None
}

//! A lock's meaning as text.

use std::fmt::Write as _;

use super::VERSION;
use crate::model::{
    End, ExtraFile, Lock, LockedArtifact, LockedDependency, LockedLine, LockedRelease, Over,
    TargetName,
};

/// Writes a lock: dependencies by id, releases as they come (newest first), files by target.
///
/// The same lock is the same text everywhere; lines end with LF.
pub fn write(lock: &Lock) -> String {
    let mut out = String::from("# Written by depstate; commit it.\n");
    line(&mut out, "version", VERSION);
    for (id, dependency) in &lock.dependencies {
        out.push_str("\n[[dependency]]\n");
        line(&mut out, "id", quoted(id.as_str()));
        write_dependency(&mut out, dependency);
    }
    out
}

fn write_dependency(out: &mut String, dependency: &LockedDependency) {
    if let Some(asked) = dependency.asked {
        line(out, "asked", quoted(&format!("sha256:{asked}")));
    }
    if dependency.fallback > 0 {
        line(out, "fallback", dependency.fallback);
    }
    if !dependency.lines.ended.is_empty() {
        line(out, "ended", list(&dependency.lines.ended));
    }
    for row in &dependency.lines.rows {
        out.push_str("\n[[dependency.line]]\n");
        write_line(out, row);
    }
    for release in &dependency.releases {
        out.push_str("\n[[dependency.release]]\n");
        write_release(out, release);
    }
}

fn write_line(out: &mut String, row: &LockedLine) {
    line(out, "line", quoted(&row.line));
    match row.end {
        Some(End::Day(day)) => line(out, "eol", quoted(&day.to_string())),
        Some(End::Past) => line(out, "eol", true),
        None => {}
    }
    if !row.names.is_empty() {
        line(out, "names", list(&row.names));
    }
    if row.ended {
        line(out, "ended", true);
    }
}

/// A list of strings, in one line.
fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", quoted.join(", "))
}

fn write_release(out: &mut String, release: &LockedRelease) {
    line(out, "version", quoted(release.version.as_str()));
    line(out, "upstream", quoted(&release.upstream));
    if let Some(released) = release.released {
        line(out, "released", quoted(&released.to_string()));
    }
    for (target, artifact) in &release.artifacts {
        out.push_str("\n[[dependency.release.artifact]]\n");
        write_artifact(out, target, artifact);
    }
}

fn write_artifact(out: &mut String, target: &TargetName, artifact: &LockedArtifact) {
    line(out, "target", quoted(target.as_str()));
    line(out, "url", quoted(&artifact.url));
    if let Some(size) = artifact.size {
        line(out, "size", size);
    }
    line(out, "sha256", quoted(&artifact.sha256.to_string()));
    if let Some(digest) = &artifact.upstream_digest {
        line(out, "upstream-digest", quoted(&digest.to_string()));
    }
    line(out, "evidence", quoted(artifact.evidence.name()));
    if let Some(signer) = &artifact.signer {
        line(out, "signer", quoted(&signer.who));
        if signer.over != Over::Artifact {
            line(out, "signed", quoted(signer.over.name()));
        }
    }
    if !artifact.extra.is_empty() {
        // One line for each, so that two branches that change two of them merge.
        out.push_str("extra = [\n");
        for (id, extra) in &artifact.extra {
            write_extra(out, id, extra);
        }
        out.push_str("]\n");
    }
}

fn write_extra(out: &mut String, id: &str, extra: &ExtraFile) {
    // Without a digest nothing is decided, and nothing to be written.
    let Some(sha256) = extra.sha256 else { return };
    let size = extra.size.map_or_else(String::new, |size| format!(", size = {size}"));
    // Writing to a string can't fail.
    let _ = writeln!(
        out,
        "  {{ id = {}, version = {}, url = {}{size}, sha256 = \"{sha256}\", evidence = \"{}\" }},",
        quoted(id),
        quoted(&extra.version),
        quoted(&extra.url),
        extra.evidence.name(),
    );
}

fn line(out: &mut String, key: &str, value: impl std::fmt::Display) {
    // Writing to a string can't fail.
    let _ = writeln!(out, "{key} = {value}");
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() || is_invisible(c) => {
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Letters that make a reviewed line look like another: they are written as escapes.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

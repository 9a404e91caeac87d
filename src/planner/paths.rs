//! Which files beside deps.toml a build or test names.

use std::{collections::BTreeSet, ops::Bound};

use super::{artifact::Texts, findings};
use crate::model::{Artifact, Code, Finding, Glob, InputName, Located, Severity, Sha256, Tree};

/// Where files beside deps.toml are looked up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Files<'a> {
    /// As they were read.
    Read(&'a Tree),
    /// As an artifact was planned with: what is carried out is what was planned.
    Planned(&'a Artifact),
}

impl Files<'_> {
    /// Returns the digest of a file, its mode included.
    pub(super) fn digest(&self, path: &str) -> Option<Sha256> {
        match self {
            Self::Read(tree) => tree.get(path).map(super::inputs::file),
            Self::Planned(artifact) => artifact.inputs.get(&InputName::file(path)).copied(),
        }
    }
}

/// Expands the path of a script. None: its text waits for a digest.
///
/// # Errors
/// A finding at its place.
pub(super) fn script(
    texts: &Texts<'_>,
    text: &Located<String>,
) -> Result<Option<String>, Box<Finding>> {
    if texts.waits(&text.value) {
        return Ok(None);
    }
    let path = texts.located(text)?;
    clean(&path).map(Some).map_err(|why| wrong(texts, text, &path, why))
}

/// Expands `inputs`, without those whose texts wait for a digest.
///
/// # Errors
/// A finding at the place of the first that is wrong.
pub(super) fn patterns<'a>(
    texts: &Texts<'_>,
    inputs: &'a [Located<String>],
) -> Result<Vec<(&'a Located<String>, String)>, Box<Finding>> {
    let mut all = Vec::new();
    for text in inputs.iter().filter(|text| !texts.waits(&text.value)) {
        let plain = texts.glob(text)?;
        let path = clean(&plain).map_err(|why| wrong(texts, text, &plain, why))?;
        all.push((text, path));
    }
    Ok(all)
}

/// Finds the script and all inputs among the files that there are.
///
/// # Errors
/// When one that is named without wildcards is not there.
pub(super) fn find(
    texts: &Texts<'_>,
    script: Option<(&Located<String>, &str)>,
    inputs: &[Located<String>],
    tree: &Tree,
) -> Result<BTreeSet<String>, Box<Finding>> {
    let mut found = BTreeSet::new();
    let missing = |text: &Located<String>, path: &str, what: &str, help: &str| {
        let id = texts.id();
        let message = format!("`{path}`, {what} of `{id}`, is not there");
        let it = findings::finding(Severity::Error, Code::NO_INPUT, id, message);
        Box::new(findings::help(findings::at(it, text.span), help))
    };
    if let Some((text, path)) = script {
        if !tree.contains_key(path) {
            let help = "paths are relative to deps.toml's folder";
            return Err(missing(text, path, "a script", help));
        }
        found.insert(path.to_owned());
    }
    for (text, pattern) in patterns(texts, inputs)? {
        if Glob::is_wild(&pattern) {
            found.extend(fitting(tree, &pattern));
        } else if tree.contains_key(&pattern) {
            found.insert(pattern);
        } else {
            let help = format!(
                "paths are relative to deps.toml's folder; of a folder, name the files: `{pattern}/*`"
            );
            return Err(missing(text, &pattern, "an input", &help));
        }
    }
    Ok(found)
}

/// Returns the files that fit a glob; only those that begin like it are looked at.
fn fitting(tree: &Tree, pattern: &str) -> Vec<String> {
    let Ok(glob) = Glob::new(pattern) else { return Vec::new() };
    let front = pattern.split(['*', '?', '[', '{']).next().unwrap_or_default();
    tree.range::<str, _>((Bound::Included(front), Bound::Unbounded))
        .map(|(path, _)| path)
        .take_while(|path| path.starts_with(front))
        .filter(|path| glob.matches(path))
        .cloned()
        .collect()
}

/// Returns a path as a tree has it: without `.` and doubled slashes.
fn clean(path: &str) -> Result<String, &'static str> {
    if path.starts_with('/') || path.contains('\\') || path.contains('\0') {
        return Err("is no path relative to deps.toml's folder with `/` between its parts");
    }
    let parts: Vec<&str> =
        path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err("leaves deps.toml's folder");
    }
    let path = parts.join("/");
    match path.as_str() {
        "" => Err("names no file"),
        "deps.toml" | "deps.lock" => Err("is no input: depstate reads it itself"),
        _ if parts.contains(&".git") || parts.contains(&".depstate") => {
            Err("is in a folder that git and depstate keep for themselves")
        }
        _ => Ok(path),
    }
}

fn wrong(texts: &Texts<'_>, text: &Located<String>, path: &str, why: &str) -> Box<Finding> {
    let id = texts.id();
    let message = format!("`{path}` of `{id}` {why}");
    let it = findings::finding(Severity::Error, Code::BAD_VALUE, id, message);
    let help = "name files in the folder of deps.toml, or below it";
    Box::new(findings::help(findings::at(it, text.span), help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TreeFile;

    #[test]
    fn paths_are_of_the_folder() {
        for (path, clean_path) in [
            ("a", Ok("a")),
            ("./a//b/./c", Ok("a/b/c")),
            ("a/*.patch", Ok("a/*.patch")),
            ("", Err(())),
            (".", Err(())),
            ("/etc/passwd", Err(())),
            ("a/../../b", Err(())),
            ("a\\b", Err(())),
        ] {
            assert_eq!(clean(path).map_err(drop), clean_path.map(str::to_owned), "{path}");
        }
    }

    #[test]
    fn globs_find_what_fits() {
        let file = TreeFile { sha256: Sha256::of(b""), executable: false };
        let tree: Tree = ["a/b.patch", "a/c/d.patch", "a/b.txt", "b/b.patch", "a.patch"]
            .map(|path| (path.to_owned(), file.clone()))
            .into();
        assert_eq!(fitting(&tree, "a/*.patch"), ["a/b.patch", "a/c/d.patch"]);
        assert_eq!(fitting(&tree, "{a,b}/b.*"), ["a/b.patch", "a/b.txt", "b/b.patch"]);
        assert!(fitting(&tree, "z/*").is_empty());
    }
}

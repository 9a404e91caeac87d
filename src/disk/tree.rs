//! The files beside deps.toml that builds and tests name: their digests and modes.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    path::{Path, PathBuf},
};

use super::DiskError;
use crate::model::{Glob, Sha256, Tree, TreeFile, is_hidden};

/// The largest file that may be an input, in bytes.
const LARGEST: u64 = 64 << 20;

/// How many files may be inputs in all.
const MOST: usize = 10_000;

/// How many names are looked at for what fits the globs.
const LOOKED_AT: usize = 200_000;

/// Folders that no glob and no path leads into, wherever they are.
const NEVER: [&str; 2] = [".git", ".depstate"];

/// Files that no glob finds: an apply writes one, and what the other says is read by its meaning.
const OWN: [&str; 2] = ["deps.toml", "deps.lock"];

/// Reads the files below a folder that fit any of the patterns: paths and globs, relative to the
/// folder. What is not there is absent.
///
/// A link counts as the file that it leads to, and must stay within the folder; folders that are
/// links are entered only where a path or the front of a glob names them. Nothing is found in `.git`
/// and `.depstate`, and neither are deps.toml and deps.lock themselves.
///
/// # Errors
/// When a file that fits can't be read, is larger than 64 MiB, is no file, or is a link that leaves
/// the folder; when a name that was met is no UTF-8; when more than 10,000 files fit.
pub fn read(root: &Path, patterns: &BTreeSet<String>) -> Result<Tree, DiskError> {
    let mut reader = Reader { root, real: None, tree: Tree::new(), looked_at: 0 };
    let mut globs: BTreeMap<&str, Vec<Glob>> = BTreeMap::new();
    for pattern in patterns {
        if Glob::is_wild(pattern) {
            let glob = Glob::new(pattern)
                .map_err(|error| reader.unfit(pattern, &format!("is no glob: {}", error.why)))?;
            globs.entry(front(pattern)).or_default().push(glob);
        } else {
            reader.literal(pattern)?;
        }
    }
    for (front, globs) in globs {
        reader.walk(front, &globs)?;
    }
    Ok(reader.tree)
}

/// Returns the folder that all names which fit a glob are in: `build/patches` of `build/patches/*`.
fn front(pattern: &str) -> &str {
    let literal = pattern.split(['*', '?', '[', '{']).next().unwrap_or_default();
    literal.rsplit_once('/').map_or("", |(folder, _)| folder)
}

struct Reader<'a> {
    root: &'a Path,
    /// The folder without links, once it is known.
    real: Option<PathBuf>,
    tree: Tree,
    looked_at: usize,
}

impl Reader<'_> {
    fn unfit(&self, path: &str, why: &str) -> DiskError {
        DiskError::Input { path: self.root.join(path), why: why.to_owned() }
    }

    /// Takes one file by its path.
    fn literal(&mut self, path: &str) -> Result<(), DiskError> {
        let mut parts = path.split('/');
        if parts.clone().any(|part| part.is_empty() || part == "." || part == "..") {
            return Err(self.unfit(path, "leaves the folder of deps.toml"));
        }
        if parts.any(|part| NEVER.contains(&part)) || OWN.contains(&path) {
            return Ok(());
        }
        match fs_err::symlink_metadata(self.root.join(path)) {
            Ok(_) => self.take(path),
            Err(error) if is_absent(&error) => Ok(()),
            Err(source) => Err(DiskError::Read { path: self.root.join(path), source }),
        }
    }

    /// Takes all that fits one of the globs, whose common front is a folder.
    fn walk(&mut self, front: &str, globs: &[Glob]) -> Result<(), DiskError> {
        let parts: Vec<&str> = front.split('/').filter(|part| !part.is_empty()).collect();
        if parts.iter().any(|part| *part == ".." || *part == ".") || front.starts_with('/') {
            return Err(self.unfit(front, "leaves the folder of deps.toml"));
        }
        if parts.iter().any(|part| NEVER.contains(part)) {
            return Ok(());
        }
        let first = parts.join("/");
        match fs_err::metadata(self.root.join(&first)) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return Ok(()),
            Err(error) if is_absent(&error) => return Ok(()),
            Err(source) => return Err(DiskError::Read { path: self.root.join(first), source }),
        }
        self.within(&first)?;
        let mut folders = vec![first];
        while let Some(folder) = folders.pop() {
            self.folder(&folder, globs, &mut folders)?;
        }
        Ok(())
    }

    /// Takes what fits in one folder, and adds the folders in it.
    fn folder(
        &mut self,
        folder: &str,
        globs: &[Glob],
        folders: &mut Vec<String>,
    ) -> Result<(), DiskError> {
        let at = self.root.join(folder);
        let failed = |source| DiskError::Read { path: at.clone(), source };
        for entry in fs_err::read_dir(&at).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            self.looked_at += 1;
            if self.looked_at > LOOKED_AT {
                let why = format!("more than {LOOKED_AT} names would be looked at for `inputs`");
                return Err(self.unfit(folder, &why));
            }
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                let path = folder_path(folder, &name.to_string_lossy());
                return Err(self.unfit(&path, "has a name that is no UTF-8"));
            };
            if NEVER.contains(&name) {
                continue;
            }
            if name.chars().any(|c| c.is_control() || is_hidden(c)) {
                let path = folder_path(folder, &name.escape_debug().to_string());
                return Err(self.unfit(&path, "has a name with letters that can't be seen"));
            }
            let path = folder_path(folder, name);
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                folders.push(path);
            } else if globs.iter().any(|glob| glob.matches(&path)) && !OWN.contains(&path.as_str())
            {
                self.take(&path)?;
            }
        }
        Ok(())
    }

    /// Returns where a path leads, if that is within the folder.
    fn within(&mut self, path: &str) -> Result<PathBuf, DiskError> {
        let failed = |path: PathBuf| move |source| DiskError::Read { path, source };
        let real = if let Some(real) = &self.real {
            real.clone()
        } else {
            let here = if self.root.as_os_str().is_empty() { Path::new(".") } else { self.root };
            fs_err::canonicalize(here).map_err(failed(here.to_owned()))?
        };
        let at = self.root.join(path);
        let leads = fs_err::canonicalize(&at).map_err(failed(at))?;
        let inside = leads.strip_prefix(&real).ok().map(|rest| {
            rest.components().all(|part| !NEVER.iter().any(|name| part.as_os_str() == *name))
        });
        self.real = Some(real);
        match inside {
            Some(true) => Ok(leads),
            Some(false) => {
                Err(self.unfit(path, "leads to what git and depstate keep for themselves"))
            }
            None => Err(self.unfit(path, "is a link that leaves the folder of deps.toml")),
        }
    }

    /// Reads one file.
    fn take(&mut self, path: &str) -> Result<(), DiskError> {
        if self.tree.contains_key(path) {
            return Ok(());
        }
        if self.tree.len() >= MOST {
            let why = format!("is one too many: `inputs` may name {MOST} files in all");
            return Err(self.unfit(path, &why));
        }
        let leads = self.within(path)?;
        let failed = |source| DiskError::Read { path: self.root.join(path), source };
        // Of a pipe or device even opening it could wait for ever.
        if !fs_err::metadata(&leads).map_err(failed)?.is_file() {
            return Err(self.unfit(path, "is no file"));
        }
        let file = fs_err::File::open(&leads).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > LARGEST {
            let why = format!("is larger than {} MiB, the most for an input", LARGEST >> 20);
            return Err(self.unfit(path, &why));
        }
        let executable = is_executable(&meta);
        self.tree.insert(path.to_owned(), TreeFile { sha256: Sha256::of(&bytes), executable });
        Ok(())
    }
}

fn folder_path(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// The one bit of a mode that git keeps.
#[cfg(unix)]
fn is_executable(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests;

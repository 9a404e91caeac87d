//! What a folder of ours holds, in the order that archives have.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use super::error::WorkshopError;
use crate::disk;

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file.
    File {
        /// Size in bytes.
        size: u64,
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A folder.
    Folder,
    /// A symbolic link, and its target.
    Link(String),
}

/// A member of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path, `/` between the parts.
    pub(super) path: String,
    /// What it is.
    pub(super) kind: Kind,
}

/// Lists a folder and all below it, sorted by the bytes of the paths: each folder stands before what
/// is in it. Nobody else may write to the folder meanwhile.
///
/// # Errors
/// When it can't be read, or holds what is neither file, folder nor link, or has a name that is not
/// UTF-8.
pub(super) fn members(folder: &Path) -> Result<Vec<Entry>, WorkshopError> {
    let mut found = Vec::new();
    let mut ahead = vec![String::new()];
    while let Some(path) = ahead.pop() {
        let here = folder.join(&path);
        let listed = fs_err::read_dir(&here).map_err(|e| reading(&here, &e))?;
        for entry in listed {
            let entry = entry.map_err(|e| reading(&here, &e))?;
            let name = entry.file_name().into_string().map_err(|name| {
                WorkshopError::output(format!("the name `{}` is not UTF-8", name.display()))
            })?;
            let path = if path.is_empty() { name } else { format!("{path}/{name}") };
            let kind = kind(&folder.join(&path), &path)?;
            if kind == Kind::Folder {
                ahead.push(path.clone());
            }
            found.push(Entry { path, kind });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn kind(at: &Path, path: &str) -> Result<Kind, WorkshopError> {
    let meta = fs_err::symlink_metadata(at).map_err(|e| reading(at, &e))?;
    if meta.is_dir() {
        Ok(Kind::Folder)
    } else if meta.is_symlink() {
        let target = fs_err::read_link(at).map_err(|e| reading(at, &e))?;
        match target.into_os_string().into_string() {
            Ok(target) => Ok(Kind::Link(target)),
            Err(_) => {
                Err(WorkshopError::output(format!("what the link `{path}` points to is not UTF-8")))
            }
        }
    } else if meta.is_file() {
        let executable = meta.permissions().mode() & 0o100 != 0;
        Ok(Kind::File { size: meta.len(), executable })
    } else {
        Err(WorkshopError::output(format!("`{path}` is neither file, folder nor link")))
    }
}

fn reading(path: &Path, error: &std::io::Error) -> WorkshopError {
    WorkshopError::File { doing: "reading", path: path.to_owned(), source: disk::bare(error) }
}

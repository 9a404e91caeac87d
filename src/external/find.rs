//! Finding drivers on PATH. Nothing is run.

use std::{
    collections::BTreeMap,
    io::Read as _,
    path::{Path, PathBuf},
};

use sha2::Digest as _;

use super::protocol::DriverKind;
use crate::model::{Environment, Sha256};

/// Longest a driver's name may be.
const LONGEST_NAME: usize = 64;

/// A driver's program on PATH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is for.
    pub kind: DriverKind,
    /// Its name in deps.toml.
    pub name: String,
    /// The program's name: `depstate-source-NAME`.
    pub program: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Finds every driver on PATH, sorted by the program's name. Of several with one name the first
/// counts, as a shell has it. Folders that are not named from the root on are left out: what they
/// are depends on where one stands.
pub fn scan(environment: &Environment) -> Vec<Found> {
    let mut all = BTreeMap::new();
    for folder in folders(environment) {
        let Ok(entries) = fs_err::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let file = entry.file_name();
            let Some(program) = file.to_str() else { continue };
            let Some((kind, name)) = split(program) else { continue };
            if all.contains_key(program) || !is_executable(&entry.path()) {
                continue;
            }
            let found = Found {
                kind,
                name: name.to_owned(),
                program: program.to_owned(),
                path: entry.path(),
            };
            all.insert(program.to_owned(), found);
        }
    }
    all.into_values().collect()
}

/// Finds one driver on PATH.
pub fn find(environment: &Environment, kind: DriverKind, name: &str) -> Option<Found> {
    let program = kind.program(name);
    split(&program)?;
    let path = folders(environment)
        .map(|folder| folder.join(&program))
        .find(|path| is_executable(path))?;
    Some(Found { kind, name: name.to_owned(), program, path })
}

/// Returns the SHA-256 of a file.
///
/// # Errors
/// When it can't be read.
pub fn digest_of(path: &Path) -> std::io::Result<Sha256> {
    let mut file = fs_err::File::open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Sha256(hasher.finalize().into())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// Reads a program's name: the kind, and the name in deps.toml.
pub(super) fn split(program: &str) -> Option<(DriverKind, &str)> {
    let (kind, name) = match program.strip_prefix("depstate-source-") {
        Some(name) => (DriverKind::Source, name),
        None => (DriverKind::Storage, program.strip_prefix("depstate-storage-")?),
    };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let fits = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && !name.starts_with(['-', '_'])
        && name.bytes().all(plain);
    fits.then_some((kind, name))
}

/// Returns the folders of PATH that are named from the root on.
pub(super) fn folders(environment: &Environment) -> impl Iterator<Item = PathBuf> {
    let path = environment.get("PATH").unwrap_or_default().to_owned();
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::metadata(path)
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    fs_err::metadata(path).is_ok_and(|meta| meta.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_have_plain_names() {
        assert_eq!(split("depstate-source-my-index"), Some((DriverKind::Source, "my-index")));
        assert_eq!(split("depstate-storage-x2"), Some((DriverKind::Storage, "x2")));
        for bad in ["depstate", "depstate-source-", "depstate-source-A", "depstate-source-../x"] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }
}

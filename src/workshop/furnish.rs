//! Laying into a room what a step may read: copies, so that a step that could write to them harms
//! nobody.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use sha2::Digest as _;

use super::{
    archive::ArchiveLimits, error::WorkshopError, room::Room, run::Machine, unpack::unpack,
};
use crate::{
    disk,
    model::{Sha256, Tree},
};

/// What is laid into a room.
#[derive(Debug, Clone, Default)]
pub(super) struct Furniture {
    copies: Vec<Copy>,
    needs: Vec<(String, PathBuf, String)>,
}

#[derive(Debug, Clone)]
struct Copy {
    from: PathBuf,
    /// Relative to the room.
    to: PathBuf,
    executable: bool,
    /// What its bytes must be.
    sha256: Option<Sha256>,
}

impl Furniture {
    /// Lays a verified file as `<part>/<name>`.
    pub(super) fn file(&mut self, part: &str, name: &str, from: &Path) {
        self.copies.push(Copy {
            from: from.to_owned(),
            to: Path::new(part).join(name),
            executable: false,
            sha256: None,
        });
    }

    /// Lays files beside deps.toml at their own paths below `tree/`, each as it was when the plan
    /// was made.
    ///
    /// # Errors
    /// When one was not there then.
    pub(super) fn tree(
        &mut self,
        root: &Path,
        paths: &BTreeSet<String>,
        tree: &Tree,
    ) -> Result<(), WorkshopError> {
        for path in paths {
            let Some(file) = tree.get(path) else {
                let gone = io::Error::new(io::ErrorKind::NotFound, "no such file beside deps.toml");
                return Err(reading(&root.join(path), &gone));
            };
            self.copies.push(Copy {
                from: root.join(path),
                to: Path::new("tree").join(path),
                executable: file.executable,
                sha256: Some(file.sha256),
            });
        }
        Ok(())
    }

    /// Unpacks other artifacts as `needs/<id>/`.
    pub(super) fn needs(&mut self, needs: &BTreeMap<String, (PathBuf, String)>) {
        self.needs.extend(
            needs.iter().map(|(id, (path, name))| (id.clone(), path.clone(), name.clone())),
        );
    }

    /// Lays everything into a room.
    ///
    /// # Errors
    /// When it can't be read or written, an archive is refused, or a file beside deps.toml is not
    /// what it was any more.
    pub(super) async fn lay(&self, room: &Room, machine: &Machine) -> Result<(), WorkshopError> {
        let (root, copies) = (room.root().to_owned(), self.copies.clone());
        super::blocking(move || copies.iter().try_for_each(|it| copy(it, &root))).await?;
        for (id, path, name) in &self.needs {
            let into = room.part("needs").join(id);
            fs_err::create_dir_all(&into).map_err(|e| writing(&into, &e))?;
            unpack(path, name, &into, &ArchiveLimits::default(), machine).await?;
        }
        Ok(())
    }
}

fn copy(it: &Copy, room: &Path) -> Result<(), WorkshopError> {
    let to = room.join(&it.to);
    if let Some(above) = to.parent() {
        fs_err::create_dir_all(above).map_err(|e| writing(&to, &e))?;
    }
    let mut from = fs_err::File::open(&it.from).map_err(|e| reading(&it.from, &e))?;
    let mut out = fs_err::File::create(&to).map_err(|e| writing(&to, &e))?;
    if let Some(wanted) = &it.sha256 {
        let mut hasher = sha2::Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = from.read(&mut buffer).map_err(|e| reading(&it.from, &e))?;
            if n == 0 {
                break;
            }
            hasher.update(&buffer[..n]);
            out.write_all(&buffer[..n]).map_err(|e| writing(&to, &e))?;
        }
        if Sha256(hasher.finalize().into()) != *wanted {
            return Err(reading(
                &it.from,
                &io::Error::other("it changed while this was under way: plan again"),
            ));
        }
    } else {
        io::copy(&mut from, &mut out).map_err(|e| writing(&to, &e))?;
    }
    let mode = if it.executable { 0o755 } else { 0o644 };
    // The umask is the machine's.
    fs_err::set_permissions(&to, std::fs::Permissions::from_mode(mode))
        .map_err(|e| writing(&to, &e))
}

fn reading(path: &Path, error: &io::Error) -> WorkshopError {
    WorkshopError::File { doing: "reading", path: path.to_owned(), source: disk::bare(error) }
}

fn writing(path: &Path, error: &io::Error) -> WorkshopError {
    WorkshopError::File { doing: "writing", path: path.to_owned(), source: disk::bare(error) }
}

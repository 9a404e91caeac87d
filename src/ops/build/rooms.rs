//! The folder that rooms are made in: `.depstate/rooms/`.

use std::{
    io,
    path::{Path, PathBuf},
};

/// The folder, in use. Whoever is killed leaves rooms behind; the next one who finds nobody else at
/// work clears them away.
#[derive(Debug)]
pub(super) struct Rooms {
    folder: PathBuf,
    /// Locked, together with others, as long as the value lives.
    _lock: fs_err::File,
}

impl Rooms {
    pub(super) fn new(folder: PathBuf) -> io::Result<Self> {
        fs_err::create_dir_all(&folder)?;
        let path = folder.join("lock");
        let lock = fs_err::File::options().create(true).truncate(false).write(true).open(&path)?;
        // Where the file system has no locks, nothing is ever cleared away.
        if lock.file().try_lock().is_ok() {
            clear(&folder, &path);
            lock.file().unlock()?;
        }
        let _shared = lock.file().lock_shared();
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Removes what is left, as far as that can be done.
fn clear(folder: &Path, lock: &Path) {
    let Ok(entries) = fs_err::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path != lock) {
        let is_folder = fs_err::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir());
        let _removed =
            if is_folder { fs_err::remove_dir_all(&path) } else { fs_err::remove_file(&path) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_alone_clears_away_what_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("rooms");
        let first = Rooms::new(place.clone()).unwrap();
        fs_err::create_dir_all(place.join("room/work")).unwrap();
        let second = Rooms::new(place.clone()).unwrap();
        assert!(place.join("room/work").exists(), "the first is still at work");
        drop((first, second));
        let third = Rooms::new(place.clone()).unwrap();
        assert!(!place.join("room").exists() && third.folder() == place);
    }
}

//! A folder that is written to by descriptor alone: no path leads out of it, over no link.

use std::{
    collections::BTreeSet,
    io,
    os::fd::{AsFd as _, OwnedFd},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{
        AtFlags, CWD, Mode, OFlags, Timespec, Timestamps, fchmod, futimens, mkdirat, openat,
        symlinkat, utimensat,
    },
    io::Errno,
};

use crate::workshop::archive::Stop;

/// 1980-01-01: when everything that is unpacked was changed last, so that no step depends on it.
const CHANGED: i64 = 315_532_800;
const TIMES: Timestamps = Timestamps {
    last_access: Timespec { tv_sec: CHANGED, tv_nsec: 0 },
    last_modification: Timespec { tv_sec: CHANGED, tv_nsec: 0 },
};
const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A folder, and what was made in it.
pub(super) struct Folder {
    root: OwnedFd,
    path: PathBuf,
    made: BTreeSet<String>,
    /// Members of one folder mostly come one after the other.
    last: Option<(String, OwnedFd)>,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, Stop> {
        let root = openat(CWD, path, FOLDER, Mode::empty())
            .map_err(|error| Stop::writing(path.to_owned(), error))?;
        Ok(Self { root, path: path.to_owned(), made: BTreeSet::new(), last: None })
    }

    /// Makes a folder, and those that it lies in, unless they are there.
    pub(super) fn make(&mut self, path: &str) -> Result<(), Stop> {
        for at in path.match_indices('/').map(|(at, _)| at).chain([path.len()]) {
            let above = &path[..at];
            if self.made.contains(above) {
                continue;
            }
            let (parent, name) = split(above);
            let failed = |error: Errno| Stop::writing(self.path.join(above), error);
            let parent = self.folder(parent).map_err(failed)?;
            mkdirat(parent.as_fd(), name, Mode::RWXU).map_err(failed)?;
            self.made.insert(above.to_owned());
        }
        Ok(())
    }

    /// Makes a new file to be written.
    pub(super) fn create(&mut self, path: &str) -> Result<fs_err::File, Stop> {
        let (above, name) = split(path);
        if !above.is_empty() {
            self.make(above)?;
        }
        if self.last.as_ref().is_none_or(|(last, _)| last != above) {
            let opened = self.folder(above).map_err(|error| self.failed(path, error))?;
            self.last = Some((above.to_owned(), opened));
        }
        let folder = self.last.as_ref().map_or(self.root.as_fd(), |(_, folder)| folder.as_fd());
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(folder, name, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|error| self.failed(path, error))?;
        Ok(fs_err::File::from_parts(file.into(), self.path.join(path)))
    }

    /// Opens a file that was made, to be read.
    pub(super) fn read(&self, path: &str) -> Result<fs_err::File, Stop> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = self.beneath(path, flags).map_err(|error| self.failed(path, error))?;
        Ok(fs_err::File::from_parts(file.into(), self.path.join(path)))
    }

    /// Makes a symbolic link.
    pub(super) fn link(&mut self, path: &str, target: &str) -> Result<(), Stop> {
        let (above, name) = split(path);
        if !above.is_empty() {
            self.make(above)?;
        }
        let folder = self.folder(above).map_err(|error| self.failed(path, error))?;
        symlinkat(target, &folder, name)
            .and_then(|()| utimensat(&folder, name, &TIMES, AtFlags::SYMLINK_NOFOLLOW))
            .map_err(|error| self.failed(path, error))
    }

    /// Gives all folders their mode and time, the innermost first.
    pub(super) fn close(self) -> Result<(), Stop> {
        for path in self.made.iter().rev() {
            let folder = self.folder(path).map_err(|error| self.failed(path, error))?;
            fchmod(&folder, Mode::from_raw_mode(0o755))
                .and_then(|()| futimens(&folder, &TIMES))
                .map_err(|error| self.failed(path, error))?;
        }
        Ok(())
    }

    fn folder(&self, path: &str) -> Result<OwnedFd, Errno> {
        self.beneath(path, FOLDER)
    }

    /// Opens what is there, over no link and not out of the folder.
    fn beneath(&self, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        let path = if path.is_empty() { "." } else { path };
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{ResolveFlags, openat2};
            let only =
                ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
            match openat2(&self.root, path, flags, Mode::empty(), only) {
                // Kernels before 5.6, and containers whose filter does not know it.
                Err(Errno::NOSYS | Errno::PERM) => {}
                other => return other,
            }
        }
        let (above, name) = split(path);
        let mut folder = openat(&self.root, ".", FOLDER, Mode::empty())?;
        for part in above.split('/').filter(|part| !part.is_empty()) {
            folder = openat(&folder, part, FOLDER, Mode::empty())?;
        }
        openat(&folder, name, flags | OFlags::NOFOLLOW, Mode::empty())
    }

    fn failed(&self, path: &str, error: impl Into<io::Error>) -> Stop {
        Stop::writing(self.path.join(path), error)
    }
}

/// Gives a file that was written its mode and time.
pub(super) fn finish(file: &fs_err::File, executable: bool) -> Result<(), Stop> {
    let mode = if executable { 0o755 } else { 0o644 };
    fchmod(file, Mode::from_raw_mode(mode))
        .and_then(|()| futimens(file, &TIMES))
        .map_err(|error| Stop::writing(file.path().to_owned(), error))
}

/// A path's folder, maybe empty, and its last part.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

//! How much a step has written.

use std::{
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags},
    io::Errno,
};

/// So many folders may be in each other.
const DEEPEST: usize = 256;

/// What is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Bytes, by the blocks that they take.
    pub(super) bytes: u64,
    /// Files, folders and whatever else has a name.
    pub(super) files: u64,
}

/// A folder that a step writes.
#[derive(Debug)]
pub(super) struct Watched {
    folder: PathBuf,
    /// Bytes that its file system had to give at the beginning.
    free: Option<u64>,
}

impl Watched {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), free: free(folder) }
    }

    /// Returns how many bytes its file system has to give.
    pub(super) fn free_now(&self) -> Option<u64> {
        free(&self.folder)
    }

    /// Adds what is there; stops counting when there are more than `most` files.
    ///
    /// # Errors
    /// More folders in each other than may be: the number that may.
    pub(super) fn add(&self, usage: &mut Usage, most: u64) -> Result<(), usize> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
        let Ok(root) = rustix::fs::openat(CWD, &self.folder, flags, Mode::empty()) else {
            return Ok(());
        };
        let mut hidden = false;
        // By descriptors, because the step may swap a folder for a link at any time.
        let mut open: Vec<(OwnedFd, Vec<std::ffi::CString>)> = Vec::new();
        let folders = read(&root, usage, most);
        open.push((root, folders));
        while let Some((folder, names)) = open.last_mut() {
            let Some(name) = names.pop() else {
                open.pop();
                continue;
            };
            if usage.files > most {
                return Ok(());
            }
            match rustix::fs::openat(&*folder, name.as_c_str(), flags, Mode::empty()) {
                Ok(_) if open.len() >= DEEPEST => return Err(DEEPEST),
                Ok(inner) => {
                    let folders = read(&inner, usage, most);
                    open.push((inner, folders));
                }
                Err(Errno::ACCESS) => hidden = true,
                // It is gone, or is something else by now.
                Err(_) => {}
            }
        }
        // What is in a folder that may not be read is still taken from the file system.
        if hidden && let (Some(before), Some(now)) = (self.free, free(&self.folder)) {
            usage.bytes = usage.bytes.max(before.saturating_sub(now));
        }
        Ok(())
    }
}

/// Adds the members of a folder; returns the folders among them.
fn read(folder: &OwnedFd, usage: &mut Usage, most: u64) -> Vec<std::ffi::CString> {
    let mut folders = Vec::new();
    let Ok(entries) = Dir::read_from(folder) else { return folders };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        usage.files += 1;
        if usage.files > most {
            break;
        }
        let Ok(stat) = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) else {
            continue;
        };
        let bytes = u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512);
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            usage.bytes = usage.bytes.saturating_add(bytes);
            folders.push(name.to_owned());
        } else {
            // A file of several names is found by each of them.
            usage.bytes = usage.bytes.saturating_add(bytes / stat.st_nlink.max(1));
        }
    }
    folders
}

fn free(folder: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

//! Removing what a step has left, whatever it is: folders that may not be read, and folders nested
//! deeper than a path may be long.

use std::{
    ffi::{CString, OsStr},
    io,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::Path,
};

use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags},
    io::Errno,
};

/// Removes a folder and all that is in it, following no link. Nothing there is as good.
pub(super) fn remove(root: &Path) -> io::Result<()> {
    let Some(top) = open(CWD.as_fd(), root)? else { return Ok(()) };
    // Each folder found is moved up to the root under a number, emptied there, and removed: so no
    // path ever gets long, and no more than two folders are open.
    let mut next = 0_u64;
    loop {
        empty(&top, &top, &mut next)?;
        let Some(name) = any(&top)? else { break };
        let Some(folder) = open(top.as_fd(), Path::new(OsStr::from_bytes(name.as_bytes())))? else {
            continue;
        };
        empty(&folder, &top, &mut next)?;
        drop(folder);
        rustix::fs::unlinkat(&top, name.as_c_str(), AtFlags::REMOVEDIR)?;
    }
    drop(top);
    rustix::fs::rmdir(root)?;
    Ok(())
}

/// Opens a folder, which may then be read and written; none: it is not there.
fn open(at: rustix::fd::BorrowedFd<'_>, path: &Path) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(at, path, flags | OFlags::PATH, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(None),
        // Without a link in the way: see `NOFOLLOW`.
        Ok(_) => rustix::fs::chmodat(at, path, Mode::RWXU, AtFlags::empty())?,
        Err(error) => return Err(error.into()),
    }
    Ok(Some(rustix::fs::openat(at, path, flags | OFlags::RDONLY, Mode::empty())?))
}

/// Removes what is in a folder; other folders go to `top`, where those that are there already stay.
fn empty(folder: &OwnedFd, top: &OwnedFd, next: &mut u64) -> io::Result<()> {
    let is_top = std::ptr::eq(folder, top);
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            rustix::fs::unlinkat(folder, name, AtFlags::empty())?;
        } else if !is_top {
            // A folder can be moved elsewhere only by who may write it.
            rustix::fs::chmodat(folder, name, Mode::RWXU, AtFlags::empty())?;
            loop {
                let to = format!("{PREFIX}{next}");
                *next += 1;
                match rustix::fs::renameat(folder, name, top, to.as_str()) {
                    Ok(()) => break,
                    // A folder of that name, which is not empty.
                    Err(Errno::NOTEMPTY | Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    Ok(())
}

const PREFIX: &str = ".removing-";

/// The name of any member of a folder.
fn any(folder: &OwnedFd) -> io::Result<Option<CString>> {
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            return Ok(Some(name.to_owned()));
        }
    }
    Ok(None)
}

//! Taking a step's output: by descriptor, without following links, into a folder that the step never
//! saw.
//!
//! Every name is opened below the descriptor of its folder, one part at a time, and looked at
//! through what was opened. So whatever somebody does to the tree meanwhile, nothing from outside it
//! is read.

use std::{
    collections::BTreeMap,
    ffi::CStr,
    io::{self, Read as _},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat},
    io::Errno,
};

use super::{archive::ArchiveLimits, error::WorkshopError, links::leads_out};

/// Most members that an output may have.
const MEMBERS: u64 = 1_000_000;

/// Copies a folder that a step wrote into a new one. Links stay links and must stay within it;
/// devices, sockets and the like are refused. `most` bytes are copied at most, a file with two names
/// counting twice. Modes become 0644 and 0755.
///
/// # Errors
/// [`WorkshopError::Output`] with the member's name, [`WorkshopError::File`]; what was copied by then
/// is left.
pub fn collect(from: &Path, to: &Path, most: u64) -> Result<(), WorkshopError> {
    let source = rustix::fs::openat(CWD, from, FOLDER, Mode::empty()).map_err(|errno| {
        if errno == Errno::LOOP || errno == Errno::NOTDIR {
            return WorkshopError::output("the step put something else in its place".to_owned());
        }
        failed("reading", from, errno)
    })?;
    fs_err::create_dir(to).map_err(|error| WorkshopError::File {
        doing: "writing",
        path: to.to_owned(),
        source: crate::disk::bare(&error),
    })?;
    let target = rustix::fs::openat(CWD, to, FOLDER, Mode::empty())
        .map_err(|errno| failed("writing", to, errno))?;
    let mut collector = Collector { from, to, most, left: most, count: 0, links: BTreeMap::new() };
    collector.folder(&source, &target, "", 0)?;
    for (path, target) in &collector.links {
        if let Some(why) = leads_out(path, target, &collector.links) {
            return Err(WorkshopError::output(why));
        }
    }
    Ok(())
}

const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// A pipe would wait for its other end, a terminal become ours.
const FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);
/// Opens nothing: a device notices nothing of it.
const LOOK: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

struct Collector<'a> {
    from: &'a Path,
    to: &'a Path,
    most: u64,
    left: u64,
    count: u64,
    links: BTreeMap<String, String>,
}

impl Collector<'_> {
    fn folder(
        &mut self,
        from: &OwnedFd,
        to: &OwnedFd,
        above: &str,
        depth: usize,
    ) -> Result<(), WorkshopError> {
        let limits = ArchiveLimits::default();
        if depth > limits.depth {
            return refuse(above, &format!("lies more than {} folders deep", limits.depth));
        }
        let here = self.from.join(above);
        let listed = Dir::read_from(from).map_err(|errno| failed("reading", &here, errno))?;
        for entry in listed {
            let entry = entry.map_err(|errno| failed("reading", &here, errno))?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            let Ok(text) = name.to_str() else {
                let shown = name.to_string_lossy();
                return Err(WorkshopError::output(format!("the name `{shown}` is not UTF-8")));
            };
            let path = if above.is_empty() { text.to_owned() } else { format!("{above}/{text}") };
            if path.len() > limits.name {
                return refuse(&path, &format!("has more than {} bytes", limits.name));
            }
            self.count += 1;
            if self.count > MEMBERS {
                return Err(WorkshopError::output(format!("it has more than {MEMBERS} members")));
            }
            self.member(from.as_fd(), to.as_fd(), name, &path, depth)?;
        }
        Ok(())
    }

    fn member(
        &mut self,
        from: BorrowedFd<'_>,
        to: BorrowedFd<'_>,
        name: &CStr,
        path: &str,
        depth: usize,
    ) -> Result<(), WorkshopError> {
        let reading = |errno| failed("reading", &self.from.join(path), errno);
        let writing = |errno| failed("writing", &self.to.join(path), errno);
        let seen = open(from, name, LOOK).map_err(reading)?;
        let stat = rustix::fs::fstat(&seen).map_err(reading)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                if stat.st_mode & 0o400 == 0 {
                    return refuse(path, "may not be read by its owner");
                }
                if stat.st_mode & 0o6000 != 0 {
                    return refuse(path, "is setuid or setgid");
                }
                let file = same(from, name, path, FILE, &stat, &self.from.join(path))?;
                let mode = if stat.st_mode & 0o100 == 0 { 0o644 } else { 0o755 };
                self.file(file, to, name, path, mode)
            }
            FileType::Directory => {
                if stat.st_mode & 0o500 != 0o500 {
                    return refuse(path, "is a folder that its owner may not enter");
                }
                let folder = same(from, name, path, FOLDER, &stat, &self.from.join(path))?;
                rustix::fs::mkdirat(to, name, Mode::from_raw_mode(0o755)).map_err(writing)?;
                let copy = open(to, name, FOLDER).map_err(writing)?;
                self.folder(&folder, &copy, path, depth + 1)
            }
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(&seen, c"", Vec::new()).map_err(reading)?;
                let Ok(target) = target.into_string() else {
                    return Err(WorkshopError::output(format!(
                        "what the link `{path}` points to is not UTF-8"
                    )));
                };
                rustix::fs::symlinkat(target.as_str(), to, name).map_err(writing)?;
                self.links.insert(path.to_owned(), target);
                Ok(())
            }
            FileType::Fifo => refuse(path, "is a named pipe"),
            FileType::Socket => refuse(path, "is a socket"),
            FileType::CharacterDevice | FileType::BlockDevice => refuse(path, "is a device"),
            FileType::Unknown => refuse(path, "is neither file, folder nor link"),
        }
    }

    fn file(
        &mut self,
        from: OwnedFd,
        to: BorrowedFd<'_>,
        name: &CStr,
        path: &str,
        mode: u32,
    ) -> Result<(), WorkshopError> {
        let at = |folder: &Path| -> PathBuf { folder.join(path) };
        let flags = OFlags::WRONLY
            .union(OFlags::CREATE)
            .union(OFlags::EXCL)
            .union(OFlags::NOFOLLOW)
            .union(OFlags::CLOEXEC);
        let mode = Mode::from_raw_mode(mode);
        let copy = rustix::fs::openat(to, name, flags, mode)
            .map_err(|errno| failed("writing", &at(self.to), errno))?;
        // The umask is the machine's.
        rustix::fs::fchmod(&copy, mode).map_err(|e| failed("writing", &at(self.to), e))?;
        // One byte more tells a file that just fits from one that does not.
        let mut from = fs_err::File::from_parts(from.into(), at(self.from)).take(self.left + 1);
        let mut copy = fs_err::File::from_parts(copy.into(), at(self.to));
        let copied = io::copy(&mut from, &mut copy).map_err(|error| WorkshopError::File {
            doing: "copying",
            path: at(self.from),
            source: crate::disk::bare(&error),
        })?;
        match self.left.checked_sub(copied) {
            Some(left) => self.left = left,
            None => {
                return Err(WorkshopError::output(format!(
                    "it has more than {} bytes (at `{path}`)",
                    self.most
                )));
            }
        }
        Ok(())
    }
}

/// Opens what was looked at, and nothing that has taken its name since.
fn same(
    folder: BorrowedFd<'_>,
    name: &CStr,
    path: &str,
    flags: OFlags,
    seen: &Stat,
    at: &Path,
) -> Result<OwnedFd, WorkshopError> {
    let changed = || refuse(path, "changed while it was taken");
    let opened = match open(folder, name, flags) {
        Ok(opened) => opened,
        Err(Errno::LOOP | Errno::NOTDIR | Errno::NOENT | Errno::NXIO) => return changed(),
        Err(errno) => return Err(failed("reading", at, errno)),
    };
    let now = rustix::fs::fstat(&opened).map_err(|errno| failed("reading", at, errno))?;
    if (now.st_dev, now.st_ino) == (seen.st_dev, seen.st_ino) { Ok(opened) } else { changed() }
}

/// Opens one name below a folder's descriptor; a link is never followed.
fn open(folder: BorrowedFd<'_>, name: &CStr, flags: OFlags) -> Result<OwnedFd, Errno> {
    #[cfg(target_os = "linux")]
    {
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match rustix::fs::openat2(folder, name, flags, Mode::empty(), within) {
            // An old kernel, or one that is told to say so. One name, no `/`: nothing is lost.
            Err(Errno::NOSYS | Errno::PERM) => {}
            answer => return answer,
        }
    }
    rustix::fs::openat(folder, name, flags, Mode::empty())
}

fn refuse<T>(path: &str, why: &str) -> Result<T, WorkshopError> {
    Err(WorkshopError::output(format!("`{path}` {why}")))
}

fn failed(doing: &'static str, path: &Path, errno: Errno) -> WorkshopError {
    WorkshopError::File { doing, path: path.to_owned(), source: errno.into() }
}

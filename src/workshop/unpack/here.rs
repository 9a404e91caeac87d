//! Unpacking in this process: judged once as a whole, and again while it is written.

use std::{
    io::{self, Read, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use super::{
    Unpacked,
    folder::{Folder, finish},
};
use crate::workshop::{
    archive::{
        self, ArchiveLimits, Content, Member, MemberKind, Sink, Stop, judge, member_path, walk,
    },
    error::WorkshopError,
};

/// What [`super::unpack`]'s helper does, in this process: nothing but the walk keeps it in bounds.
///
/// # Errors
/// As [`super::unpack`].
pub fn unpack_here(
    file: &Path,
    name: &str,
    into: &Path,
    limits: &ArchiveLimits,
) -> Result<Unpacked, WorkshopError> {
    let mut file = archive::open(file)?;
    unpack_open(&mut file, name, into, limits).map_err(|stop| stop.told(name))
}

/// The same with a file that is open. On an error the folder is empty again.
pub(super) fn unpack_open(
    file: &mut fs_err::File,
    name: &str,
    into: &Path,
    limits: &ArchiveLimits,
) -> Result<Unpacked, Stop> {
    must_be_empty(into)?;
    let unpacked = both_passes(file, name, into, limits);
    if unpacked.is_err() {
        // The first error says more than one of clearing away.
        let _gone = empty(into);
    }
    unpacked
}

fn both_passes(
    file: &mut fs_err::File,
    name: &str,
    into: &Path,
    limits: &ArchiveLimits,
) -> Result<Unpacked, Stop> {
    let folder = Folder::open(into)?;
    let Some(judged) = judge(file, limits)? else {
        return single(file, name, folder, limits);
    };
    let mut writer = Writer { folder, links: Vec::new() };
    // The same descriptor, but others may write to the file behind it: all is judged again.
    let written = walk(file, limits, &mut writer)?;
    if written.as_ref() != Some(&judged) {
        return Err(Stop::because("it changed while it was being unpacked"));
    }
    writer.close()?;
    Ok(Unpacked::Members(judged))
}

/// What is no archive lies in the folder as it is.
fn single(
    file: &mut fs_err::File,
    name: &str,
    mut folder: Folder,
    limits: &ArchiveLimits,
) -> Result<Unpacked, Stop> {
    let path = member_path(name.as_bytes(), limits)?.path;
    if path.is_empty() || path.contains('/') {
        return Err(Stop::because(format!("`{path}` is no file name")));
    }
    file.seek(SeekFrom::Start(0))?;
    let mut out = folder.create(&path)?;
    let mut bytes = file.take(limits.total.saturating_add(1));
    if copy(&mut bytes, &mut out)? > limits.total {
        return Err(Stop::because(format!("it has more than {} bytes", limits.total)));
    }
    finish(&out, true)?;
    Ok(Unpacked::Single)
}

/// Writes members as they come, and links when all else is there: nothing is ever written over one.
struct Writer {
    folder: Folder,
    links: Vec<(String, String)>,
}

impl Sink for Writer {
    fn take(&mut self, member: &Member, content: Content<'_>) -> Result<(), Stop> {
        match &member.kind {
            MemberKind::Folder => self.folder.make(&member.path),
            MemberKind::Link(target) => {
                self.links.push((member.path.clone(), target.clone()));
                Ok(())
            }
            MemberKind::File => {
                let mut out = self.folder.create(&member.path)?;
                match content {
                    Content::Bytes(bytes) => copy(bytes, &mut out)?,
                    Content::CopyOf(path) => copy(&mut self.folder.read(path)?, &mut out)?,
                    Content::None => 0,
                };
                finish(&out, member.executable)
            }
        }
    }
}

impl Writer {
    fn close(mut self) -> Result<(), Stop> {
        for (path, target) in &self.links {
            self.folder.link(path, target)?;
        }
        self.folder.close()
    }
}

/// Copies; an error of the reader is the archive's, one of the writer is the file's.
fn copy(from: &mut dyn Read, to: &mut fs_err::File) -> Result<u64, Stop> {
    let mut buffer = vec![0; 1 << 16];
    let mut copied = 0;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        let path = to.path().to_owned();
        to.write_all(&buffer[..read]).map_err(|error| Stop::writing(path, error))?;
        copied += read as u64;
    }
}

/// Refuses a folder with something in it.
pub(super) fn must_be_empty(folder: &Path) -> Result<(), Stop> {
    let failed = |error: io::Error| Stop::writing(folder.to_owned(), error);
    match fs_err::read_dir(folder).map_err(failed)?.next() {
        None => Ok(()),
        Some(Err(error)) => Err(failed(error)),
        Some(Ok(_)) => {
            Err(failed(io::Error::new(io::ErrorKind::DirectoryNotEmpty, "the folder is not empty")))
        }
    }
}

/// Removes what is in a folder.
pub(super) fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs_err::remove_dir_all(entry.path())?;
        } else {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

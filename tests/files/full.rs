//! Calls that fail: a disk that is full from any byte on, and the others one by one.

use std::{
    cell::Cell,
    error::Error as _,
    fs::{self, Permissions},
    io::{self, ErrorKind},
    path::Path,
};

use depstate::disk::{Files, System, write_with};

use super::{folder, names};

/// The system, of which one call fails.
#[derive(Default)]
struct Failing {
    call: &'static str,
    /// Bytes that still fit.
    room: Cell<usize>,
    /// How often a file was forced to the disk.
    synced: Cell<u32>,
}

impl Failing {
    fn check(&self, call: &str) -> io::Result<()> {
        if self.call == call { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl Files for Failing {
    type Temporary = <System as Files>::Temporary;
    fn create(&self, folder: &Path) -> io::Result<Self::Temporary> {
        self.check("create")?;
        System.create(folder)
    }
    fn write(&self, file: &mut Self::Temporary, bytes: &[u8]) -> io::Result<()> {
        if self.call != "write" {
            return System.write(file, bytes);
        }
        let fits = bytes.len().min(self.room.get());
        self.room.set(self.room.get() - fits);
        System.write(file, &bytes[..fits])?;
        if fits < bytes.len() { self.check("write") } else { Ok(()) }
    }
    fn set_mode(&self, file: &Self::Temporary, mode: Permissions) -> io::Result<()> {
        self.check("set_mode")?;
        System.set_mode(file, mode)
    }
    fn sync(&self, file: &Self::Temporary) -> io::Result<()> {
        self.synced.set(self.synced.get() + 1);
        self.check("sync")?;
        System.sync(file)
    }
    fn rename(&self, file: Self::Temporary, to: &Path) -> io::Result<()> {
        self.check("rename")?;
        System.rename(file, to)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.check("sync_folder")?;
        System.sync_folder(folder)
    }
}

pub(super) fn a_disk_that_fills_up_at_any_byte() -> u64 {
    const SIZE: usize = 4096;
    let folder = folder();
    let (path, old, new) = (folder.path().join("deps.lock"), vec![b'o'; 300], vec![b'n'; SIZE]);
    fs::write(&path, &old).unwrap();
    for room in 0..SIZE {
        let files = Failing { call: "write", room: Cell::new(room), ..Failing::default() };
        let error = write_with(&files, &path, &new).unwrap_err();
        assert!(error.to_string().contains("deps.lock"), "{error}");
        assert!(error.source().is_some());
        assert_eq!(fs::read(&path).unwrap(), old, "with room for {room} bytes");
        assert_eq!(names(folder.path()), ["deps.lock"], "with room for {room} bytes");
    }
    let files = Failing { call: "write", room: Cell::new(SIZE), ..Failing::default() };
    write_with(&files, &path, &new).unwrap();
    assert_eq!(fs::read(&path).unwrap(), new);
    SIZE as u64
}

#[test]
fn each_call_that_fails_is_an_error_and_is_not_tried_again() {
    for call in ["create", "set_mode", "sync", "rename", "sync_folder"] {
        let folder = folder();
        let path = folder.path().join("deps.lock");
        fs::write(&path, "old").unwrap();
        let files = Failing { call, ..Failing::default() };
        let error = write_with(&files, &path, b"new").unwrap_err();
        assert!(error.to_string().contains("deps.lock"), "{call}: {error}");
        assert_eq!(names(folder.path()), ["deps.lock"], "{call}");
        assert!(files.synced.get() <= 1, "{call}: after a failed fsync the next one may lie");
        // The last call alone comes after the name.
        let wanted = if call == "sync_folder" { "new" } else { "old" };
        assert_eq!(fs::read_to_string(&path).unwrap(), wanted, "{call}");
    }
}

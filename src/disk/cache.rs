//! Bytes kept between runs, named by a digest. A miss is never an error, and neither is a failure
//! to keep something.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use jiff::Timestamp;
use tempfile::NamedTempFile;

use super::leftover::{new_file, sweep};
use crate::{failpoint, model::Sha256};

/// What is kept, each kind in a folder of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheKind {
    /// Index documents and generations of the bucket, by their own digest.
    Index,
    /// Answers of version indexes, by the digest of the question.
    Http,
    /// Upstream files that had to be downloaded to learn their digest, by that digest.
    Artifacts,
    /// Texts that builds read, by their digest as inputs.
    Inputs,
    /// Outputs of builds, by their own digest.
    Builds,
    /// What is known of outputs of builds, by the digest of all that they were made from.
    Outputs,
}

impl CacheKind {
    const ALL: [Self; 6] =
        [Self::Index, Self::Http, Self::Artifacts, Self::Inputs, Self::Builds, Self::Outputs];

    const fn folder(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Http => "http",
            Self::Artifacts => "artifacts",
            Self::Inputs => "inputs",
            Self::Builds => "builds",
            Self::Outputs => "outputs",
        }
    }
}

/// The folder `.depstate/cache/`. Safe to delete, and to share between processes.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Names a cache. Touches nothing.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Returns the bytes with this digest. They are hashed again; an entry that has gone bad is
    /// removed and counts as a miss.
    pub fn get(&self, kind: CacheKind, digest: &Sha256) -> Option<Bytes> {
        let path = self.place(kind, digest);
        let bytes = fs_err::read(&path).ok()?;
        if Sha256::of(&bytes) == *digest {
            return Some(bytes.into());
        }
        forget(&path);
        None
    }

    /// Keeps bytes under their digest, if that can be done.
    pub fn put(&self, kind: CacheKind, digest: &Sha256, bytes: &[u8]) {
        let mut writer = self.begin(kind);
        writer.write(bytes);
        let _kept = writer.finish(digest);
    }

    /// Returns what was kept under a name that is not the digest of its bytes. An entry that has
    /// gone bad is removed and counts as a miss.
    pub fn get_named(&self, kind: CacheKind, name: &Sha256) -> Option<Vec<u8>> {
        let path = self.place(kind, name);
        let mut bytes = fs_err::read(&path).ok()?;
        if bytes.len() >= 32 {
            let body = bytes.split_off(32);
            if Sha256::of(&body).0.as_slice() == bytes {
                return Some(body);
            }
        }
        forget(&path);
        None
    }

    /// Keeps bytes under a name that is not their digest, if that can be done. What was kept under
    /// it before is replaced.
    pub fn put_named(&self, kind: CacheKind, name: &Sha256, bytes: &[u8]) {
        let mut writer = self.begin(kind);
        writer.write(&Sha256::of(bytes).0);
        writer.write(bytes);
        let _kept = writer.finish(name);
    }

    /// Notes when an entry was last right, if that can be done.
    pub fn touch(&self, kind: CacheKind, name: &Sha256, when: Timestamp) {
        let file = fs_err::File::options().append(true).open(self.place(kind, name));
        let _noted = file.and_then(|file| file.file().set_modified(when.into()));
    }

    /// Returns when an entry was last right.
    pub fn touched(&self, kind: CacheKind, name: &Sha256) -> Option<Timestamp> {
        let meta = fs_err::metadata(self.place(kind, name)).ok()?;
        Timestamp::try_from(meta.modified().ok()?).ok()
    }

    /// Returns where the bytes with this digest are, if they are there. They are **not** hashed
    /// again: whoever reads the file hashes what comes out.
    pub fn path(&self, kind: CacheKind, digest: &Sha256) -> Option<PathBuf> {
        let path = self.place(kind, digest);
        path.is_file().then_some(path)
    }

    /// Begins to keep bytes whose digest is known only at their end.
    pub fn begin(&self, kind: CacheKind) -> CacheWriter {
        let folder = self.folder.join(kind.folder());
        let file = fs_err::create_dir_all(&folder).and_then(|()| new_file(&folder)).ok();
        failpoint::hit("cache/begun");
        CacheWriter { cache: self.clone(), kind, file }
    }

    /// Removes what runs that were killed left half-written.
    pub(super) fn sweep(&self) {
        for kind in CacheKind::ALL {
            sweep(&self.folder.join(kind.folder()));
        }
    }

    fn place(&self, kind: CacheKind, name: &Sha256) -> PathBuf {
        let hex = name.to_string();
        // Two levels, because some file systems grow slow with many names in one folder.
        self.folder.join(kind.folder()).join(&hex[..2]).join(&hex[2..])
    }
}

/// Bytes on their way into the cache. Dropped without `finish`: nothing is kept.
#[derive(Debug)]
pub struct CacheWriter {
    cache: Cache,
    kind: CacheKind,
    /// None: something failed, nothing will be kept.
    file: Option<NamedTempFile>,
}

impl CacheWriter {
    /// Takes more bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        if let Some(file) = &mut self.file
            && file.write_all(bytes).is_err()
        {
            self.file = None;
        }
    }

    /// Keeps what was written under a digest that the caller has made of it. None: it could not be
    /// kept.
    pub fn finish(self, digest: &Sha256) -> Option<PathBuf> {
        let path = self.cache.place(self.kind, digest);
        persist(self.file?, &path).ok()?;
        Some(path)
    }
}

fn persist(file: NamedTempFile, path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    failpoint::hit("cache/before-rename");
    // Not flushed to the disk: an entry that a crash cuts off fails its digest and is a miss.
    file.persist(path).map_err(|e| e.error)?;
    failpoint::hit("cache/kept");
    Ok(())
}

fn forget(path: &Path) {
    // If it can't be removed it will be a miss again next time.
    let _removed = fs_err::remove_file(path);
}

//! Reading files of the folder.

use std::{
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::Range,
};

use bytes::Bytes;
use fs_err::File;
use futures::{StreamExt as _, stream};

use super::{Folder, revision};
use crate::{
    model::{ObjectKey, ObjectMeta, Sha256},
    net::{ByteStream, StreamError},
    storage::{Object, StorageError},
};

/// Bytes that are read at a time: large enough that handing the work to another thread is cheap.
const CHUNK: usize = 256 * 1024;

impl Folder {
    /// Returns what is known of an object.
    ///
    /// # Errors
    /// When its file can't be looked at.
    pub(super) fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StorageError> {
        let Some(file) = self.file(key)? else { return Ok(None) };
        let metadata = file.metadata().map_err(failed)?;
        revision::describe(key, &metadata, || hash(file)).map(Some).map_err(failed)
    }

    /// Opens an object. The file is never changed in place, so what is open is one state of it.
    ///
    /// # Errors
    /// When its file can't be read.
    pub(super) fn open(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Object>, StorageError> {
        let Some(mut file) = self.file(key)? else {
            // Nothing can be written here either: whoever takes it for absent would try in vain.
            return if self.path(key)?.is_dir() { Err(self.in_the_way(key)) } else { Ok(None) };
        };
        let metadata = file.metadata().map_err(failed)?;
        let size = metadata.len();
        let range = range.map_or(0..size, |wanted| {
            let start = wanted.start.min(size);
            start..wanted.end.min(size).max(start)
        });
        if revision::is_hashed(key, size) {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(failed)?;
            let bytes = Bytes::from(bytes);
            let meta = revision::describe(key, &metadata, || Ok(Sha256::of(&bytes)));
            let part = bytes.slice(to_index(range.start, &bytes)..to_index(range.end, &bytes));
            return Ok(Some(Object { meta: meta.map_err(failed)?, body: ByteStream::of(part) }));
        }
        let meta = revision::describe(key, &metadata, hash_nothing).map_err(failed)?;
        if range.start > 0 {
            file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
        }
        let mut body = ByteStream::new(read_on(file, range.end - range.start));
        body.size = Some(range.end - range.start);
        Ok(Some(Object { meta, body }))
    }

    /// Opens the file of a key; none: there is no such object.
    pub(super) fn file(&self, key: &ObjectKey) -> Result<Option<File>, StorageError> {
        let path = self.path(key)?;
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if is_absent(&e) => {
                self.check_root()?;
                return Ok(None);
            }
            Err(e) => return Err(failed(e)),
        };
        // A folder is no object: it only is a beginning of others' keys.
        let is_file = file.metadata().map_err(failed)?.is_file();
        Ok(is_file.then_some(file))
    }
}

impl Folder {
    /// A folder lies where an object should.
    pub(super) fn in_the_way(&self, key: &ObjectKey) -> StorageError {
        StorageError::Failed {
            message: format!("a folder is in the way of {}", self.name(key)),
            help: Some(format!("remove that folder: `{key}` is to be a file")),
        }
    }
}

/// Tells whether there is nothing at a path: a part of it may also be a file.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Turns a failure of the file system into one of the store. The path is already in the message.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn failed(error: io::Error) -> StorageError {
    let message = error.to_string();
    let is = |kinds: [io::ErrorKind; 2]| kinds.contains(&error.kind());
    if is([io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem]) {
        let help = "let this user read and write the folder of `[storage]`".to_owned();
        return StorageError::Denied { message, help: Some(help) };
    }
    let full = is([io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded]);
    let help = full.then(|| "make room on the disk, and run apply again".to_owned());
    StorageError::Failed { message, help }
}

fn to_index(offset: u64, bytes: &Bytes) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len())
}

fn hash_nothing() -> io::Result<Sha256> {
    Err(io::Error::other("the file became smaller while it was opened"))
}

fn hash(mut file: File) -> io::Result<Sha256> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Sha256::of(&bytes))
}

/// Streams `size` bytes from where the file stands, one chunk ahead of whoever reads.
fn read_on(
    file: File,
    size: u64,
) -> impl futures::Stream<Item = Result<Bytes, StreamError>> + Send + 'static {
    let announced = size;
    let chunks = stream::unfold(Some((file, 0_u64)), move |state| async move {
        let (mut file, got) = state?;
        if got == announced {
            return None;
        }
        let read = tokio::task::spawn_blocking(move || {
            let wanted = usize::try_from(announced - got).unwrap_or(usize::MAX).min(CHUNK);
            let mut chunk = vec![0; wanted];
            let mut filled = 0;
            while filled < wanted {
                match file.read(&mut chunk[filled..]) {
                    Ok(0) => break,
                    Ok(n) => filled += n,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(e),
                }
            }
            chunk.truncate(filled);
            Ok((file, Bytes::from(chunk)))
        });
        match read.await {
            Ok(Ok((_, chunk))) if chunk.is_empty() => {
                Some((Err(StreamError::Truncated { got, announced }), None))
            }
            Ok(Ok((file, chunk))) => {
                let got = got + chunk.len() as u64;
                Some((Ok(chunk), Some((file, got))))
            }
            Ok(Err(e)) => Some((Err(StreamError::Broken(Box::new(e))), None)),
            Err(e) => Some((Err(StreamError::Broken(Box::new(e))), None)),
        }
    });
    chunks.fuse()
}

//! Listing the folder.

use std::{io, path::Path, sync::Arc};

use futures::{StreamExt as _, stream, stream::BoxStream};
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{
    Folder,
    files::{failed, is_absent},
    revision,
    write::TEMPORARY,
};
use crate::{
    model::{ObjectKey, ObjectMeta, Sha256},
    storage::{StorageError, UploadRef},
};

/// Objects that are handed over at a time.
const BATCH: usize = 512;

type Item = Result<(ObjectKey, ObjectMeta), StorageError>;

/// Lists the objects whose key begins with a prefix, in the order of keys, reading ahead of whoever
/// takes them by at most a few batches.
pub(super) fn objects(
    folder: Arc<Folder>,
    prefix: String,
    after: String,
) -> BoxStream<'static, Item> {
    let (sender, receiver) = mpsc::channel(4);
    let begin = async move {
        drop(tokio::task::spawn_blocking(move || {
            let mut walk =
                Walk { prefix: &prefix, after: &after, batch: Vec::with_capacity(BATCH), sender };
            // Below the last `/` of the prefix, names only have to be compared.
            let above = prefix.rsplit_once('/').map_or("", |(above, _)| above);
            let start = if above.is_empty() {
                Ok(folder.root.clone())
            } else {
                folder.path(&ObjectKey::new(above))
            };
            let outcome = match folder.check_root().and(start) {
                Ok(start) => walk.enter(&start, above),
                Err(e) => Err(Stop::Failed(e)),
            };
            if let Err(Stop::Failed(e)) = outcome {
                walk.batch.push(Err(e));
            }
            walk.send().ok();
        }));
        receiver
    };
    stream::once(begin)
        .flat_map(|receiver| {
            stream::unfold(receiver, |mut receiver: mpsc::Receiver<Vec<Item>>| async move {
                receiver.recv().await.map(|batch| (stream::iter(batch), receiver))
            })
            .flatten()
        })
        .boxed()
}

/// Why a walk ends early.
enum Stop {
    Failed(StorageError),
    /// Nobody takes the objects any more.
    Unheard,
}

struct Walk<'p> {
    prefix: &'p str,
    after: &'p str,
    batch: Vec<Item>,
    sender: mpsc::Sender<Vec<Item>>,
}

impl Walk<'_> {
    /// Walks one folder. `above` is its key without a slash at the end; empty: the root.
    fn enter(&mut self, folder: &Path, above: &str) -> Result<(), Stop> {
        let entries = match fs_err::read_dir(folder) {
            Ok(entries) => entries,
            // Gone since it was seen, or never there.
            Err(e) if is_absent(&e) => return Ok(()),
            Err(e) => return Err(Stop::Failed(failed(e))),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| Stop::Failed(failed(e)))?;
            // A name that is no text, or begins with a dot, is none of ours.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with('.') {
                continue;
            }
            let kind = entry.file_type().map_err(|e| Stop::Failed(failed(e)))?;
            let is_folder = kind.is_dir();
            if !is_folder && !kind.is_file() {
                continue;
            }
            let slash = if above.is_empty() { "" } else { "/" };
            let mut key = format!("{above}{slash}{name}");
            if is_folder {
                key.push('/');
            }
            // A folder may also lie on the way to the prefix.
            let fits = key.starts_with(self.prefix) || (is_folder && self.prefix.starts_with(&key));
            // All that a folder holds comes after its own name.
            let later = key.as_str() > self.after || (is_folder && self.after.starts_with(&key));
            if fits && later {
                names.push((key, is_folder, entry));
            }
        }
        // With its slash a folder sorts among files as its keys do.
        names.sort_by(|a, b| a.0.cmp(&b.0));
        for (key, is_folder, entry) in names {
            if is_folder {
                self.enter(&entry.path(), key.trim_end_matches('/'))?;
                continue;
            }
            let key = ObjectKey::new(key);
            let meta = entry.metadata().and_then(|metadata| {
                revision::describe(&key, &metadata, || {
                    fs_err::read(entry.path()).map(|bytes| Sha256::of(&bytes))
                })
            });
            match meta {
                Ok(meta) => {
                    self.batch.push(Ok((key, ObjectMeta { checksum: None, ..meta })));
                    if self.batch.len() >= BATCH {
                        self.send()?;
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(Stop::Failed(failed(e))),
            }
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), Stop> {
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.sender.blocking_send(batch).map_err(|_| Stop::Unheard)
    }
}

/// Lists temporary files by the key that they carry in their name (a very long one is cut).
pub(super) fn unfinished(
    folder: Arc<Folder>,
    prefix: String,
) -> BoxStream<'static, Result<UploadRef, StorageError>> {
    let read = async move {
        let found = super::blocking(move || folder.leftovers(&prefix)).await;
        match found {
            Ok(found) => stream::iter(found.into_iter().map(Ok).collect::<Vec<_>>()),
            Err(e) => stream::iter(vec![Err(e)]),
        }
    };
    stream::once(read).flatten().boxed()
}

impl Folder {
    fn leftovers(&self, prefix: &str) -> Result<Vec<UploadRef>, StorageError> {
        let entries = match fs_err::read_dir(self.root.join(TEMPORARY)) {
            Ok(entries) => entries,
            Err(e) if is_absent(&e) => {
                self.check_root()?;
                return Ok(Vec::new());
            }
            Err(e) => return Err(failed(e)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let Ok(id) = entry.file_name().into_string() else { continue };
            let Some((_, escaped)) = id.split_once('.') else { continue };
            let key = unescape(escaped);
            if key.starts_with(prefix) {
                let modified = entry.metadata().ok().and_then(|metadata| metadata.modified().ok());
                let begun = modified.and_then(|time| Timestamp::try_from(time).ok());
                found.push(UploadRef { key: ObjectKey::new(key), id, begun });
            }
        }
        found.sort_by(|a, b| (&a.key, &a.id).cmp(&(&b.key, &b.id)));
        Ok(found)
    }
}

/// Undoes [`ObjectKey::segment`], which escapes the escape sign too. A cut end is left out.
fn unescape(text: &str) -> String {
    let mut pieces = text.split('~');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let Some((byte, rest)) = piece
            .split_at_checked(2)
            .and_then(|(digits, rest)| Some((u8::from_str_radix(digits, 16).ok()?, rest)))
        else {
            break;
        };
        bytes.push(byte);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

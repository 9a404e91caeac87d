//! Where a test publishes to: a folder, or a bucket behind TCP. The same project works on both.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use depstate::{
    model::Environment,
    storage::{
        FsStorage, S3Storage, StorageReader,
        registry::{DriverTable, Setup},
    },
};

use super::{s3::S3Server, sandbox::Sandbox};

/// Which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Fs,
    S3,
}

impl Kind {
    /// The `[storage]` table of deps.toml; the folder is `mirror` beside it.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Fs => "[storage]\ndriver = \"fs\"\npath = \"mirror\"\n",
            Self::S3 => concat!(
                "[storage]\ndriver = \"s3\"\nbucket = \"deps\"\nprefix = \"below\"\n",
                "region = \"us-east-1\"\nendpoint = { env = \"DEPSTATE_ENDPOINT\" }\n",
                "path-style = true\n"
            ),
        }
    }
}

/// A place with what is in it.
pub(crate) enum Place {
    Fs(tempfile::TempDir),
    S3(S3Server),
}

impl Place {
    pub(crate) fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Fs => Self::Fs(in_memory()),
            Kind::S3 => Self::S3(S3Server::start()),
        }
    }

    /// Another place that begins as this one is now, with the same revisions.
    pub(crate) fn fork(&self) -> Self {
        match self {
            Self::Fs(folder) => {
                let copy = in_memory();
                link(folder.path(), copy.path());
                Self::Fs(copy)
            }
            Self::S3(server) => Self::S3(server.fork()),
        }
    }

    /// Lets a checkout publish here.
    pub(crate) fn attach(&self, sandbox: &mut Sandbox) {
        match self {
            Self::Fs(folder) => {
                let mirror = sandbox.path("mirror");
                std::os::unix::fs::symlink(folder.path(), mirror).unwrap();
            }
            Self::S3(server) => {
                sandbox
                    .set("DEPSTATE_ENDPOINT", &server.endpoint())
                    .set("AWS_ACCESS_KEY_ID", server.access_key())
                    .set("AWS_SECRET_ACCESS_KEY", server.secret_key());
            }
        }
    }

    /// The program's own driver for reading.
    pub(crate) fn reader(&self) -> Arc<dyn StorageReader> {
        match self {
            Self::Fs(folder) => Arc::new(FsStorage::new(folder.path())),
            Self::S3(server) => {
                let text = format!(
                    "bucket = \"{}\"\nendpoint = \"{}\"\nprefix = \"below\"\n",
                    server.bucket(),
                    server.endpoint()
                );
                // The table borrows its text for ever; a test may leak a few bytes.
                let text: &'static str = Box::leak(text.into_boxed_str());
                let table: DriverTable = toml::de::DeTable::parse(text).unwrap();
                let environment = Environment::new(BTreeMap::from([
                    ("AWS_ACCESS_KEY_ID".to_owned(), server.access_key().to_owned()),
                    ("AWS_SECRET_ACCESS_KEY".to_owned(), server.secret_key().to_owned()),
                ]));
                let root = PathBuf::from("/nowhere");
                Arc::new(S3Storage::from_table(Setup { table, root, environment }).unwrap())
            }
        }
    }

    /// Every object as it lies there, by its key below the prefix; read by no code of the program.
    pub(crate) fn objects(&self) -> BTreeMap<String, Bytes> {
        match self {
            Self::Fs(folder) => files(folder.path())
                .into_iter()
                .map(|path| {
                    let key = path.strip_prefix(folder.path()).unwrap().to_str().unwrap();
                    (key.to_owned(), Bytes::from(fs::read(&path).unwrap()))
                })
                .collect(),
            Self::S3(server) => server
                .objects()
                .into_iter()
                .map(|(key, bytes)| (key.strip_prefix("below/").unwrap().to_owned(), bytes))
                .collect(),
        }
    }
}

/// In memory, where the system has such a place: thousands of forced writes would measure the disk.
fn in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// All files below a folder, but those whose path has a name with a dot before it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut stack = vec![folder.to_path_buf()];
    while let Some(folder) = stack.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_str().unwrap().starts_with('.') {
                continue;
            }
            if entry.path().is_dir() {
                stack.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found
}

/// Hard links: the same inode and time, so the same revision. No file is ever changed in place.
fn link(from: &Path, to: &Path) {
    let begun = from.join(".tmp");
    let begun = if begun.is_dir() { files(&begun) } else { Vec::new() };
    for file in files(from).into_iter().chain(begun) {
        let copy = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::hard_link(file, copy).unwrap();
    }
}

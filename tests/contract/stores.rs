//! Stores to hold to the contract, and what their tests are written with.

use std::{any::Any, collections::BTreeMap, path::PathBuf, sync::Arc};

use bytes::Bytes;
use depstate::{
    model::{Environment, ObjectKey},
    storage::{
        FsStorage, MemoryStorage, Object, S3Storage, StorageWriter,
        registry::{DriverTable, Setup},
    },
};
use futures::TryStreamExt as _;

use crate::support::s3::S3Server;

/// A store, and what has to live as long.
type Fixture = (Arc<dyn StorageWriter>, Box<dyn Any + Send>);

pub(crate) fn in_memory() -> Fixture {
    (Arc::new(MemoryStorage::new()), Box::new(()))
}

pub(crate) fn in_folder() -> Fixture {
    let folder = folder();
    (Arc::new(FsStorage::new(folder.path().join("mirror"))), Box::new(folder))
}

pub(crate) fn in_bucket() -> Fixture {
    let server = S3Server::start();
    (Arc::new(bucket(&server, "prefix = \"ruby\"")), Box::new(server))
}

/// The example of a store that is a program.
pub(crate) async fn by_a_program() -> Fixture {
    let (folder, program) = (folder(), "depstate-storage-folder");
    let bin = crate::external::Bin::example(program);
    let (setup, _) = bin.setup(program, &serde_json::json!({"path": "mirror"}), folder.path());
    let store = depstate::external::ExternalStorage::start(setup).await.unwrap();
    (Arc::new(store), Box::new((folder, bin)))
}

/// Makes a folder that is gone with its guard. Thousands of forced writes would measure the disk: it
/// is in memory, where the system has such a place.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Opens the server's bucket; `more` are further lines of the table.
pub(crate) fn bucket(server: &S3Server, more: &str) -> S3Storage {
    let keys = [
        ("AWS_ACCESS_KEY_ID", server.access_key()),
        ("AWS_SECRET_ACCESS_KEY", server.secret_key()),
    ];
    bucket_with(server, more, &keys)
}

/// The same by another address, as of a proxy.
pub(crate) fn bucket_at(server: &S3Server, endpoint: &str, more: &str) -> S3Storage {
    let keys = [
        ("AWS_ACCESS_KEY_ID", server.access_key()),
        ("AWS_SECRET_ACCESS_KEY", server.secret_key()),
    ];
    let text = format!("bucket = \"{}\"\nendpoint = \"{endpoint}\"\n{more}\n", server.bucket());
    S3Storage::from_table(setup(&text, &keys)).unwrap()
}

/// The same with an environment of one's own.
pub(crate) fn bucket_with(
    server: &S3Server,
    more: &str,
    environment: &[(&str, &str)],
) -> S3Storage {
    let text =
        format!("bucket = \"{}\"\nendpoint = \"{}\"\n{more}\n", server.bucket(), server.endpoint());
    S3Storage::from_table(setup(&text, environment)).unwrap()
}

/// Makes a driver's setup from the text of its table.
pub(crate) fn setup(text: &str, environment: &[(&str, &str)]) -> Setup {
    let variables: BTreeMap<String, String> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    // The table borrows its text for ever; a test may leak a few bytes.
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    let table: DriverTable = toml::de::DeTable::parse(text).unwrap();
    Setup { table, root: PathBuf::from("/nowhere"), environment: Environment::new(variables) }
}

pub(crate) fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text)
}

pub(crate) async fn text(object: Object) -> String {
    String::from_utf8(object.body.collect(1 << 30).await.unwrap().to_vec()).unwrap()
}

pub(crate) async fn keys(store: &dyn StorageWriter, prefix: &str) -> Vec<String> {
    store.list(prefix).map_ok(|(key, _)| key.as_str().to_owned()).try_collect().await.unwrap()
}

/// Bytes that no run of the same byte is in.
pub(crate) fn noise(size: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    Bytes::from(bytes)
}

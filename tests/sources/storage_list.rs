//! `storage-list`: the keys of a bucket or a folder.

use std::path::Path;

use depstate::{model::Code, source::SourceDriver};

use super::{
    contract::{BYTES, Case},
    made, mistakes, read, rows, setup, story, upstreams,
};
use crate::support::{s3::S3Server, upstream::Upstream};

/// For the tests that every driver passes.
pub(super) fn case(_upstream: &Upstream, folder: &Path) -> Option<Case> {
    // Hidden from the source that lists the folder around it.
    write(folder, ".store/releases/tool-1.2.0.zip", BYTES);
    let driver = store(folder, "store = 'fs'\npath = '.store'");
    Some(Case { name: "storage-list", driver, index: None })
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, bytes).unwrap();
}

fn store(folder: &Path, table: &str) -> Box<dyn SourceDriver> {
    made("storage-list", &setup(table, folder, &[]))
}

#[tokio::test]
async fn keys_that_fit_are_files() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "store/20240102/tool #1.jar", b"bytes");
    write(folder.path(), "store/20240102/notes.txt", b"");
    write(folder.path(), "store/20231231/tool #1.jar", b"older");
    let table = "store = 'fs'\npath = 'store'\npattern = '^(?P<version>\\d{8})/tool.*\\.jar$'";
    let driver = store(folder.path(), table);
    let listed = rows(&*driver).await.unwrap();
    assert_eq!(upstreams(&listed), ["20231231", "20240102"]);
    let row = &listed[1];
    assert_eq!(row.url.as_deref(), Some("storage:20240102/tool%20%231.jar"));
    assert_eq!(row.name.as_deref(), Some("tool #1.jar"));
    assert_eq!(row.size, Some(5));
    assert!(row.released.is_some(), "a folder says when a file was changed");
    let stream = driver.open(row.url.as_deref().unwrap(), 2).await.unwrap();
    assert_eq!(read(stream).await.unwrap(), b"tes");
    for url in ["storage:../secret", "storage:a//b", "storage:%2e%2e/x", "storage:", "dir:x"] {
        let error = driver.open(url, 0).await.unwrap_err();
        assert_eq!(error.code(), Code::UNSUPPORTED_ADDRESS, "{url}: {error}");
    }
}

#[tokio::test]
async fn a_bucket_is_listed_to_its_end_without_being_written() {
    let server = S3Server::start();
    for n in 0..1005 {
        server.put_raw(&format!("java/2024{n:04}/tool.jar"), &b"bytes"[..]);
    }
    server.put_raw("other/1.0/tool.jar", &b""[..]);
    let table = format!(
        "insecure = true\nstore = 's3'\nbucket = '{}'\nprefix = 'java'\nregion = 'us-east-1'\nendpoint = '{}'\npattern = '^(?P<version>\\d+)/'",
        server.bucket(),
        server.endpoint()
    );
    // Without credentials: what anybody may read is read without a signature.
    server.let_anyone_read();
    let variables = [("AWS_EC2_METADATA_DISABLED", "true")];
    let driver = made("storage-list", &setup(&table, Path::new("."), &variables));
    let listed = rows(&*driver).await.unwrap();
    assert_eq!(listed.len(), 1005);
    assert_eq!(listed[1004].url.as_deref(), Some("storage:20241004/tool.jar"));
    let stream = driver.open("storage:20241004/tool.jar", 0).await.unwrap();
    assert_eq!(read(stream).await.unwrap(), b"bytes");
    assert!(driver.open("storage:9/tool.jar", 0).await.unwrap_err().is_absent());
    let written = server
        .counts()
        .into_keys()
        .find(|it| !it.starts_with("Get") && !it.starts_with("List") && !it.starts_with("Head"));
    assert_eq!(written, None, "nothing but reads");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_an_error() {
    let table = "insecure = true\nstore = 's3'\nbucket = 'bucket'\nregion = 'us-east-1'\nendpoint = 'http://127.0.0.1:1'";
    let variables = [("AWS_EC2_METADATA_DISABLED", "true")];
    let driver = made("storage-list", &setup(table, Path::new("."), &variables));
    let error = rows(&*driver).await.unwrap_err();
    assert_eq!(error.code(), Code::SOURCE_FAILED);
    assert!(story(&error).contains("s3://bucket"), "{}", story(&error));
}

#[test]
fn mistakes_stand_at_their_keys() {
    let found = |table: &str| -> Vec<(String, String)> {
        let found = mistakes("storage-list", table, &[]);
        for (_, _, message) in &found {
            assert!(!message.contains("[storage]"), "{message}");
        }
        found.into_iter().map(|(code, marked, _)| (code, marked)).collect()
    };
    let one = |code: &str, marked: &str| vec![(code.to_owned(), marked.to_owned())];
    assert_eq!(found("store = 'ftp'\npath = 'x'"), one("unknown-driver", "'ftp'"));
    assert_eq!(found("path = 'x'")[0].0, "missing-key");
    assert_eq!(found("store = 'fs'\npath = 'x'\nbucket = 'y'"), one("unknown-key", "bucket"));
    assert_eq!(found("store = 'fs'\npath = 'x'\npatern = 'y'"), one("unknown-key", "patern"));
    assert_eq!(found("store = 'fs'\npath = 'x'\npattern = 'y'"), one("bad-pattern", "'y'"));
    assert_eq!(found("store = 'fs'")[0].0, "missing-key");
    assert_eq!(
        found("store = 's3'\nbucket = 'bucket'\nendpoint = 'http://example.com'"),
        one("bad-url", "'http://example.com'")
    );
    assert_eq!(
        found("store = 's3'\nbucket = 'b'\npattern = '('"),
        [("bad-value".to_owned(), "'b'".to_owned()), ("bad-pattern".to_owned(), "'('".to_owned())]
    );
}

//! Credentials that run out while a store is in use.

use std::path::Path;

use bytes::Bytes;
use depstate::{
    model::{ObjectMeta, Revision},
    storage::{
        Precondition, PutError, S3Storage, StorageError, StorageReader as _, StorageWriter as _,
    },
};
use futures::TryStreamExt as _;

use super::stores::{bucket_with, folder, key, keys, noise, text};
use crate::support::s3::S3Server;

fn write_file(path: &Path, (id, secret): (&str, &str)) {
    let text = format!("[team]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    std::fs::write(path, text).unwrap();
}

/// A server, its bucket by a profile, and the file that the profile's keys stand in.
fn by_profile() -> (S3Server, S3Storage, tempfile::TempDir) {
    let (server, folder) = (S3Server::start(), folder());
    let file = folder.path().join("credentials");
    write_file(&file, (server.access_key(), server.secret_key()));
    let environment = [
        ("AWS_PROFILE", "team"),
        ("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let store = bucket_with(&server, "", &environment);
    (server, store, folder)
}

/// Lets the keys in use run out, as the person at the terminal logs in again.
fn log_in(server: &S3Server, folder: &tempfile::TempDir) {
    write_file(&folder.path().join("credentials"), S3Server::second_keys());
    server.expire(server.access_key());
}

async fn put(store: &S3Storage, name: &str) -> Result<ObjectMeta, PutError> {
    store.put(&key(name), Bytes::from("{}"), Precondition::Absent).await
}

#[tokio::test]
async fn new_credentials_are_found_by_whatever_is_asked_first() {
    for first in ["get", "head", "list", "put", "swap", "delete"] {
        let (server, store, folder) = by_profile();
        let before = put(&store, "head.json").await.unwrap();
        log_in(&server, &folder);
        server.clear_counts();
        match first {
            "get" => {
                let object = store.get(&key("head.json"), None).await.unwrap().unwrap();
                assert_eq!(text(object).await, "{}");
            }
            "head" => assert!(store.head(&key("head.json")).await.unwrap().is_some()),
            "list" => assert_eq!(keys(&store, "").await, ["head.json"]),
            "put" => assert_eq!(put(&store, "b").await.unwrap().size, 2),
            "swap" => {
                let matches = Precondition::Matches(before.revision);
                let put = store.put(&key("head.json"), Bytes::from("[]"), matches).await;
                assert_eq!(put.unwrap().size, 2);
                assert_eq!(server.objects()["head.json"], "[]");
            }
            _ => store.delete(&key("head.json")).await.unwrap(),
        }
        let counts = server.counts();
        assert_eq!(counts.values().sum::<u64>(), 2, "{first}: refused, then answered: {counts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_survives_that_its_credentials_run_out_between_parts() {
    let (server, store, folder) = by_profile();
    let bytes = noise(20 << 20);
    let mut upload = store.upload(&key("artifacts/a")).await.unwrap();
    upload.write(bytes.slice(..9 << 20)).await.unwrap();
    log_in(&server, &folder);
    upload.write(bytes.slice(9 << 20..)).await.unwrap();
    upload.finish(Precondition::Absent).await.unwrap();
    assert!(server.objects()["artifacts/a"] == bytes);
    // And when only the last request is too late.
    let (server, store, folder) = by_profile();
    let mut upload = store.upload(&key("artifacts/a")).await.unwrap();
    upload.write(Bytes::from("bytes")).await.unwrap();
    let held = server.hold("CompleteMultipartUpload");
    let finish = upload.finish(Precondition::Absent);
    let expire = async {
        while !server.counts().contains_key("CompleteMultipartUpload") {
            tokio::task::yield_now().await;
        }
        log_in(&server, &folder);
        drop(held);
    };
    let (finished, ()) = tokio::join!(finish, expire);
    finished.unwrap();
    assert_eq!(server.counts()["CompleteMultipartUpload"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_that_fail_together_ask_for_new_credentials_once() {
    let (server, folder) = (S3Server::start(), folder());
    let script = folder.path().join("process");
    let runs = folder.path().join("runs");
    let (id, secret) = S3Server::second_keys();
    // The first call gives the old keys, each further one the new.
    let text = format!(
        "#!/bin/sh\necho run >> {runs}\nif [ $(wc -l < {runs}) = 1 ]; then\necho '{{\"Version\":1,\"AccessKeyId\":\"{}\",\"SecretAccessKey\":\"{}\"}}'\nelse\necho '{{\"Version\":1,\"AccessKeyId\":\"{id}\",\"SecretAccessKey\":\"{secret}\"}}'\nfi\n",
        server.access_key(),
        server.secret_key(),
        runs = runs.display()
    );
    std::fs::write(&script, text).unwrap();
    let config = folder.path().join("config");
    let profile = format!("[profile team]\ncredential_process = sh {}\n", script.display());
    std::fs::write(&config, profile).unwrap();
    let environment = [
        ("AWS_PROFILE", "team"),
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let store = bucket_with(&server, "", &environment);
    server.put_raw("head.json", "{}");
    assert!(store.head(&key("head.json")).await.unwrap().is_some());
    server.expire(server.access_key());
    let key = key("head.json");
    let all = (0..20).map(|_| store.get(&key, None));
    futures::future::try_join_all(all).await.unwrap();
    let runs = std::fs::read_to_string(runs).unwrap();
    assert_eq!(runs.lines().count(), 2, "once at first, and once for all twenty");
}

#[tokio::test]
async fn without_new_ones_it_says_who_was_asked_and_what_to_do() {
    let (server, store, folder) = by_profile();
    put(&store, "head.json").await.unwrap();
    server.expire(server.access_key());
    let Err(StorageError::Denied { message, help }) = store.get(&key("head.json"), None).await
    else {
        panic!("it was answered");
    };
    insta::assert_snapshot!(message, @"GetObject of `s3://deps/head.json`: answered 400 ExpiredToken: scripted (request REQ-1, 1 try); with credentials of the AWS profile `team`; new ones could not be had: they are still the same");
    insta::assert_snapshot!(help.unwrap(), @"the credentials have run out: log in again (for SSO: `aws sso login --profile team`) and run this again");
    // A write was refused, for certain.
    let matches = Precondition::Matches(Revision("x".to_owned()));
    let swap = store.put(&key("head.json"), Bytes::from("[]"), matches).await;
    assert!(matches!(&swap, Err(PutError::Refused(StorageError::Denied { .. }))), "{swap:?}");
    assert_eq!(server.objects()["head.json"], "{}");
    let listed = store.list("").try_collect::<Vec<_>>().await;
    assert!(matches!(listed, Err(StorageError::Denied { .. })));
    drop(folder);
}

#[tokio::test]
async fn keys_of_variables_are_not_asked_for_again_and_again() {
    let server = S3Server::start();
    let environment = [
        ("AWS_ACCESS_KEY_ID", server.access_key()),
        ("AWS_SECRET_ACCESS_KEY", server.secret_key()),
    ];
    let store = bucket_with(&server, "", &environment);
    server.expire(server.access_key());
    let Err(StorageError::Denied { message, help }) = store.get(&key("head.json"), None).await
    else {
        panic!("it was answered");
    };
    insta::assert_snapshot!(message, @"GetObject of `s3://deps/head.json`: answered 400 ExpiredToken: scripted (request REQ-1, 1 try); with credentials of the variable `AWS_ACCESS_KEY_ID`; new ones could not be had: they are still the same");
    insta::assert_snapshot!(help.unwrap(), @"the credentials have run out: set the variables anew and run this again");
    assert_eq!(server.counts()["GetObject"], 1);
}

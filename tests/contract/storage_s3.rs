//! What the `s3` driver sends.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use depstate::{
    model::Sha256,
    storage::{Precondition, StorageError, StorageReader as _, StorageWriter as _},
};
use futures::{StreamExt as _, TryStreamExt as _};

use super::stores::{bucket, bucket_with, key, keys, noise};
use crate::support::s3::{Answer, S3Server, Seen};

const MIB: usize = 1024 * 1024;

fn header<'a>(seen: &'a Seen, name: &str) -> Option<&'a str> {
    seen.headers.get(name).map(String::as_str)
}

#[tokio::test]
async fn a_put_carries_its_own_checksum_and_no_other() {
    let server = S3Server::start();
    let store = bucket(&server, "prefix = \"a/b\"");
    let meta =
        store.put(&key("gen/1.json"), Bytes::from("abc"), Precondition::Absent).await.unwrap();
    assert_eq!(meta.checksum.unwrap().sha256(), Some(Sha256::of(b"abc")));
    let seen = server.last("PutObject").unwrap();
    assert!(seen.target.starts_with("/deps/a/b/gen/1.json"), "{}", seen.target);
    let sha256 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    assert_eq!(header(&seen, "x-amz-checksum-sha256"), Some(sha256));
    assert_eq!(header(&seen, "x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
    assert_eq!(header(&seen, "if-none-match"), Some("*"));
    assert_eq!(header(&seen, "content-length"), Some("3"));
    for absent in ["content-encoding", "x-amz-trailer", "x-amz-sdk-checksum-algorithm", "if-match"]
    {
        assert_eq!(header(&seen, absent), None, "{absent}");
    }
    let head = store.head(&key("gen/1.json")).await.unwrap().unwrap();
    assert_eq!(head.checksum.unwrap().sha256(), Some(Sha256::of(b"abc")));
    let precondition = Precondition::Matches(head.revision.clone());
    store.put(&key("gen/1.json"), Bytes::from("abcd"), precondition).await.unwrap();
    let seen = server.last("PutObject").unwrap();
    assert_eq!(header(&seen, "if-match"), Some(format!("\"{}\"", head.revision.0).as_str()));
}

#[tokio::test]
async fn objects_have_a_type_and_a_cache_rule() {
    let server = S3Server::start();
    let store = bucket(&server, "");
    let forever = "public, max-age=31536000, immutable";
    for (name, kind, rule) in [
        ("head.json", "application/json", "no-cache"),
        ("views/index.json", "application/json", "no-cache"),
        ("gen/1.json", "application/json", forever),
        ("artifacts/a.tar.gz", "application/octet-stream", forever),
    ] {
        store.put(&key(name), Bytes::from("x"), Precondition::Absent).await.unwrap();
        let found = server.headers_of(name).unwrap();
        assert_eq!(found, (Some(kind.to_owned()), Some(rule.to_owned())), "{name}");
    }
    let upload = store.upload(&key("artifacts/b.tar.gz")).await.unwrap();
    upload.finish(Precondition::Absent).await.unwrap();
    assert_eq!(server.headers_of("artifacts/b.tar.gz").unwrap().1.as_deref(), Some(forever));
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_carry_a_crc_and_the_whole_another() {
    let server = S3Server::start();
    let store = bucket(&server, "");
    let mut upload = store.upload(&key("artifacts/a")).await.unwrap();
    upload.write(noise(20 * MIB)).await.unwrap();
    upload.finish(Precondition::Absent).await.unwrap();
    let counts = server.counts();
    assert_eq!(counts["UploadPart"], 3);
    let seen = server.last("UploadPart").unwrap();
    assert!(header(&seen, "x-amz-checksum-crc64nvme").is_some());
    assert_eq!(header(&seen, "x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
    assert_eq!(header(&seen, "content-encoding"), None);
    let seen = server.last("CreateMultipartUpload").unwrap();
    assert_eq!(header(&seen, "x-amz-checksum-type"), Some("FULL_OBJECT"));
    let seen = server.last("CompleteMultipartUpload").unwrap();
    assert!(header(&seen, "x-amz-checksum-crc64nvme").is_some());
    assert_eq!(header(&seen, "if-none-match"), Some("*"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_checksums_is_sent_none() {
    let server = S3Server::start();
    let store = bucket(&server, "checksum = \"when-required\"");
    store.put(&key("head.json"), Bytes::from("{}"), Precondition::Absent).await.unwrap();
    let mut upload = store.upload(&key("artifacts/a")).await.unwrap();
    upload.write(noise(9 * MIB)).await.unwrap();
    upload.finish(Precondition::Absent).await.unwrap();
    let meta = store.head(&key("artifacts/a")).await.unwrap().unwrap();
    assert_eq!(meta.size, 9 * MIB as u64);
    for operation in [
        "PutObject",
        "CreateMultipartUpload",
        "UploadPart",
        "CompleteMultipartUpload",
        "HeadObject",
    ] {
        let seen = server.last(operation).unwrap();
        let words: Vec<_> = seen.headers.keys().filter(|name| name.contains("checksum")).collect();
        assert!(words.is_empty(), "{operation}: {words:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_flight_is_bounded() {
    let server = S3Server::start();
    let store = Arc::new(bucket(&server, ""));
    let hold = server.hold("UploadPart");
    let mut upload = store.upload(&key("artifacts/a")).await.unwrap();
    let written = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let writer = {
        let written = Arc::clone(&written);
        tokio::spawn(async move {
            let chunk = noise(MIB);
            for _ in 0..100 {
                upload.write(chunk.clone()).await.unwrap();
                written.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
            upload.finish(Precondition::Absent).await.unwrap()
        })
    };
    // Four parts are on their way and a fifth is full: the writer waits.
    while server.most_at_once("UploadPart") < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mebibytes = written.load(std::sync::atomic::Ordering::SeqCst);
    assert!((32..=40).contains(&mebibytes), "{mebibytes} MiB were taken");
    drop(hold);
    let meta = writer.await.unwrap();
    assert_eq!(meta.size, 100 * MIB as u64);
    assert!(server.most_at_once("UploadPart") <= 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_uploads_share_one_bound() {
    let server = S3Server::start();
    let store = Arc::new(bucket(&server, ""));
    let hold = server.hold("UploadPart");
    let uploads: Vec<_> = (0..6)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut upload = store.upload(&key(&format!("artifacts/{n}"))).await.unwrap();
                let chunk = noise(MIB);
                for _ in 0..40 {
                    upload.write(chunk.clone()).await.unwrap();
                }
                upload.finish(Precondition::Absent).await.unwrap()
            })
        })
        .collect();
    while server.most_at_once("UploadPart") < 8 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(server.most_at_once("UploadPart") <= 10, "80 MiB are ten parts");
    drop(hold);
    for upload in uploads {
        assert_eq!(upload.await.unwrap().size, 40 * MIB as u64);
    }
    assert!(server.most_at_once("UploadPart") <= 10);
}

#[tokio::test]
async fn a_listing_takes_a_request_for_a_thousand() {
    let server = S3Server::start();
    for n in 0..2_001 {
        server.put_raw(&format!("ruby/artifacts/{n:05}"), "x");
    }
    server.put_raw("ruby2/artifacts/x", "x");
    let store = bucket(&server, "prefix = \"ruby\"");
    assert_eq!(keys(&store, "artifacts/").await.len(), 2_001);
    assert_eq!(server.counts()["ListObjectsV2"], 3);
    assert_eq!(keys(&store, "").await.len(), 2_001, "a prefix ends at a slash");
}

#[tokio::test]
async fn unfinished_uploads_are_paged() {
    let server = S3Server::start();
    let store = bucket(&server, "");
    let begun: Vec<_> = futures::stream::iter(0..1_005)
        .map(|n| {
            let store = store.clone();
            async move { store.upload(&key(&format!("artifacts/{n:04}"))).await.unwrap() }
        })
        .buffer_unordered(16)
        .collect()
        .await;
    let open: Vec<_> = store.unfinished("artifacts/").try_collect().await.unwrap();
    assert_eq!(open.len(), begun.len());
    assert_eq!(server.counts()["ListMultipartUploads"], 2);
}

#[tokio::test]
async fn a_public_bucket_is_read_without_credentials() {
    let server = S3Server::start();
    server.put_raw("head.json", "{}");
    let nobody = [("AWS_EC2_METADATA_DISABLED", "true")];
    let store = bucket_with(&server, "", &nobody);
    let error = store.get(&key("head.json"), None).await.unwrap_err();
    let StorageError::Denied { message, help } = error else { panic!("{error}") };
    assert!(message.ends_with("with no credentials (none were found)"), "{message}");
    assert!(help.unwrap().contains("AWS_ACCESS_KEY_ID"));
    server.let_anyone_read();
    assert_eq!(store.head(&key("head.json")).await.unwrap().unwrap().size, 2);
    assert_eq!(keys(&store, "").await, ["head.json"]);
    assert_eq!(header(&server.last("HeadObject").unwrap(), "authorization"), None);
    assert!(store.put(&key("x"), Bytes::new(), Precondition::Absent).await.is_err());
}

#[tokio::test]
async fn a_profile_gives_credentials_too() {
    let server = S3Server::start();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("credentials");
    let lines = |secret: &str| {
        format!(
            "[team]\naws_access_key_id = {}\naws_secret_access_key = {secret}\n",
            server.access_key()
        )
    };
    std::fs::write(&file, lines(server.secret_key())).unwrap();
    let environment = [
        ("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap()),
        ("AWS_PROFILE", "team"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let store = bucket_with(&server, "", &environment);
    assert!(keys(&store, "").await.is_empty());
    std::fs::write(&file, lines("wrong")).unwrap();
    let store = bucket_with(&server, "", &environment);
    let error = store.head(&key("head.json")).await.unwrap_err();
    assert!(error.to_string().contains("credentials of the AWS profile `team`"), "{error}");
    assert!(!error.to_string().contains("wrong"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_in_spans_is_whole_wherever_the_cuts_are() {
    let server = S3Server::start();
    let store = bucket(&server, "prefix = \"below\"");
    for n in 0..2500 {
        server.put_raw(&format!("below/a/{n:04}"), "");
    }
    server.put_raw("below/b", "");
    let list = async |prefix: &str, cuts: &[&str]| -> Vec<String> {
        let cuts: Vec<String> = cuts.iter().map(|cut| (*cut).to_owned()).collect();
        let listed = store.list_cut(prefix, &cuts).map_ok(|(key, _)| key.as_str().to_owned());
        listed.try_collect().await.unwrap()
    };
    let whole = keys(&store, "a/").await;
    assert_eq!(whole.len(), 2500);
    for cuts in [
        &[][..],
        &["a/0950", "a/1900"],
        // Keys that are not there, that are, and one right behind another.
        &["a/0950x", "a/1000", "a/1001", "a/2499"],
        // Outside of all that is listed, on either side.
        &["", "0", "a/", "a/0000", "b", "c"],
        &["a/9999"],
    ] {
        assert_eq!(list("a/", cuts).await, whole, "{cuts:?}");
    }
    server.clear_counts();
    assert_eq!(list("a/", &["a/0950", "a/1900"]).await.len(), 2500);
    assert_eq!(server.counts()["ListObjectsV2"], 3, "a page that goes too far ends its span");
    // What fails in the middle is no end.
    server.fail("ListObjectsV2", 2, Answer::Error(403, "AccessDenied"), false);
    let cuts = ["a/0950".to_owned(), "a/1900".to_owned()];
    assert!(store.list_cut("a/", &cuts).try_collect::<Vec<_>>().await.is_err());
}

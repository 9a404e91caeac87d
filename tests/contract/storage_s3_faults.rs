//! What the `s3` driver makes of bad answers.

use std::{net::TcpListener, time::Duration};

use bytes::Bytes;
use depstate::{
    model::{ObjectMeta, Revision},
    storage::{
        Precondition, PutError, S3Storage, StorageError, StorageReader as _, StorageWriter as _,
    },
};
use futures::TryStreamExt as _;

use super::stores::{bucket, bucket_with, key, keys, noise, setup, text};
use crate::support::s3::{Answer, S3Server};

async fn put(store: &S3Storage, precondition: Precondition) -> Result<ObjectMeta, PutError> {
    store.put(&key("head.json"), Bytes::from("{}"), precondition).await
}

async fn finish(store: &S3Storage, precondition: Precondition) -> Result<ObjectMeta, PutError> {
    let mut upload = store.upload(&key("artifacts/a")).await.unwrap();
    upload.write(Bytes::from("bytes")).await.unwrap();
    upload.finish(precondition).await
}

fn kind(outcome: &Result<ObjectMeta, PutError>) -> &'static str {
    match outcome {
        Ok(_) => "written",
        Err(PutError::Precondition(_)) => "precondition",
        Err(PutError::Conflict(_)) => "conflict",
        Err(PutError::Missing(_)) => "missing",
        Err(PutError::Refused(StorageError::Denied { .. })) => "denied",
        Err(PutError::Refused(_)) => "refused",
        Err(PutError::Unknown(_)) => "unknown",
    }
}

const ANSWERS: &[(Answer, &str)] = &[
    (Answer::Error(412, "PreconditionFailed"), "precondition"),
    (Answer::Error(409, "ConditionalRequestConflict"), "conflict"),
    (Answer::Error(404, "NoSuchKey"), "missing"),
    (Answer::Error(404, "NoSuchBucket"), "refused"),
    (Answer::Error(403, "AccessDenied"), "denied"),
    (Answer::Error(400, "InvalidRequest"), "refused"),
    (Answer::Error(400, "ExpiredToken"), "denied"),
    (Answer::Elsewhere("eu-west-1"), "refused"),
    (Answer::Error(500, "InternalError"), "unknown"),
    (Answer::Error(503, "SlowDown"), "unknown"),
    (Answer::Dropped, "unknown"),
];

#[tokio::test]
async fn every_answer_to_a_put_is_told_apart_and_sent_once() {
    for (answer, wanted) in ANSWERS {
        let server = S3Server::start();
        let store = bucket(&server, "");
        server.fail("PutObject", 1, answer.clone(), false);
        let outcome = put(&store, Precondition::Matches(Revision("x".to_owned()))).await;
        assert_eq!(kind(&outcome), *wanted, "{answer:?}: {outcome:?}");
        assert_eq!(server.counts()["PutObject"], 1, "{answer:?}");
        assert!(server.objects().is_empty());
    }
}

#[tokio::test]
async fn every_answer_to_a_completion_is_told_apart_and_sent_once() {
    for (answer, wanted) in ANSWERS {
        let server = S3Server::start();
        let store = bucket(&server, "");
        server.fail("CompleteMultipartUpload", 1, answer.clone(), false);
        let outcome = finish(&store, Precondition::Matches(Revision("x".to_owned()))).await;
        assert_eq!(kind(&outcome), *wanted, "{answer:?}: {outcome:?}");
        assert_eq!(server.counts()["CompleteMultipartUpload"], 1, "{answer:?}");
        // What may have been applied is left alone; the rest is thrown away.
        let aborted = server.counts().get("AbortMultipartUpload").copied().unwrap_or(0);
        assert_eq!(aborted, u64::from(*wanted != "unknown"), "{answer:?}");
    }
}

#[tokio::test]
async fn an_error_in_a_200_is_no_success() {
    let server = S3Server::start();
    let store = bucket(&server, "");
    server.fail("CompleteMultipartUpload", 1, Answer::ErrorInOk("InternalError"), false);
    let outcome = finish(&store, Precondition::Absent).await;
    assert_eq!(kind(&outcome), "unknown", "{outcome:?}");
    server.fail("PutObject", 1, Answer::ErrorInOk("InternalError"), false);
    let outcome = put(&store, Precondition::Absent).await;
    assert_eq!(kind(&outcome), "unknown", "{outcome:?}");
}

#[tokio::test]
async fn a_lost_answer_is_unknown_though_the_write_landed() {
    for answer in [Answer::Dropped, Answer::Error(500, "InternalError")] {
        let server = S3Server::start();
        let store = bucket(&server, "");
        server.fail("PutObject", 1, answer.clone(), true);
        assert_eq!(kind(&put(&store, Precondition::Absent).await), "unknown");
        assert_eq!(server.objects()["head.json"], "{}");
        server.fail("CompleteMultipartUpload", 1, answer, true);
        assert_eq!(kind(&finish(&store, Precondition::Absent).await), "unknown");
        assert_eq!(server.objects()["artifacts/a"], "bytes");
        assert_eq!(server.counts()["PutObject"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_and_parts_are_tried_again() {
    let server = S3Server::start();
    let store = bucket(&server, "");
    server.put_raw("head.json", "{}");
    for operation in ["GetObject", "HeadObject", "ListObjectsV2", "UploadPart"] {
        server.fail(operation, 1, Answer::Error(503, "SlowDown"), false);
        server.fail(operation, 2, Answer::Dropped, false);
    }
    let object = store.get(&key("head.json"), None).await.unwrap().unwrap();
    assert_eq!(text(object).await, "{}");
    assert_eq!(store.head(&key("head.json")).await.unwrap().unwrap().size, 2);
    assert_eq!(keys(&store, "").await, ["head.json"]);
    finish(&store, Precondition::Absent).await.unwrap();
    assert_eq!(server.objects()["artifacts/a"], "bytes");
    for operation in ["GetObject", "HeadObject", "ListObjectsV2", "UploadPart"] {
        assert_eq!(server.counts()[operation], 3, "{operation}");
    }
}

#[tokio::test]
async fn a_failure_says_what_was_asked_answered_and_how_often() {
    let server = S3Server::start();
    let store = bucket(&server, "prefix = \"ruby\"");
    for _ in 0..4 {
        server.fail("GetObject", 1, Answer::Error(500, "InternalError"), false);
    }
    let error = store.get(&key("head.json"), None).await.unwrap_err();
    insta::assert_snapshot!(error, @"GetObject of `s3://deps/ruby/head.json`: answered 500 InternalError: scripted (request REQ-1, 4 tries)");
    server.fail("GetObject", 1, Answer::Error(403, "AccessDenied"), false);
    let error = store.get(&key("head.json"), None).await.unwrap_err();
    let StorageError::Denied { message, help } = error else { panic!("{error}") };
    insta::assert_snapshot!(message, @"GetObject of `s3://deps/ruby/head.json`: answered 403 AccessDenied: scripted (request REQ-1, 1 try); with credentials of the variable `AWS_ACCESS_KEY_ID`");
    insta::assert_snapshot!(help.unwrap(), @"grant `s3:GetObject`, and `s3:ListBucket` on the bucket: without it a missing key is answered as denied");
}

#[tokio::test]
async fn a_bucket_elsewhere_names_its_region() {
    let server = S3Server::start();
    let store = bucket(&server, "");
    server.fail("ListObjectsV2", 1, Answer::Elsewhere("eu-west-1"), false);
    let error = store.list("").try_collect::<Vec<_>>().await.unwrap_err();
    let StorageError::Failed { help, .. } = error else { panic!("{error}") };
    assert_eq!(help.unwrap(), "the bucket is elsewhere: write `region = \"eu-west-1\"`");
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_not_an_empty_one() {
    let server = S3Server::start();
    let keys = [
        ("AWS_ACCESS_KEY_ID", server.access_key()),
        ("AWS_SECRET_ACCESS_KEY", server.secret_key()),
    ];
    let table = format!("bucket = \"other\"\nendpoint = \"{}\"", server.endpoint());
    let store = S3Storage::from_table(setup(&table, &keys)).unwrap();
    let error = store.get(&key("head.json"), None).await.unwrap_err();
    let StorageError::Failed { message, help } = error else { panic!("{error}") };
    assert!(message.contains("404 NoSuchBucket"), "{message}");
    assert_eq!(help.unwrap(), "create the bucket `other`, or correct `bucket`");
    assert!(store.list("").try_collect::<Vec<_>>().await.is_err());
}

#[tokio::test]
async fn wrong_credentials_name_their_source_and_no_value() {
    let server = S3Server::start();
    for (id, secret) in [(server.access_key(), "wr0ng"), ("unkn0wn", server.secret_key())] {
        let environment = [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret)];
        let store = bucket_with(&server, "", &environment);
        for error in [
            store.get(&key("head.json"), None).await.err().unwrap(),
            store.head(&key("head.json")).await.err().unwrap(),
            store.list("").try_collect::<Vec<_>>().await.err().unwrap(),
        ] {
            let StorageError::Denied { message, help } = error else { panic!("{error}") };
            let source = "with credentials of the variable `AWS_ACCESS_KEY_ID`";
            assert!(message.ends_with(source), "{message}");
            assert!(help.is_some());
            assert!(!message.contains(secret) && !message.contains("unkn0wn"), "{message}");
        }
        assert_eq!(kind(&put(&store, Precondition::Absent).await), "denied");
    }
}

#[tokio::test]
async fn an_endpoint_that_nobody_listens_at_is_named() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let table = format!("bucket = \"deps\"\nendpoint = \"http://{address}\"");
    let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
    let store = S3Storage::from_table(setup(&table, &keys)).unwrap();
    let head = key("head.json");
    let asked = store.get(&head, None);
    let error = tokio::time::timeout(Duration::from_secs(30), asked).await.unwrap().unwrap_err();
    let StorageError::Failed { message, help } = error else { panic!("{error}") };
    assert!(message.contains("no connection") && message.contains("4 tries"), "{message}");
    assert!(message.contains("refused"), "{message}");
    assert!(help.unwrap().contains(&format!("http://{address}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_is_gone_on_with() {
    let server = S3Server::start();
    let store = bucket(&server, "");
    let bytes = noise(3 * 1024 * 1024);
    server.put_raw("artifacts/a", bytes.clone());
    server.fail("GetObject", 1, Answer::Cut(1_000_000), false);
    server.fail("GetObject", 2, Answer::Cut(500_000), false);
    let object = store.get(&key("artifacts/a"), None).await.unwrap().unwrap();
    let read = object.body.collect(1 << 30).await.unwrap();
    assert!(read == bytes);
    assert_eq!(server.counts()["GetObject"], 3);
    // But not with the bytes of another state.
    server.fail("GetObject", 1, Answer::Cut(1_000_000), false);
    let object = store.get(&key("artifacts/a"), None).await.unwrap().unwrap();
    server.put_raw("artifacts/a", noise(4 * 1024 * 1024));
    assert!(object.body.collect(1 << 30).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_never_gets_through_ends_the_upload() {
    let server = S3Server::start();
    let store = bucket(&server, "");
    for _ in 0..4 {
        server.fail("UploadPart", 1, Answer::Error(500, "InternalError"), false);
    }
    let outcome = finish(&store, Precondition::Absent).await;
    assert_eq!(kind(&outcome), "refused", "{outcome:?}");
    let Err(PutError::Refused(error)) = outcome else { unreachable!() };
    assert!(error.to_string().contains("4 tries"), "{error}");
    assert!(server.objects().is_empty());
    assert_eq!(server.counts()["AbortMultipartUpload"], 1);
}

#[tokio::test]
async fn a_store_that_says_it_has_other_bytes_is_not_believed() {
    let other = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=";
    let md5 = "\"00000000000000000000000000000000\"";
    for (table, header, value, wanted) in [
        ("", "x-amz-checksum-sha256", other, "unknown"),
        // Without a checksum in the answer a tag that looks like an MD5 is compared.
        ("checksum = \"when-required\"", "etag", md5, "unknown"),
        ("checksum = \"when-required\"", "etag", "\"of-no-md5\"", "written"),
        ("", "etag", "", "unknown"),
    ] {
        let server = S3Server::start();
        let store = bucket(&server, table);
        server.fail("PutObject", 1, Answer::Header(header, value), true);
        let outcome = put(&store, Precondition::Absent).await;
        assert_eq!(kind(&outcome), wanted, "{header}: {outcome:?}");
    }
}

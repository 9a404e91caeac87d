//! Drivers that do not do as they say. depstate goes on, says what was wrong, and takes no harm.

use std::time::{Duration, Instant};

use depstate::{
    external::{ExternalSource, ExternalStorage},
    model::{Code, ObjectKey},
    source::SourceDriver,
    storage::{Precondition, PutError, StorageReader, StorageWriter},
};
use futures::TryStreamExt as _;
use serde_json::json;

use super::{Bin, Said, client};

/// A driver in Python that answers `initialize` well and anything else by `body`, a piece of code
/// that knows `method`, `params` and `answer(result)`.
fn liar(kind: &str, body: &str) -> Bin {
    let bin = Bin::new();
    let indented = body.replace('\n', "\n    ");
    bin.write(
        &format!("depstate-{kind}-liar"),
        &format!(
            r#"#!/usr/bin/env python3
import json, os, sys, time, subprocess
def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()
def error(code, message):
    write(json.dumps({{"jsonrpc": "2.0", "id": id, "error": {{"code": code, "message": message}}}}) + "\n")
def answer(result):
    write(json.dumps({{"jsonrpc": "2.0", "id": id, "result": result}}) + "\n")
for line in sys.stdin:
    request = json.loads(line)
    id, method, params = request.get("id"), request["method"], request["params"]
    if method == "initialize":
        answer({{"name": "liar", "version": "1", "protocol": 1, "place": "nowhere", "fields": [],
                "capabilities": {{"opens": ["driver"], "in_flight": 4, "checksums": True}}}})
        continue
    {indented}
"#
        ),
    );
    bin
}

fn source(bin: &Bin) -> (ExternalSource, Said) {
    source_within(bin, Duration::from_secs(30))
}

fn source_within(bin: &Bin, answer: Duration) -> (ExternalSource, Said) {
    let root = std::env::temp_dir();
    let (mut setup, said) = bin.setup("depstate-source-liar", &json!({}), &root);
    setup.patience.answer = answer;
    (ExternalSource::new(setup, client()), said)
}

async fn store(bin: &Bin, answer: Duration) -> ExternalStorage {
    let root = std::env::temp_dir();
    let (mut setup, _) = bin.setup("depstate-storage-liar", &json!({}), &root);
    setup.patience.answer = answer;
    ExternalStorage::start(setup).await.unwrap()
}

/// Asks a source for its releases, which fails, with one of these words.
async fn fails(body: &str, code: Code, words: &str) {
    let bin = liar("source", body);
    let (driver, _) = source(&bin);
    let error = driver.releases(None).await.unwrap_err();
    assert_eq!(error.code(), code, "{body}: {error}");
    assert!(error.to_string().contains(words), "{body}: {error}");
    assert!(!error.to_string().contains(['\u{1b}', '\u{202e}']), "{body}: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_is_none() {
    for (body, words) in [
        ("print('hello', flush=True)", "what is no answer, and was ended: `hello`"),
        ("print('\\x1b[31mred\\u202e', flush=True)", "`[31mred`"),
        ("write('{\"jsonrpc\": \"2.0\", \"id\": 2}\\n')", "neither a result nor an error"),
        ("write('{\"jsonrpc\": \"1.0\", \"id\": 2, \"result\": {}}\\n')", "not of JSON-RPC 2.0"),
        ("id = 77\nanswer({'rows': [], 'next': None})", "a request that was never made"),
        ("id = None\nerror(-32700, 'what?')", "could not read a request: what?"),
        ("write('\\xff\\n')", "what is no answer"),
        ("answer({'rows': []})", "missing field `next`"),
        ("answer({'rows': 7, 'next': None})", "it can't be understood"),
        ("answer([])", "it can't be understood"),
    ] {
        fails(body, Code::DRIVER_FAILED, words).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_can_not_be_is_none() {
    for (body, words) in [
        ("answer({'rows': [], 'next': 'a'})", "lead round in a circle"),
        ("answer({'rows': [{'version': 3.1}], 'next': None})", "`version` is a number"),
        (
            "answer({'rows': [{'version': '1', 'url': 'file:///etc/passwd'}], 'next': None})",
            "begins with `file:`",
        ),
        (
            "answer({'rows': [{'version': '1', 'url': 'http://x/y'}], 'next': None})",
            "not encrypted",
        ),
        ("answer({'rows': [{'version': '1\\u202e'}], 'next': None})", "letters that can't be seen"),
        ("answer({'modified': False, 'next': None})", "where nothing is known yet"),
        ("error(5, 'a page of HTML')", "a page of HTML"),
    ] {
        fails(body, Code::SOURCE_ANSWER, words).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_without_end_takes_no_memory() {
    let before = resident();
    let body = "for _ in range(100):\n    write('x' * (1 << 20))\nwrite('\\n')";
    fails(body, Code::DRIVER_FAILED, "a line of more than 4194304 bytes").await;
    // Other tests of this binary run beside: this is only to notice a hundred MiB more of ours.
    let grown = resident().saturating_sub(before);
    eprintln!("resident memory grew by {} MiB", grown >> 20);
}

/// Bytes of memory that this process has, where the system tells.
fn resident() -> u64 {
    let text = fs_err::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * 4096
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_answers_is_ended() {
    let bin = liar("source", "time.sleep(1000)");
    let (driver, _) = source_within(&bin, Duration::from_millis(1500));
    let began = Instant::now();
    let error = driver.releases(None).await.unwrap_err().to_string();
    assert!(error.contains("none came within 1.5 s"), "{error}");
    assert!(began.elapsed() < Duration::from_mins(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_greets_is_ended() {
    let bin = Bin::new();
    bin.write("depstate-source-liar", "#!/bin/sh\nsleep 1000\n");
    let root = std::env::temp_dir();
    let (mut setup, _) = bin.setup("depstate-source-liar", &json!({}), &root);
    setup.patience.handshake = Duration::from_millis(500);
    let driver = ExternalSource::new(setup, client());
    for _ in 0..2 {
        // The second time it is not even started.
        let began = Instant::now();
        let error = driver.releases(None).await.unwrap_err().to_string();
        assert!(error.contains("`initialize`: none came within 0.5 s"), "{error}");
        assert!(began.elapsed() < Duration::from_mins(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_body_is_no_file() {
    let open = |size: &str, first: &str, end: &str| {
        format!(
            "if method == 'source/open':\n    answer({{'body': {{'stream': 's', 'size': {size}}}}})\n\
             elif method == 'body/read':\n    answer({{'data': '{first}', 'end': {end}}})"
        )
    };
    // `YWJj` is `abc`.
    for (body, words) in [
        (open("10", "YWJj", "True"), "ended after 3 of 10 bytes"),
        (open("2", "YWJj", "True"), "more than the 2 bytes"),
        (open("10", "", "False"), "sends nothing"),
        (open("None", "", "False"), "sends nothing"),
        (open("10", "?!", "True"), "no base64"),
        (open("4", "YWJj", "False").replace("'YWJj'", "'YWJj' * 200000"), "at once, of at most"),
    ] {
        let bin = liar("source", &body);
        let (driver, _) = source(&bin);
        let stream = driver.open("driver:x", 0).await.unwrap();
        let error = stream.collect(1 << 20).await.unwrap_err();
        let story =
            format!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string));
        assert!(story.contains(words), "{body}: {story}");
    }
    for (body, words) in [
        ("answer({'body': {'data': 'YWJj', 'size': 10}})", "says 10 bytes and sends 3"),
        ("answer({'body': {}})", "neither `data` nor `stream`"),
        ("answer({'body': {'data': '', 'stream': 's'}})", "both `data` and `stream`"),
    ] {
        let bin = liar("source", body);
        let (driver, _) = source(&bin);
        let error = driver.open("driver:x", 0).await.unwrap_err().to_string();
        assert!(error.contains(words), "{body}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_store_says_of_objects_must_be_possible() {
    let meta = "{'size': 3, 'revision': 'r'}";
    let read = |body: &'static str| async move {
        let bin = liar("storage", body);
        let store = store(&bin, Duration::from_secs(30)).await;
        let got = store.get(&ObjectKey::new("k"), None).await.map(drop);
        got.unwrap_err().to_string()
    };
    for (body, words) in [
        ("answer({'body': None})", "missing field `object`"),
        (
            "answer({'object': {'size': 3, 'revision': ''}, 'body': {'data': 'YWJj'}})",
            "its revision is empty",
        ),
        (
            "answer({'object': {'size': 4, 'revision': 'r'}, 'body': {'data': 'YWJj'}})",
            "announces 3 bytes where there are 4",
        ),
        ("answer({'object': {'size': 3, 'revision': 'r'}})", "without its `body`"),
        ("error(3, 'no right to read')", "no right to read"),
    ] {
        let error = read(body).await;
        assert!(error.contains(words), "{body}: {error}");
    }
    for (objects, words) in [
        (format!("[{{'key': 'b', **{meta}}}, {{'key': 'a', **{meta}}}]"), "not the order"),
        (format!("[{{'key': 'a', **{meta}}}, {{'key': 'a', **{meta}}}]"), "not the order"),
        (format!("[{{'key': 'x', **{meta}}}]"), "does not begin with `gen/`"),
        (format!("[{{'key': 'gen/\\x1b[31m', **{meta}}}]"), "letters that can't be seen"),
    ] {
        let bin = liar("storage", &format!("answer({{'objects': {objects}, 'next': None}})"));
        let store = store(&bin, Duration::from_secs(30)).await;
        let prefix = if words.contains("gen/") { "gen/" } else { "" };
        let listed: Result<Vec<_>, _> = store.list(prefix).try_collect().await;
        let error = listed.unwrap_err().to_string();
        assert!(error.contains(words), "{objects}: {error}");
    }
    let bin = liar("storage", "answer({'objects': [], 'next': params.get('cursor') or 'a'})");
    let store = store(&bin, Duration::from_secs(30)).await;
    let error = store.list("").try_collect::<Vec<_>>().await.unwrap_err().to_string();
    assert!(error.contains("round in a circle"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_makes_no_sense_is_unknown() {
    let put = |body: &str, answer: Duration| {
        let bin = liar("storage", body);
        async move {
            let store = store(&bin, answer).await;
            let key = ObjectKey::new("head.json");
            store.put(&key, "abc".into(), Precondition::Absent).await.unwrap_err()
        }
    };
    let long = Duration::from_secs(30);
    for body in [
        "answer({'object': {'size': 2, 'revision': 'r'}})",
        "answer({'object': {'size': 3, 'revision': ''}})",
        "answer({})",
        "error(1, 'the disk is odd')",
        "error(14, 'who knows')",
        "error(-32603, 'oops')",
        "error(12345, 'a code of its own')",
        "print('no answer', flush=True)",
        "sys.exit(3)",
        "os.kill(os.getpid(), 9)",
    ] {
        let error = put(body, long).await;
        assert!(matches!(error, PutError::Unknown(_)), "{body}: {error:?}");
    }
    let error = put("time.sleep(1000)", Duration::from_millis(500)).await;
    assert!(matches!(error, PutError::Unknown(_)), "{error:?}");
    for body in ["error(13, 'no')", "error(3, 'no')", "error(15, 'no')", "error(-32601, 'no')"] {
        let error = put(body, long).await;
        assert!(matches!(error, PutError::Refused(_)), "{body}: {error:?}");
    }
    assert!(matches!(put("error(10, 'no')", long).await, PutError::Precondition(_)));
    assert!(matches!(put("error(11, 'no')", long).await, PutError::Conflict(_)));
    assert!(matches!(put("error(12, 'no')", long).await, PutError::Missing(_)));
}

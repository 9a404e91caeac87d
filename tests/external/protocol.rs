//! Every message of a conversation is what the schema says, and the schema takes nothing else.

use std::{collections::BTreeMap, path::Path};

use depstate::{
    external::{ExternalSource, ExternalStorage, schema},
    model::ObjectKey,
    source::SourceDriver,
    storage::{Precondition, PutError, StorageReader, StorageWriter},
};
use futures::TryStreamExt as _;
use serde_json::{Value, json};

use super::{Bin, client};

/// Puts a program before an example that writes down what goes in and out.
fn recorded(program: &str) -> Bin {
    let bin = Bin::example(program);
    let real = bin.folder.path().join("real");
    fs_err::rename(bin.path(program), &real).unwrap();
    let log = bin.folder.path().display();
    bin.write(
        program,
        &format!("#!/bin/sh\ntee -a {log}/in.log | {} | tee -a {log}/out.log\n", real.display()),
    );
    bin
}

fn messages(bin: &Bin, file: &str) -> Vec<Value> {
    let text = fs_err::read_to_string(bin.folder.path().join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A validator of one definition of the schema.
fn of(name: &str) -> jsonschema::Validator {
    let mut schema = schema();
    schema.as_object_mut().unwrap().remove("anyOf");
    schema["$ref"] = format!("#/definitions/{}", name.replace('/', "~1")).into();
    jsonschema::validator_for(&schema).unwrap()
}

/// Checks all that was recorded; the methods that were seen.
fn check(bin: &Bin) -> Vec<String> {
    let whole = jsonschema::validator_for(&schema()).unwrap();
    let mut asked = BTreeMap::new();
    let mut seen = Vec::new();
    for message in messages(bin, "in.log") {
        let method = message["method"].as_str().unwrap().to_owned();
        assert!(of(&format!("request:{method}")).is_valid(&message), "{message:#}");
        assert!(whole.is_valid(&message), "{message:#}");
        if let Some(id) = message["id"].as_u64() {
            asked.insert(id, method.clone());
        }
        seen.push(method);
    }
    for message in messages(bin, "out.log") {
        let method = &asked[&message["id"].as_u64().unwrap()];
        let name = match message.get("error") {
            Some(_) => "error".to_owned(),
            None => format!("answer:{method}"),
        };
        let wrong: Vec<_> = of(&name).iter_errors(&message).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{message:#}");
        assert!(whole.is_valid(&message), "{message:#}");
    }
    seen.sort();
    seen.dedup();
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_with_a_source_is_as_the_schema_says() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("CHANGELOG.md"), "## 1.2.0 - 2026-01-02\n## 1.1.0\n").unwrap();
    fs_err::write(folder.path().join("t-1.2.0.zip"), vec![7; 600_000]).unwrap();
    let bin = recorded("depstate-source-changelog");
    let config = json!({"changelog": "CHANGELOG.md", "files": ".", "name": "t-{version}.zip"});
    let (setup, _) = bin.setup("depstate-source-changelog", &config, folder.path());
    let driver = ExternalSource::new(setup, client());
    let listing = driver.releases(None).await.unwrap().unwrap();
    assert!(driver.releases(listing.revision.as_ref()).await.unwrap().is_none());
    let url = listing.rows[0].url.clone().unwrap();
    let body = driver.open(&url, 3).await.unwrap();
    assert_eq!(body.collect(1 << 20).await.unwrap().len(), 599_997);
    let mut left = driver.open(&url, 0).await.unwrap();
    left.next().await.unwrap();
    drop(left);
    assert!(driver.open("driver:none", 0).await.unwrap_err().is_absent());
    driver.shutdown().await.unwrap();
    assert_eq!(
        check(&bin),
        ["body/close", "body/read", "initialize", "shutdown", "source/open", "source/releases"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_with_a_store_is_as_the_schema_says() {
    let folder = crate::contract::stores::folder();
    let bin = recorded("depstate-storage-folder");
    let (setup, _) = bin.setup("depstate-storage-folder", &json!({"path": "m"}), folder.path());
    let store = ExternalStorage::start(setup).await.unwrap();
    let (key, large) = (ObjectKey::new("head.json"), ObjectKey::new("artifacts/a"));
    let first = store.put(&key, "one".into(), Precondition::Absent).await.unwrap();
    let seen = Precondition::Matches(first.revision);
    store.put(&key, "two".into(), seen.clone()).await.unwrap();
    let late = store.put(&key, "three".into(), seen).await;
    assert!(matches!(late, Err(PutError::Precondition(_))), "{late:?}");
    let big = crate::contract::stores::noise(2 << 20);
    store.put(&large, big.clone(), Precondition::Absent).await.unwrap();
    let whole = store.get(&large, None).await.unwrap().unwrap();
    assert_eq!(whole.body.collect(1 << 22).await.unwrap(), big);
    let part = store.get(&large, Some(5..9)).await.unwrap().unwrap();
    assert_eq!(part.body.collect(9).await.unwrap(), big[5..9]);
    assert!(store.head(&ObjectKey::new("none")).await.unwrap().is_none());
    assert!(store.get(&ObjectKey::new("none"), None).await.unwrap().is_none());
    let mut upload = store.upload(&ObjectKey::new("artifacts/b")).await.unwrap();
    upload.write("abc".into()).await.unwrap();
    upload.abort().await.unwrap();
    let kept = store.upload(&ObjectKey::new("artifacts/c")).await.unwrap();
    let open: Vec<_> = store.unfinished("").try_collect().await.unwrap();
    assert_eq!(open.len(), 1);
    store.discard(&open[0]).await.unwrap();
    assert_eq!(store.list("").try_collect::<Vec<_>>().await.unwrap().len(), 2);
    store.delete(&large).await.unwrap();
    store.checksums(&ObjectKey::new("probe/x")).await.unwrap();
    drop(kept);
    store.shutdown().await.unwrap();
    let methods = check(&bin);
    for method in [
        "body/read",
        "initialize",
        "shutdown",
        "storage/delete",
        "storage/discard",
        "storage/get",
        "storage/head",
        "storage/list",
        "storage/put",
        "storage/unfinished",
        "storage/upload/abort",
        "storage/upload/begin",
        "storage/upload/finish",
        "storage/upload/write",
    ] {
        assert!(methods.iter().any(|seen| seen == method), "{method} was not seen: {methods:?}");
    }
}

#[test]
fn the_schema_takes_nothing_else() {
    let whole = jsonschema::validator_for(&schema()).unwrap();
    for wrong in [
        json!({}),
        json!({"jsonrpc": "2.0", "id": 1, "method": "storage/format", "params": {}}),
        json!({"jsonrpc": "2.0", "method": "storage/head", "params": {"key": "a"}}),
        json!({"jsonrpc": "2.0", "id": 1, "method": "storage/head", "params": {}}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 999, "message": "own code"}}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 1}}),
    ] {
        assert!(!whole.is_valid(&wrong), "{wrong}");
    }
    // A page without `next`, an answer without `object`: neither must pass for the whole or for none.
    assert!(
        !of("answer:source/releases")
            .is_valid(&json!({"jsonrpc": "2.0", "id": 1, "result": {"rows": []}}))
    );
    assert!(!of("answer:storage/head").is_valid(&json!({"jsonrpc": "2.0", "id": 1, "result": {}})));
    assert!(
        of("answer:storage/head")
            .is_valid(&json!({"jsonrpc": "2.0", "id": 1, "result": {"object": null}}))
    );
}

#[test]
fn the_examples_of_the_description_are_as_the_schema_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/drivers/README.md");
    let text = fs_err::read_to_string(path).unwrap();
    let whole = jsonschema::validator_for(&schema()).unwrap();
    let mut described = Vec::new();
    let mut last = String::new();
    for line in text.lines() {
        let (asked, json) = match (line.strip_prefix("→ "), line.strip_prefix("← ")) {
            (Some(json), _) => (true, json),
            (_, Some(json)) => (false, json),
            (None, None) => continue,
        };
        let message: Value =
            serde_json::from_str(json).map_err(|e| format!("{e}: {json}")).unwrap();
        let name = match (asked, message.get("error")) {
            (true, _) => {
                last = message["method"].as_str().unwrap().to_owned();
                described.push(last.clone());
                format!("request:{last}")
            }
            (false, Some(_)) => "error".to_owned(),
            (false, None) => format!("answer:{last}"),
        };
        let wrong: Vec<_> = of(&name).iter_errors(&message).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{json}");
        assert!(whole.is_valid(&message), "{json}");
    }
    let definitions = schema();
    for name in definitions["definitions"].as_object().unwrap().keys() {
        if let Some(method) = name.strip_prefix("request:") {
            assert!(described.iter().any(|m| m == method), "`{method}` has no example");
        }
    }
}

//! The `s3` driver against a server that others have written, and what the probe says of stores.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use depstate::{
    model::{Checksums, Conditions, Probe},
    state::{Chance, probe},
    storage::{FsStorage, MemoryStorage, StorageWriter},
};

use super::{
    storage,
    stores::{bucket, folder},
};
use crate::support::{
    moto::{Moto, say},
    proxy::{Fault, Proxy},
    reliability,
    s3::{Digests, Keeps, Nature, S3Server},
};

/// What of the contract moto does otherwise than S3, and how.
const OTHERWISE: &[(&str, &str)] =
    &[("an_upload_can_replace_the_state_it_saw", "a completion's `If-Match` is not looked at")];

/// What of it moto does nearly always: it compares and then writes, each request in a thread of its
/// own, and two that meet between the two may both hold (seen once in some ten runs).
const RACED: &[&str] = &["one_of_many_creates", "no_increment_is_lost"];

/// Gives the answer to a completion the root that S3's has: moto 5.2.1 names it `…Response`, which the
/// driver rightly takes for no result.
fn right_root(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    text.replace("CompleteMultipartUploadResponse", "CompleteMultipartUploadResult").into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn moto_keeps_the_contract() {
    let Some(moto) = Moto::find("contract") else { return };
    let proxy = Proxy::start(moto.endpoint()).await;
    proxy.spoil("CompleteMultipartUpload", u64::MAX, Fault::Body(right_root));
    let mut broken = Vec::new();
    let all = storage::all(|name| Arc::new(moto.store(&proxy.endpoint(), name)));
    for (name, task) in all {
        let outcome = task.await;
        let otherwise = OTHERWISE.iter().find(|(known, _)| *known == name);
        match (outcome, otherwise) {
            (Ok(()), None) => {}
            (Err(error), None) if RACED.contains(&name) && !error.is_cancelled() => {
                say(&format!("moto: `{name}` does not hold this time: writes that met both held"));
            }
            (Err(_), Some((_, why))) => say(&format!("moto: `{name}` does not hold: {why}")),
            (Ok(()), Some(_)) => broken.push(format!("`{name}` holds by now")),
            (Err(error), None) => broken.push(format!("`{name}`: {error}")),
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The verdict in two words.
async fn said(store: &dyn StorageWriter) -> Probe {
    probe(store, &Chance::system(), "2025-03-01T12:00:00Z".parse().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_probe_says_of_stores() {
    let (atomic, verified) = (Conditions::Atomic, Checksums::Verified);
    let mut table = Vec::new();
    let memory = MemoryStorage::new();
    table.push(("memory", said(&memory).await, (atomic, verified)));
    let place = folder();
    let fs = FsStorage::new(place.path().join("mirror"));
    table.push(("fs", said(&fs).await, (atomic, Checksums::None)));
    let window = Duration::from_millis(60);
    for (name, conditions, digests, wanted) in [
        ("test server", Keeps::Atomic, Digests::Checked, (atomic, verified)),
        (
            "test server, conditions ignored",
            Keeps::None,
            Digests::Checked,
            (Conditions::Ignored, verified),
        ),
        (
            "test server, compares and writes 60 ms later",
            Keeps::Racing(window),
            Digests::Checked,
            (Conditions::Raced, verified),
        ),
        (
            "test server, a right If-Match fails",
            Keeps::NoIfMatch,
            Digests::Checked,
            (Conditions::Broken, verified),
        ),
        (
            "test server, checksums echoed",
            Keeps::Atomic,
            Digests::Echoed,
            (atomic, Checksums::Echoed),
        ),
        ("test server, no checksums", Keeps::Atomic, Digests::Silent, (atomic, Checksums::None)),
        (
            "test server, nothing kept",
            Keeps::None,
            Digests::Echoed,
            (Conditions::Ignored, Checksums::Echoed),
        ),
    ] {
        let server = S3Server::start_as(Nature { conditions, digests });
        table.push((name, said(&bucket(&server, "")).await, wanted));
    }
    // It looks at a checksum only beside a header that this driver has no use for.
    if let Some(moto) = Moto::find("stores") {
        table.push((
            "moto",
            said(&moto.store(moto.endpoint(), "p")).await,
            (atomic, Checksums::None),
        ));
    }
    let mut text = String::from("what the probe says of stores:\n");
    for (name, found, _) in &table {
        let (conditions, checksums) = (found.conditions.as_str(), found.checksums.as_str());
        writeln!(text, "  {name:<46} {conditions:<8} {checksums}").unwrap();
    }
    say(&text);
    for (name, found, wanted) in &table {
        // The probe may well meet the moment in which two writes to moto both hold.
        let raced = *name == "moto" && found.conditions == Conditions::Raced;
        let conditions = if raced { wanted.0 } else { found.conditions };
        assert_eq!((conditions, found.checksums), *wanted, "{name}\n{text}");
    }
    let rows: Vec<_> = table
        .iter()
        .map(|(name, found, _)| {
            serde_json::json!({
                "store": name,
                "conditions": found.conditions.as_str(),
                "checksums": found.checksums.as_str(),
            })
        })
        .collect();
    reliability::record("stores", &serde_json::json!(rows));
}

//! Records, a cache, and an apply in few words.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use depstate::{
    model::{
        Action, Address, Code, Evidence, Head, InputDigest, Metadata, ObjectKey, Record,
        RecordSource, Revision, Sha256, Snapshot, Summary,
    },
    state::{Author, Changes, CommitOutcome, DocumentCache, StateError, Transaction, read},
    storage::{MemoryStorage, Op, Precondition, PutError, StorageWriter},
};

pub(crate) use super::meddler::{Meddler, Moving};

pub(crate) const PROJECT: &str = "buildpack";

/// A cache in memory.
#[derive(Debug, Default)]
pub(crate) struct MemoryCache(Mutex<BTreeMap<Sha256, Bytes>>);

#[async_trait]
impl DocumentCache for MemoryCache {
    async fn get(&self, digest: &Sha256) -> Option<Bytes> {
        self.0.lock().unwrap().get(digest).cloned()
    }
    async fn put(&self, digest: &Sha256, bytes: &Bytes) {
        self.0.lock().unwrap().insert(*digest, bytes.clone());
    }
}

impl MemoryCache {
    /// Turns every document into something else, as a bad disk would.
    pub(crate) fn rot(&self) {
        for bytes in self.0.lock().unwrap().values_mut() {
            *bytes = Bytes::from_static(b"rotten");
        }
    }
}

/// A store, a cache, and who changes what is there.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(crate) storage: MemoryStorage,
    pub(crate) cache: Arc<MemoryCache>,
    pub(crate) author: Author,
}

impl Bucket {
    pub(crate) fn new() -> Self {
        Self {
            storage: MemoryStorage::new(),
            cache: Arc::default(),
            author: Author {
                project: PROJECT.to_owned(),
                by: Some("ci".to_owned()),
                tool: "depstate test".to_owned(),
                now: "2025-03-01T12:00:00Z".parse().unwrap(),
                single_writer: false,
                chance: depstate::state::Chance::system(),
            },
        }
    }

    pub(crate) async fn read(&self) -> Option<Snapshot> {
        read(&self.storage, &*self.cache).await.unwrap()
    }

    pub(crate) async fn begin_on(&self, base: Option<Snapshot>) -> Result<Transaction, StateError> {
        let storage: Arc<dyn StorageWriter> = Arc::new(self.storage.clone());
        Transaction::begin(storage, Arc::clone(&self.cache) as _, self.author.clone(), base).await
    }

    pub(crate) async fn begin(&self) -> Transaction {
        let base = self.read().await;
        self.begin_on(base).await.unwrap()
    }

    /// Uploads an artifact and returns its record.
    pub(crate) async fn upload(&self, tx: &Transaction, name: &str) -> Record {
        let address = address(name);
        let key = tx.artifact_key(&address, "file.tgz").unwrap();
        let meta = self
            .storage
            .put(&key, Bytes::from(name.to_owned()), Precondition::Absent)
            .await
            .unwrap();
        record(address, key, meta.revision, name)
    }

    /// Publishes artifacts in one transaction and returns the HEAD.
    pub(crate) async fn publish(&self, names: &[&str]) -> Head {
        let mut tx = self.begin().await;
        let mut changes = Changes::default();
        for name in names {
            let record = self.upload(&tx, name).await;
            changes.set.insert(record.address.clone(), record);
        }
        committed(tx.commit(&changes).await.unwrap())
    }

    /// Retires artifacts in one transaction and returns the HEAD.
    pub(crate) async fn retire(&self, names: &[&str]) -> Head {
        let mut tx = self.begin().await;
        committed(tx.commit(&retiring(names)).await.unwrap())
    }

    /// Lets the next write of a key end without an answer; `applied`: it happens all the same.
    pub(crate) fn lose(&self, key: &str, applied: bool) {
        let lost = PutError::Unknown("reset".to_owned());
        self.storage.fail_next(Op::Put, key, lost, applied);
    }

    /// Returns the writes so far, with ids of transactions taken out.
    pub(crate) fn writes(&self) -> Vec<String> {
        let writes = self.storage.ops().into_iter().filter(|op| op.starts_with("PUT"));
        writes.map(|op| without_tx(&op)).collect()
    }

    /// Returns all keys, with ids of transactions taken out.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.storage.objects().into_keys().map(|key| without_tx(&key)).collect()
    }
}

/// Puts `TX` in the place of every ULID.
fn without_tx(text: &str) -> String {
    let mut out = text.to_owned();
    for part in text.split(['/', '-', '.', ' ']) {
        if part.len() == 26 && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            out = out.replace(part, "TX");
        }
    }
    out
}

pub(crate) fn address(name: &str) -> Address {
    name.parse().unwrap()
}

pub(crate) fn record(address: Address, key: ObjectKey, revision: Revision, text: &str) -> Record {
    let sum = Sha256::of(text.as_bytes());
    Record {
        build: None,
        inputs: BTreeMap::default(),
        test: None,
        version: address.version.clone(),
        upstream: format!("v{}", address.version),
        target: address.target.clone(),
        key,
        size: text.len() as u64,
        revision,
        sha256: sum,
        input: InputDigest(sum),
        source: RecordSource {
            extra: BTreeMap::default(),
            url: format!("https://example.org/{address}"),
            size: text.len() as u64,
            sha256: sum,
            upstream_digest: None,
        },
        evidence: Evidence::Index,
        signer: None,
        released: None,
        published: "2025-03-01T12:00:00Z".parse().unwrap(),
        metadata: Metadata::default(),
        side: Vec::new(),
        address,
    }
}

pub(crate) fn setting(records: impl IntoIterator<Item = Record>) -> Changes {
    let set: BTreeMap<Address, Record> =
        records.into_iter().map(|record| (record.address.clone(), record)).collect();
    let summary = Summary {
        actions: BTreeMap::from([(Action::Create, set.len() as u64)]),
        ..Summary::default()
    };
    Changes { set, summary, ..Changes::default() }
}

pub(crate) fn retiring(names: &[&str]) -> Changes {
    let retire = names.iter().map(|name| (address(name), Code::LINE_KEEPS)).collect();
    Changes { retire, ..Changes::default() }
}

pub(crate) fn committed(outcome: CommitOutcome) -> Head {
    match outcome {
        CommitOutcome::Committed(head) => head,
        other @ (CommitOutcome::LostRace(_)
        | CommitOutcome::NotCommitted(_)
        | CommitOutcome::Unknown(_)) => panic!("not committed: {other:?}"),
    }
}

pub(crate) fn names<'a>(records: impl IntoIterator<Item = &'a Address>) -> BTreeSet<String> {
    records.into_iter().map(ToString::to_string).collect()
}

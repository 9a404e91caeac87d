//! Side documents on their way into the bucket: after the artifact, before the index document that
//! names them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt as _, stream};

use super::transfer::Failed;
use crate::{
    failpoint,
    model::{Address, Code, ObjectKey, Record, Snapshot},
    net::Backoff,
    state::{Author, Transaction},
    storage::{Precondition, PutError, StorageReader, StorageWriter},
    wire::{
        WireError,
        inputs::inputs_key,
        provenance::Maker,
        side::{SIDE_LIMIT, SideKind, say_the_same},
    },
};

/// How often a create-only write whose outcome is not known is sent.
const BACKOFF: Backoff =
    Backoff { tries: 4, first: Duration::from_millis(400), longest: Duration::from_secs(5) };
/// How often what is said of an artifact may change in one transaction: once for a lost race.
const ROUNDS: u32 = 10;

/// What side documents are written with.
pub(crate) struct Desk<'a> {
    pub(crate) storage: &'a dyn StorageWriter,
    pub(crate) tx: &'a Transaction,
    pub(crate) author: &'a Author,
    /// How many artifacts at once.
    pub(crate) jobs: usize,
    /// What was read by the builds of records, where that is to be kept.
    pub(crate) inputs: BTreeMap<Address, Bytes>,
}

impl Desk<'_> {
    /// Gives records that are about to be committed their side documents: those of `before`, by
    /// address, where they say the same and the base still reaches them, else new ones. All else of
    /// the records must be final.
    ///
    /// Returns why the documents of an address could not be written; its record has none then, and
    /// must not be committed.
    pub(crate) async fn describe(
        &self,
        records: &mut BTreeMap<Address, Record>,
        before: &BTreeMap<Address, &Record>,
    ) -> BTreeMap<Address, Failed> {
        let mut failed = BTreeMap::new();
        let mut all = stream::iter(records.values_mut())
            .map(|record| async move {
                let known = before.get(&record.address).copied();
                let keys = self.keys(record, known).await;
                (record, keys)
            })
            .buffer_unordered(self.jobs.max(1));
        while let Some((record, keys)) = all.next().await {
            record.side.clear();
            match keys {
                Ok(keys) => record.side = keys,
                Err(why) => {
                    failed.insert(record.address.clone(), why);
                }
            }
        }
        failed
    }

    /// Returns the keys, in order.
    async fn keys(
        &self,
        record: &Record,
        before: Option<&Record>,
    ) -> Result<Vec<ObjectKey>, Failed> {
        if let Some(before) = before.filter(|it| !it.side.is_empty())
            && is_reached(self.tx.base(), before)
            && say_the_same(before, record).map_err(|error| unwritable(&error))?
        {
            return Ok(before.side.clone());
        }
        let maker =
            Maker { project: &self.author.project, tool: &self.author.tool, tx: self.tx.tx() };
        let mut keys = BTreeSet::new();
        for kind in SideKind::ALL {
            let body =
                Bytes::from(kind.encode(record, &maker).map_err(|error| unwritable(&error))?);
            keys.insert(self.put(record, Some(kind), &body).await?);
        }
        match (self.inputs.get(&record.address), before.and_then(inputs_key)) {
            (Some(body), _) => {
                keys.insert(self.put(record, None, body).await?);
            }
            // What the bytes were made of stays as it was.
            (None, Some(key)) if before.is_some_and(|it| is_reached(self.tx.base(), it)) => {
                keys.insert(key.clone());
            }
            (None, _) => {}
        }
        Ok(keys.into_iter().collect())
    }

    /// Writes one, without a kind that which keeps what a build read, and returns where. What an earlier try of this transaction has left at its key is
    /// right if it says the same; else, because the base has changed since, there is another key.
    async fn put(
        &self,
        record: &Record,
        kind: Option<SideKind>,
        body: &Bytes,
    ) -> Result<ObjectKey, Failed> {
        for round in 0..ROUNDS {
            let key = match kind {
                Some(kind) => self.tx.side_key(record, kind, round),
                None => self.tx.inputs_key(record, round),
            };
            if self.put_at(&key, body).await? {
                return Ok(key);
            }
        }
        let message = format!("what is said of `{}` changed {ROUNDS} times", record.address);
        Err(Failed::new(Code::STORAGE_FAILED, message))
    }

    /// False: another document is there.
    async fn put_at(&self, key: &ObjectKey, body: &Bytes) -> Result<bool, Failed> {
        let mut waits = BACKOFF.waits();
        loop {
            failpoint::hit("side/before-put");
            let answer = self.storage.put(key, body.clone(), Precondition::Absent).await;
            failpoint::hit("side/after-put");
            let error = match answer {
                // What the store does not compare with a digest, it is asked for.
                Ok(_) if self.tx.checks_digests() => return Ok(true),
                Ok(_) => return self.is_there(key, body).await?.ok_or_else(|| missing(key)),
                Err(error) => error,
            };
            match &error {
                PutError::Refused(_) | PutError::Missing(_) => {
                    return Err(Failed::put(&error, key));
                }
                PutError::Precondition(_) => {
                    let there = self.is_there(key, body).await?;
                    return there.ok_or_else(|| Failed::put(&error, key));
                }
                PutError::Conflict(_) | PutError::Unknown(_) => {
                    let Some(wait) = waits.next() else {
                        let failed = || Failed::put(&error, key).after(BACKOFF.tries);
                        return self.is_there(key, body).await?.ok_or_else(failed);
                    };
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Tells whether a document is there as it should be; none: there is none.
    async fn is_there(&self, key: &ObjectKey, body: &Bytes) -> Result<Option<bool>, Failed> {
        let found = read(self.storage, key).await?;
        Ok(found.map(|found| found == *body))
    }
}

/// Reads a side document; none: there is none.
pub(crate) async fn read(
    storage: &dyn StorageReader,
    key: &ObjectKey,
) -> Result<Option<Bytes>, Failed> {
    let doing = format!("reading `{key}`");
    let object = storage.get(key, None).await.map_err(|error| Failed::storage(&error, &doing))?;
    let Some(object) = object else { return Ok(None) };
    object.body.collect(SIDE_LIMIT as u64).await.map(Some).map_err(|error| {
        Failed::new(Code::STORAGE_FAILED, format!("{doing}: {}", super::error::chain(&error)))
    })
}

/// Tells whether a base reaches all side documents of a record: others may be gone at any moment.
fn is_reached(base: &Snapshot, record: &Record) -> bool {
    let live = base.live.get(&record.address).filter(|it| it.key == record.key);
    let back = base.condemned.get(&record.key).map(|it| &it.record);
    let named = |key: &ObjectKey| live.into_iter().chain(back).any(|it| it.side.contains(key));
    record
        .side
        .iter()
        .all(|key| !base.doomed.contains(key) && (named(key) || base.replaced.contains_key(key)))
}

fn missing(key: &ObjectKey) -> Failed {
    let message = format!("`{key}` was written, and is not there");
    Failed::new(Code::STORAGE_FAILED, message)
}

fn unwritable(error: &WireError) -> Failed {
    Failed::new(Code::BAD_VALUE, super::error::chain(error))
}

//! Floor 5: what is published. Reads HEAD, generation and index documents; carries out commits.

mod error;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::{
    model::{Address, Code, Head, ObjectKey, ObjectMeta, Record, Sha256, Snapshot, Summary, Tx},
    storage::{StorageReader, StorageWriter},
};

pub use error::StateError;

/// Where immutable documents may be kept between runs, by digest. A miss is never an error.
#[async_trait]
pub trait DocumentCache: Send + Sync {
    /// Returns the bytes with this digest, if they are there.
    async fn get(&self, digest: &Sha256) -> Option<Bytes>;
    /// Keeps bytes.
    async fn put(&self, digest: &Sha256, bytes: &Bytes);
}

/// Reads everything that HEAD reaches: HEAD, generation, the index documents that the cache does
/// not have, concurrently; every digest checked. None: there is no HEAD.
///
/// # Errors
/// When the store fails, or what it holds does not fit together.
pub async fn read(
    _storage: &dyn StorageReader,
    _cache: &dyn DocumentCache,
) -> Result<Option<Snapshot>, StateError> {
    unimplemented!()
}

/// Lists the objects below `artifacts/`.
///
/// # Errors
/// When the listing could not be read to its end.
pub async fn objects(
    _storage: &dyn StorageReader,
) -> Result<BTreeMap<ObjectKey, ObjectMeta>, StateError> {
    unimplemented!()
}

/// Who changes the bucket, and when.
#[derive(Debug, Clone)]
pub struct Author {
    /// The project of deps.toml.
    pub project: String,
    /// Who, where the environment says so.
    pub by: Option<String>,
    /// The program, `depstate 0.1.0`.
    pub tool: String,
    /// The instant of planning.
    pub now: Timestamp,
}

/// A change of the index.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Records to write: new ones, and those that replace what the address has.
    pub set: BTreeMap<Address, Record>,
    /// Addresses that leave the index, with the reason's code.
    pub retire: BTreeMap<Address, Code>,
    /// Addresses whose old object is missing or altered: the old key is doomed, not condemned.
    pub doom: BTreeSet<Address>,
    /// Keys taken back from `condemned` (wanted again).
    pub take_back: BTreeSet<ObjectKey>,
    /// The counters for the generation.
    pub summary: Summary,
}

/// One transaction: genesis where needed, journal, then uploads by the caller, then the commit.
pub struct Transaction {
    _private: (),
}

impl Transaction {
    /// Begins: creates HEAD where there is none, reads it where another was faster, and writes the
    /// journal. Returns the transaction and the snapshot that it stands on.
    ///
    /// # Errors
    /// When the store fails, or the prefix belongs to another project or a newer format.
    pub async fn begin(
        _storage: Arc<dyn StorageWriter>,
        _cache: Arc<dyn DocumentCache>,
        _author: Author,
        _base: Option<Snapshot>,
    ) -> Result<Self, StateError> {
        unimplemented!()
    }

    /// Returns the transaction's id.
    pub fn tx(&self) -> &Tx {
        unimplemented!()
    }

    /// Returns the snapshot that the next commit stands on.
    pub fn base(&self) -> &Snapshot {
        unimplemented!()
    }

    /// Returns the key for an artifact's bytes: never used twice.
    pub fn artifact_key(&self, _address: &Address, _file: &str) -> ObjectKey {
        unimplemented!()
    }

    /// Writes index documents and generation, then HEAD: the commit point. On success the journal
    /// is closed and the views of changed dependencies are made.
    ///
    /// # Errors
    /// When it failed before the commit point: nothing is committed.
    pub async fn commit(&mut self, _changes: &Changes) -> Result<CommitOutcome, StateError> {
        unimplemented!()
    }

    /// After a lost race: stands the transaction on a newer snapshot. False: the journal was
    /// aborted or is gone, begin again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rebase(&mut self, _base: Snapshot) -> Result<bool, StateError> {
        unimplemented!()
    }

    /// Gives up before the commit point: marks the journal aborted, so that the collector may clean up.
    pub async fn abandon(self) {
        unimplemented!()
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

/// What became of a commit. A lost race and a lost answer are outcomes, not errors.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOutcome {
    /// It is in the chain of HEADs.
    Committed(Head),
    /// Another was faster; nothing of ours is in.
    LostRace(Head),
    /// Refused before it was applied; the text is for a person.
    NotCommitted(String),
    /// It can't be told; rerunning is safe.
    Unknown(Tx),
}

/// Makes the views that differ from HEAD again; does nothing where they are right.
///
/// # Errors
/// When the store fails.
pub async fn refresh_views(
    _storage: &dyn StorageWriter,
    _snapshot: &Snapshot,
    _public_url: Option<&str>,
) -> Result<(), StateError> {
    unimplemented!()
}

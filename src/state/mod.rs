//! Floor 5: what is published. Reads HEAD, generation and index documents; carries out commits.
//!
//! [`read`] tells what HEAD reaches, every digest checked. A [`Transaction`] changes it: the
//! decisions are `commit`'s, which knows no store; here its effects become requests. Views are made
//! afterwards by [`refresh_views`], because a view that fails is no failed commit.

mod change;
mod collect;
mod driver;
mod error;
mod gc;
mod history;
mod ids;
mod journal;
mod keys;
mod later;
pub mod outputs;
mod probe;
mod read;
mod restore;
mod steps;
mod survey;
mod transaction;
mod views;

use async_trait::async_trait;
use bytes::Bytes;

use crate::model::Sha256;

pub use crate::commit::LISTED;
pub use change::Changes;
pub use collect::{Findings, survey};
pub use error::StateError;
pub use gc::{Collected, collect};
pub use history::{History, Past, Step};
pub use ids::Chance;
pub use journal::journal;
pub use probe::probe;
pub use read::{head, objects, objects_near, reach_at, read, read_at};
pub use restore::{Restored, restore};
pub use survey::{
    Journals, Kept, Listed, begun, generations, journals, lost_after, raw_head, unnamed,
};
pub use transaction::{Author, CommitOutcome, Transaction};
pub use views::{refresh_views, stale_views};

/// How many requests run at the same time.
const AT_ONCE: usize = 16;

/// How often one write is sent before it is given up.
const PATIENCE: u8 = 5;

/// Where immutable documents may be kept between runs, by digest. A miss is never an error.
#[async_trait]
pub trait DocumentCache: Send + Sync {
    /// Returns the bytes with this digest, if they are there.
    async fn get(&self, digest: &Sha256) -> Option<Bytes>;
    /// Keeps bytes.
    async fn put(&self, digest: &Sha256, bytes: &Bytes);
}

/// A cache that keeps nothing: everything is read from the store.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uncached;

#[async_trait]
impl DocumentCache for Uncached {
    async fn get(&self, _digest: &Sha256) -> Option<Bytes> {
        None
    }
    async fn put(&self, _digest: &Sha256, _bytes: &Bytes) {}
}

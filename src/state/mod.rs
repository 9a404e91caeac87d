//! Floor 5: what is published. Reads HEAD, generation and index documents; carries out commits.
//!
//! [`read`] tells what HEAD reaches, every digest checked. A [`Transaction`] changes it: the
//! decisions are `commit`'s, which knows no store; here its effects become requests. Views are made
//! afterwards by [`refresh_views`], because a view that fails is no failed commit.

mod change;
mod driver;
mod error;
mod ids;
mod keys;
mod probe;
mod read;
mod transaction;
mod views;

use async_trait::async_trait;
use bytes::Bytes;

use crate::model::Sha256;

pub use change::Changes;
pub use error::StateError;
pub use ids::Chance;
pub use probe::probe;
pub use read::{objects, read};
pub use transaction::{Author, CommitOutcome, Transaction};
pub use views::refresh_views;

/// How many requests run at the same time.
const AT_ONCE: usize = 16;

/// Where immutable documents may be kept between runs, by digest. A miss is never an error.
#[async_trait]
pub trait DocumentCache: Send + Sync {
    /// Returns the bytes with this digest, if they are there.
    async fn get(&self, digest: &Sha256) -> Option<Bytes>;
    /// Keeps bytes.
    async fn put(&self, digest: &Sha256, bytes: &Bytes);
}

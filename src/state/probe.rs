//! What a store is like.

use jiff::Timestamp;

use super::{Chance, StateError};
use crate::{
    model::{Checksums, Conditions, Probe},
    storage::StorageWriter,
};

/// Placeholder.
pub async fn probe(
    storage: &dyn StorageWriter,
    _chance: &Chance,
    now: Timestamp,
) -> Result<Probe, StateError> {
    Ok(Probe {
        location: storage.location(),
        conditions: Conditions::Atomic,
        checksums: Checksums::None,
        at: now,
    })
}

//! Did HEAD go back? Generations after its serial tell.

use std::collections::BTreeSet;

use crate::model::{ObjectKey, Tx};

/// A generation whose serial is above HEAD's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// Its serial.
    pub serial: u64,
    /// Its key.
    pub key: ObjectKey,
    /// Whose it is.
    pub tx: Tx,
    /// The journal of that transaction says that it committed.
    pub done: bool,
    /// The generation that it followed.
    pub parent: Option<ObjectKey>,
}

/// Returns the newest of these that once was HEAD's, with its serial. One that only lies there was
/// written by a transaction that has not committed yet, or never will.
pub fn newest_lost(all: &[Later]) -> Option<(u64, ObjectKey)> {
    let parents: BTreeSet<&ObjectKey> = all.iter().filter_map(|at| at.parent.as_ref()).collect();
    all.iter()
        .filter(|at| at.done || parents.contains(&at.key))
        .max_by_key(|at| at.serial)
        .map(|at| (at.serial, at.key.clone()))
}

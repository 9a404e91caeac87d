//! `status --tx`: what became of a transaction. Only reads.

use super::{OpsError, Project, seen};
use crate::{
    commit::{Chain, Outcome, outcome},
    model::{Code, Head, Journal, Tx},
    state::{self, History, StateError, Step},
    storage::StorageReader,
};

/// How often everything is read again because it moved while it was read.
const TRIES: u32 = 3;

/// What became of a transaction, and what that was told by.
#[derive(Debug, Clone)]
pub struct Became {
    /// What became of it.
    pub outcome: Outcome,
    /// The serial of HEAD; none: there is none.
    pub head: Option<u64>,
    /// Its journal, if it is still there.
    pub journal: Option<Journal>,
}

/// Finds out what became of a transaction.
///
/// # Errors
/// When the storage can't be read; `storage-damaged` where the journal says that it committed and
/// the chain does not have it.
pub async fn became(
    project: &Project,
    storage: &dyn StorageReader,
    tx: &Tx,
) -> Result<Became, OpsError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let head = seen::read_head(project, storage).await?;
        let chain = match &head {
            Some(head) => chain(storage, head, tx).await?,
            None => Chain::Absent,
        };
        // After the chain: see `outcome`.
        let journal = state::journal(storage, tx).await?;
        let serial = head.as_ref().map(|head| head.serial);
        match outcome(chain, serial, journal.as_ref()) {
            // It may have committed between the two readings.
            Outcome::Lost if tries < TRIES => {}
            Outcome::Lost => {
                return Err(OpsError::said(
                    Code::STORAGE_DAMAGED,
                    format!(
                        "the journal of {tx} says that it committed, and the chain of HEADs down from \
                         serial {} does not have it",
                        serial.unwrap_or_default()
                    ),
                    Some("HEAD went back, or history was lost: run `depstate doctor`"),
                ));
            }
            outcome @ (Outcome::Committed { .. }
            | Outcome::NotCommitted
            | Outcome::Undecided { .. }
            | Outcome::Forgotten) => return Ok(Became { outcome, head: serial, journal }),
        }
    }
}

/// Looks for a transaction in the chain.
async fn chain(storage: &dyn StorageReader, head: &Head, tx: &Tx) -> Result<Chain, StateError> {
    let mut walk = History::new(storage, head);
    let mut listed = false;
    loop {
        match walk.next().await? {
            Some(Step::Past(past)) => {
                if past.generation.tx == *tx {
                    return Ok(Chain::In(Some(past.generation.serial)));
                }
                listed |= past.generation.transactions.contains(tx);
                // A list that is not full goes back to the first.
                let whole = past.generation.transactions.len() < state::LISTED;
                if whole && !listed {
                    return Ok(Chain::Absent);
                }
            }
            Some(Step::Collected(_)) if !listed => return Ok(Chain::Cut),
            Some(Step::Genesis) | None if !listed => return Ok(Chain::Absent),
            Some(Step::Collected(_) | Step::Genesis) | None => return Ok(Chain::In(None)),
        }
    }
}

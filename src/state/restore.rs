//! Puts a HEAD in the place of one that is gone, damaged or went back.

use super::{Author, StateError, keys, read};
use crate::{
    model::{Head, Revision},
    storage::{Precondition, PutError, StorageError, StorageWriter},
    wire::objects::encode_head,
};

/// How often it is sent before it is given up.
const PATIENCE: u8 = 5;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// It is there.
    Done,
    /// What was to be replaced is not there any more; nothing was changed.
    Lost,
    /// It can't be told; look at what is there.
    Unknown,
}

/// Writes a HEAD over the one that has this revision, or where there is none.
///
/// # Errors
/// When the store refuses it, for good.
pub async fn restore(
    storage: &dyn StorageWriter,
    author: &Author,
    head: &Head,
    over: Option<Revision>,
) -> Result<Restored, StateError> {
    let body = encode_head(head).map_err(|error| StateError::unwritable(&error))?;
    let condition = over.clone().map_or(Precondition::Absent, Precondition::Matches);
    let mut loose = false;
    for attempt in 1..=PATIENCE {
        tokio::time::sleep(author.chance.pause(attempt)).await;
        match storage.put(&keys::head(), body.clone().into(), condition.clone()).await {
            Ok(_) => return Ok(Restored::Done),
            Err(PutError::Refused(source)) if !loose => {
                return Err(StateError::Storage {
                    doing: "writing `head.json`".to_owned(),
                    source,
                });
            }
            Err(PutError::Refused(_) | PutError::Unknown(_) | PutError::Conflict(_)) => {
                loose = true;
            }
            Err(PutError::Precondition(_) | PutError::Missing(_)) => {}
        }
        match look(storage, head, over.as_ref()).await {
            Ok(Look::Ours) => return Ok(Restored::Done),
            Ok(Look::Others) => return Ok(Restored::Lost),
            Ok(Look::Unchanged) => {}
            Err(_) => return Ok(Restored::Unknown),
        }
    }
    if loose {
        return Ok(Restored::Unknown);
    }
    let message = format!(
        "{}: writing `head.json` was refused {PATIENCE} times because it changed, and it did not",
        storage.location()
    );
    let source = StorageError::Failed { message, help: None };
    Err(StateError::Storage { doing: "writing `head.json`".to_owned(), source })
}

enum Look {
    Ours,
    Unchanged,
    Others,
}

/// A write that must match can land only while what it replaces is there.
async fn look(
    storage: &dyn StorageWriter,
    head: &Head,
    over: Option<&Revision>,
) -> Result<Look, StateError> {
    let found = super::raw_head(storage).await?;
    if found.as_ref().map(|(revision, _)| revision) == over {
        return Ok(Look::Unchanged);
    }
    let now = read::head(storage).await.ok().flatten().map(|base| base.head);
    Ok(if now.is_some_and(|now| now == *head) { Look::Ours } else { Look::Others })
}

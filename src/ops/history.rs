//! `history`: what was committed, newest first.

use super::{OpsError, Project, missing, seen};
use crate::{
    model::{Code, Head, ObjectRef},
    state::{History, Past, StateError, Step},
    storage::StorageReader,
};

/// The past of a prefix, as far as it was asked for.
#[derive(Debug, Clone)]
pub struct Told {
    /// HEAD; none: nothing was ever published.
    pub head: Option<Head>,
    /// The generations, newest first.
    pub past: Vec<Past>,
    /// Where it ends.
    pub end: Ending,
}

/// Where a history ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// There is nothing before.
    Whole,
    /// There is more, and no more was asked for.
    More,
    /// What was before is not kept any more; the generation that would come next.
    Collected(ObjectRef),
    /// What was before can't be reached: this generation is gone, and should be kept.
    Lost(ObjectRef),
}

/// Walks back from HEAD, at most so many generations.
///
/// # Errors
/// When the storage can't be read, or the chain does not hold (`storage-damaged`).
pub async fn history(
    project: &Project,
    storage: &dyn StorageReader,
    most: usize,
) -> Result<Told, OpsError> {
    let mut moves = 0;
    loop {
        let head = seen::read_head(project, storage).await?;
        let Some(head) = head else {
            return Ok(Told { head: None, past: Vec::new(), end: Ending::Whole });
        };
        match walk(project, storage, &head, most).await {
            Ok((past, end)) => return Ok(Told { head: Some(head), past, end }),
            Err(error) => {
                moves += 1;
                let damaged = error.code() == Code::STORAGE_DAMAGED;
                let again = damaged && moves <= missing::MOVES;
                if !again || !missing::has_moved(storage, &head).await {
                    return Err(error.into());
                }
            }
        }
    }
}

async fn walk(
    project: &Project,
    storage: &dyn StorageReader,
    head: &Head,
    most: usize,
) -> Result<(Vec<Past>, Ending), StateError> {
    let mut walk = History::new(storage, head);
    let mut past = Vec::new();
    let end = loop {
        if past.len() == most {
            break if walk.is_over() { Ending::Whole } else { Ending::More };
        }
        match walk.next().await? {
            Some(Step::Past(one)) => past.push(*one),
            Some(Step::Genesis) | None => break Ending::Whole,
            Some(Step::Collected(at)) if missing::is_kept(project, &at) => break Ending::Lost(at),
            Some(Step::Collected(at)) => break Ending::Collected(at),
        }
    };
    Ok((past, end))
}

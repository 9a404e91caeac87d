//! Whether HEAD went back: what is read is held against the newest that this checkout has seen.

use super::{OpsError, Project};
use crate::{
    disk::Seen,
    model::{Code, Head, Snapshot},
    state,
    storage::StorageReader,
};

/// Reads everything that HEAD reaches, and keeps in mind how new it is.
///
/// # Errors
/// When the storage can't be read, or HEAD is older than what this checkout has seen before.
pub async fn read(
    project: &Project,
    storage: &dyn StorageReader,
) -> Result<Option<Snapshot>, OpsError> {
    let snapshot = state::read(storage, project.documents().as_ref()).await?;
    check(project, storage, snapshot.as_ref().map(|snapshot| &snapshot.head)).await?;
    Ok(snapshot)
}

/// Reads HEAD alone; where there is none, that there are no generations either.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_head(
    project: &Project,
    storage: &dyn StorageReader,
) -> Result<Option<Head>, OpsError> {
    let head = match state::head(storage).await? {
        Some(base) => Some(base.head),
        // Without HEAD it is nothing, or damage.
        None => state::read(storage, &state::Uncached).await?.map(|snapshot| snapshot.head),
    };
    check(project, storage, head.as_ref()).await?;
    Ok(head)
}

/// Holds a HEAD that was just read against the newest one seen; then it is that, if it is newer.
///
/// # Errors
/// `head-went-back`; and when the storage can't be read again.
pub(crate) async fn check(
    project: &Project,
    storage: &dyn StorageReader,
    head: Option<&Head>,
) -> Result<(), OpsError> {
    let Some(head) = head else { return Ok(()) };
    let place = storage.identity();
    let newer = |head: &Head| {
        project.workspace.seen(&place, &head.lineage).filter(|seen| seen.is_ahead_of(head))
    };
    if newer(head).is_some() {
        // Another process of this checkout may have seen a newer one since this one was read.
        let again = state::head(storage).await?.map(|base| base.head);
        let Some(again) = again.filter(|again| again.lineage == head.lineage) else {
            return Ok(());
        };
        if let Some(seen) = newer(&again) {
            return Err(went_back(&storage.location(), &seen, &again));
        }
    }
    note(project, &place, head);
    Ok(())
}

/// Keeps in mind that a HEAD was there.
pub(crate) fn note(project: &Project, place: &str, head: &Head) {
    project.workspace.keep_seen(&Seen::of(place, head));
}

fn went_back(location: &str, seen: &Seen, head: &Head) -> OpsError {
    let message = if seen.serial == head.serial {
        format!(
            "{location}: `head.json` of serial {} is another than the one that was here before: \
             somebody restored an older one, and wrote on",
            head.serial
        )
    } else {
        format!(
            "{location}: `head.json` is at serial {}, and serial {} was here before",
            head.serial, seen.serial
        )
    };
    OpsError::said(
        Code::HEAD_WENT_BACK,
        message,
        Some(
            "run `depstate doctor` to see what is there; `depstate doctor --restore-head GEN` makes a \
             later generation HEAD again",
        ),
    )
}

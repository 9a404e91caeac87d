//! What is said of the artifacts: each document is read, and must be about the bytes of its record.

use futures::{StreamExt as _, stream};

use super::{Verified, takes};
use crate::{
    model::{Code, ObjectKey, Record, Severity, Snapshot, Tx},
    ops::{Project, side},
    planner::Filter,
    storage::StorageReader,
    wire::{provenance::Maker, side::SideKind},
};

/// What can be done about a side document: nothing but new ones.
pub(super) const HELP: &str = "the artifact's own bytes are not meant; what is said of it is \
                               written anew when it is rebuilt (`depstate apply --rebuild`)";

/// Reads the side documents of every live record. They have no digest of their own: what this
/// version of depstate has written must be what it would write again of the same record; what another
/// has written must be of the same shape, about the same bytes.
pub(super) async fn read(
    project: &Project,
    storage: &dyn StorageReader,
    snapshot: &Snapshot,
    filters: &[Filter],
    found: &mut Verified,
) {
    let keys: Vec<(&Record, &ObjectKey)> = snapshot
        .live
        .values()
        .filter(|record| takes(filters, &record.address))
        .flat_map(|record| record.side.iter().map(move |key| (record, key)))
        .collect();
    let mut all =
        stream::iter(keys)
            .map(|(record, key)| async move {
                (record, one(project, storage, snapshot, record, key).await)
            })
            .buffer_unordered(project.setting.jobs.max(1));
    while let Some((record, fault)) = all.next().await {
        if let Some((severity, code, text)) = fault {
            let help = (severity == Severity::Refused).then_some(HELP);
            found.helped(severity, code, Some(&record.address), text, help);
        }
    }
}

async fn one(
    project: &Project,
    storage: &dyn StorageReader,
    snapshot: &Snapshot,
    record: &Record,
    key: &ObjectKey,
) -> Option<(Severity, Code, String)> {
    let wrong =
        |why: &str| Some((Severity::Refused, Code::OBJECT_ALTERED, format!("`{key}` {why}")));
    // A newer depstate may write kinds that this one does not know.
    let kind = SideKind::of(key)?;
    let bytes = match side::read(storage, key).await {
        Ok(Some(bytes)) => bytes,
        // The listing has told it already.
        Ok(None) => return None,
        Err(failed) => return Some((Severity::Error, failed.code, failed.message)),
    };
    let (about, version) = match kind.decode(&bytes) {
        Ok(said) => said,
        Err(error) => return wrong(&format!("is no such document: {error}")),
    };
    if about != record.sha256 {
        return wrong(&format!(
            "is about bytes with SHA-256 {about}, its record says {}",
            record.sha256
        ));
    }
    let author = project.author();
    let tx = Tx(key.as_str().rsplit('/').nth(1).unwrap_or_default().to_owned());
    let maker = Maker { project: &snapshot.head.project, tool: &author.tool, tx: &tx };
    let ours = version.is_some_and(|version| author.tool.ends_with(&format!(" {version}")));
    let again = kind.encode(record, &maker).ok().filter(|_| ours);
    match again {
        Some(again) if again != bytes => wrong("does not say what its record says"),
        Some(_) | None => None,
    }
}

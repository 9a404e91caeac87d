//! `gc`: what is past its time is taken away. A dry run unless told otherwise.

use std::{sync::Arc, time::Duration};

use super::{OpsError, Project, observe, seen};
use crate::{
    commit::Rules,
    model::Code,
    state::{
        self, Collected, Findings,
        outputs::{self, Outputs},
    },
    storage::StorageWriter,
};

/// In a small bucket so many objects may always be deleted in one run.
const FEW: usize = 100;
/// More than this is never deleted in one run unless it is asked for.
const MANY: usize = 1_000;

/// What is to be collected.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Do it, not only show it.
    pub carry_out: bool,
    /// How many objects may be deleted; none: a tenth of what is there, between 100 and 1,000.
    pub max_delete: Option<usize>,
    /// An apply whose journal did not change for so long is dead.
    pub dead_after: Duration,
}

/// What was found, and what was done about it.
#[derive(Debug)]
pub struct Gathered {
    /// The rules that it was decided by.
    pub rules: Rules,
    /// What was found before anything was done; none: nothing was ever published.
    pub findings: Option<Found>,
    /// What was done; none: a dry run, or nothing was to be done.
    pub did: Option<Collected>,
    /// Outputs of builds that are kept for other machines.
    pub outputs: Outputs,
    /// How many objects of those went; none: a dry run, or none was to go.
    pub swept: Option<u64>,
}

/// What was found, as far as people want to know.
#[derive(Debug)]
pub struct Found {
    /// HEAD's serial.
    pub serial: u64,
    /// What may be taken away.
    pub collection: crate::commit::Collection,
    /// Where unfinished uploads would have gone that may be thrown away.
    pub uploads: Vec<crate::model::ObjectKey>,
    /// How many objects there are.
    pub objects: usize,
    /// Objects that depstate did not write.
    pub foreign: usize,
    /// Journals that can't be read: what carries their names is left alone.
    pub unreadable: Vec<crate::model::ObjectKey>,
    /// Bytes that become free, as far as sizes are listed.
    pub bytes: u64,
}

/// Finds what may be taken away, and takes it away where that is asked for.
///
/// # Errors
/// When the storage can't be read, belongs to another project, or HEAD went back; when more would be
/// deleted than one run may (`max-delete`).
pub async fn gc(
    project: &Project,
    storage: Arc<dyn StorageWriter>,
    request: &Request,
) -> Result<Gathered, OpsError> {
    let retention = project.manifest.retention;
    let rules = Rules {
        now: project.setting.now,
        grace: retention.grace,
        history: retention.history,
        dead_after: request.dead_after,
    };
    let documents = project.documents();
    let surveyed = state::survey(storage.as_ref(), documents.as_ref(), &rules).await?;
    let Some(findings) = surveyed else {
        return Ok(Gathered {
            rules,
            findings: None,
            did: None,
            outputs: Outputs::default(),
            swept: None,
        });
    };
    let head = &findings.snapshot.head;
    if head.project != project.manifest.project {
        return Err(observe::not_owner(&head.project, project, &storage.location()));
    }
    seen::check(project, storage.as_ref(), Some(head)).await?;
    let kept = outputs::survey(
        storage.as_ref(),
        project.setting.now,
        retention.cache,
        retention.cache_size,
    )
    .await?;
    let found = found(&findings);
    let most = request.max_delete.unwrap_or_else(|| MANY.min(FEW.max(findings.objects / 10)));
    if request.carry_out && found.collection.deletes() > most {
        return Err(OpsError::said(
            Code::MAX_DELETE,
            format!(
                "{} of {} objects would be deleted, and the limit of one run is {most}",
                found.collection.deletes(),
                findings.objects
            ),
            Some(&format!(
                "look at it without `--yes`; if it is meant, give `--max-delete {}`",
                found.collection.deletes()
            )),
        ));
    }
    let mut gathered =
        Gathered { rules, findings: Some(found), did: None, outputs: kept, swept: None };
    if !request.carry_out {
        return Ok(gathered);
    }
    if !findings.collection.is_empty() {
        let writer = Arc::clone(&storage);
        let did = state::collect(writer, documents, project.author(), rules, findings).await?;
        gathered.did = Some(did);
    }
    if !gathered.outputs.is_clean() {
        let (deleted, left) = outputs::sweep(storage.as_ref(), &gathered.outputs).await;
        gathered.swept = Some(deleted);
        gathered.did.get_or_insert_default().left.extend(left);
    }
    Ok(gathered)
}

fn found(findings: &Findings) -> Found {
    let Findings { snapshot, collection, uploads, objects, foreign, sizes, .. } = findings;
    let swept = |tx: &Option<_>| tx.as_ref().is_some_and(|tx| collection.sweep.contains_key(tx));
    let uploads = uploads
        .iter()
        .enumerate()
        .filter(|(n, (tx, _))| collection.uploads.contains(n) || swept(tx))
        .map(|(_, (_, upload))| upload.key.clone())
        .collect();
    let all = collection
        .doom
        .iter()
        .chain(&collection.doomed)
        .chain(collection.sweep.values().flatten())
        .chain(&collection.leftover);
    Found {
        serial: snapshot.head.serial,
        bytes: all.filter_map(|key| sizes.get(key)).sum(),
        collection: collection.clone(),
        uploads,
        objects: *objects,
        foreign: *foreign,
        unreadable: findings.unreadable.clone(),
    }
}

//! The generations that HEAD could be restored from.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Examined;
use crate::{
    model::{
        FORMAT, Generation, Head, JournalState, ObjectKey, ObjectMeta, ObjectRef, Snapshot, Tx,
    },
    ops::{OpsError, Project, error::chain},
    state::{self, Listed, Uncached},
    storage::StorageReader,
};

/// How many are looked at, the newest first.
const LOOKED_AT: usize = 10;

/// How many missing things are named.
const NAMED: usize = 5;

/// A generation that HEAD could be restored from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its key.
    pub key: ObjectKey,
    /// Its serial.
    pub serial: u64,
    /// Whose it is.
    pub tx: Tx,
    /// When; none: it can't be read.
    pub at: Option<Timestamp>,
    /// Who, where the environment said so.
    pub by: Option<String>,
    /// How many artifacts it publishes.
    pub artifacts: usize,
    /// Its journal is done, or another generation follows it: it was HEAD's once. Without either it
    /// may be that of an apply that never committed.
    pub committed: bool,
    /// What is missing of what it reaches, or why it can't be read. Empty: it is whole.
    pub lacks: Vec<String>,
}

/// Looks at the newest generations; `head`: only at those above its serial, and its own.
pub(super) async fn all(
    project: &Project,
    storage: &dyn StorageReader,
    head: Option<&Head>,
    found: &mut Examined,
) {
    match newest(project, storage, head).await {
        Ok(candidates) => found.candidates = candidates,
        Err(error) => found.failed("generations", &error),
    }
}

async fn newest(
    project: &Project,
    storage: &dyn StorageReader,
    head: Option<&Head>,
) -> Result<Vec<Candidate>, OpsError> {
    let listed = state::generations(storage, head.map(|head| head.serial)).await?;
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let objects = state::objects(storage).await?;
    let mut candidates = Vec::new();
    let mut parents: Vec<ObjectKey> = Vec::new();
    for one in listed.iter().rev().take(LOOKED_AT) {
        let done = done(storage, &one.tx).await?;
        let mut candidate = Candidate {
            key: one.key.clone(),
            serial: one.serial,
            tx: one.tx.clone(),
            at: None,
            by: None,
            artifacts: 0,
            committed: done || parents.contains(&one.key),
            lacks: Vec::new(),
        };
        match load(project, storage, one, &objects).await {
            Ok(whole) => {
                parents.extend(whole.generation.parent.r#gen.clone().map(|at| at.key));
                candidate.at = Some(whole.generation.at);
                candidate.by = whole.generation.by;
                candidate.artifacts = whole.snapshot.live.len();
                candidate.lacks = whole.lacks;
                if whole.generation.format > FORMAT {
                    let format = whole.generation.format;
                    candidate.lacks.push(format!("format {format}: a newer depstate wrote it"));
                }
            }
            Err(error) => candidate.lacks.push(chain(&error)),
        }
        candidates.push(candidate);
    }
    Ok(candidates)
}

/// A generation with everything that it reaches.
pub(super) struct Whole {
    pub(super) at: ObjectRef,
    pub(super) generation: Generation,
    pub(super) snapshot: Snapshot,
    /// Published objects that are missing or of another size.
    pub(super) lacks: Vec<String>,
}

/// Reads a generation and what it reaches, all digests checked, and looks for its objects.
pub(super) async fn load(
    project: &Project,
    storage: &dyn StorageReader,
    one: &Listed,
    objects: &BTreeMap<ObjectKey, ObjectMeta>,
) -> Result<Whole, OpsError> {
    let Some((at, generation)) = state::unnamed(storage, &one.key).await? else {
        return Err(OpsError::said(
            crate::model::Code::STORAGE_DAMAGED,
            format!("`{}` is listed and not there", one.key),
            None,
        ));
    };
    if generation.parent.project != project.manifest.project {
        return Err(crate::ops::observe::not_owner(
            &generation.parent.project,
            project,
            &storage.location(),
        ));
    }
    let head = Head { r#gen: Some(at.clone()), ..generation.parent.clone() };
    let snapshot = state::read_at(storage, &Uncached, &head).await?;
    let missing: Vec<String> = snapshot
        .live
        .values()
        .filter_map(|record| match objects.get(&record.key) {
            None => Some(format!("`{}` is missing", record.key)),
            Some(object) if object.size != record.size => Some(format!(
                "`{}` has {} bytes, its record says {}",
                record.key, object.size, record.size
            )),
            Some(_) => None,
        })
        .collect();
    let mut lacks: Vec<String> = missing.iter().take(NAMED).cloned().collect();
    if missing.len() > NAMED {
        lacks.push(format!("{} more", missing.len() - NAMED));
    }
    Ok(Whole { at, generation, snapshot, lacks })
}

async fn done(storage: &dyn StorageReader, tx: &Tx) -> Result<bool, OpsError> {
    match state::journal(storage, tx).await {
        Ok(journal) => Ok(journal.is_some_and(|it| it.state == JournalState::Done)),
        Err(error) if error.code() == crate::model::Code::STORAGE_DAMAGED => Ok(false),
        Err(error) => Err(error.into()),
    }
}

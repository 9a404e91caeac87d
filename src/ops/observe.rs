//! The world, looked at: what is published, which objects are there, what sources list.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt as _, stream};
use jiff::Timestamp;

use super::{OpsError, Project, Refresh, seen};
use crate::{
    model::{
        Code, DependencyId, Event, Listing, ObjectKey, ObjectMeta, Observed, Sha256, Sink,
        Snapshot, Trouble, Why,
    },
    ops::error::chain,
    planner::{Question, Schedules},
    source::SourceDriver,
    state,
    storage::StorageReader,
    verify::Hasher,
};

/// An object larger than this is not read by a plan; `verify --deep` reads it.
const REHASH_LIMIT: u64 = 64 << 20;

/// How many sources are asked at once for each job. Few of them are at work: most wait for an answer,
/// or for their turn at a host that others ask too, and must not keep those of other hosts waiting.
const SOURCES: usize = 8;

/// What the storage shows.
pub(crate) struct Published {
    pub(crate) snapshot: Observed<Option<Snapshot>>,
    pub(crate) objects: Observed<BTreeMap<ObjectKey, ObjectMeta>>,
}

/// Reads HEAD, generation and index documents, and lists the objects beside it.
pub(crate) async fn published(
    project: &Project,
    storage: &dyn StorageReader,
    refresh: Refresh,
) -> Result<Published, OpsError> {
    let documents = project.documents();
    let not_asked = || Observed::Unknown(Why::NotAsked);
    let published = match refresh {
        Refresh::None => {
            Published { snapshot: not_asked(), objects: Observed::Unknown(Why::NotAsked) }
        }
        Refresh::Index => Published {
            snapshot: Observed::Known(state::read(storage, documents.as_ref()).await?),
            objects: Observed::Unknown(Why::NotAsked),
        },
        Refresh::Objects => {
            // Both at once: the listing does not depend on HEAD.
            let locked = project.lock.addresses();
            let (snapshot, objects) = tokio::join!(
                state::read(storage, documents.as_ref()),
                state::objects_near(storage, locked.iter())
            );
            Published { snapshot: Observed::Known(snapshot?), objects: Observed::Known(objects?) }
        }
    };
    if let Observed::Known(Some(snapshot)) = &published.snapshot
        && snapshot.head.project != project.manifest.project
    {
        return Err(not_owner(&snapshot.head.project, project, &storage.location()));
    }
    if let Observed::Known(snapshot) = &published.snapshot {
        seen::check(project, storage, snapshot.as_ref().map(|snapshot| &snapshot.head)).await?;
    }
    Ok(published)
}

pub(crate) fn not_owner(owner: &str, project: &Project, location: &str) -> OpsError {
    OpsError::said(
        Code::NOT_OWNER,
        format!(
            "`{location}` belongs to project `{owner}`, this is project `{}`",
            project.manifest.project
        ),
        Some(
            "one prefix, one project: use another `prefix` or `path` in `[storage]`, or the right deps.toml",
        ),
    )
}

/// Asks the sources that must be asked, many at once.
pub(crate) async fn listings(
    project: &Project,
    questions: &BTreeMap<DependencyId, Question>,
    sink: &Arc<dyn Sink>,
) -> BTreeMap<DependencyId, Observed<Listing>> {
    let asked = questions.iter().filter(|(_, question)| matches!(question, Question::Ask(_)));
    stream::iter(asked)
        .map(|(id, _)| async move {
            if project.setting.offline {
                return (id.clone(), Observed::Unknown(Why::NotAsked));
            }
            let Some(source) = project.sources.get(id) else {
                return (id.clone(), Observed::Unknown(Why::NotAsked));
            };
            sink.emit(&Event::Asking { dependency: id.clone() });
            let listing = match ask(project, id, source.as_ref()).await {
                Ok(listing) => {
                    sink.emit(&Event::Asked { dependency: id.clone(), rows: listing.rows.len() });
                    Observed::Known(listing)
                }
                Err(failure) => Observed::Unknown(Why::Failed(failure)),
            };
            (id.clone(), listing)
        })
        .buffer_unordered(project.setting.jobs.max(1) * SOURCES)
        .collect()
        .await
}

/// Asks a source; where that fails and it may be, its last good answer stands in. Nothing stands in
/// for an answer that was refused: whoever forges an index is not told from one that is silent then.
async fn ask(
    project: &Project,
    id: &DependencyId,
    source: &dyn SourceDriver,
) -> Result<Listing, Trouble> {
    let failure = match source.releases(None).await {
        Ok(listing) => return Ok(listing.unwrap_or_default()),
        Err(error) => Trouble::new(error.code(), chain(&error)),
    };
    let may = project.setting.stale_ok && !failure.code.is_refusal();
    let Some(client) = project.clients.get(id).filter(|_| may) else {
        return Err(failure);
    };
    client.answer_from_memory(true);
    let kept = source.releases(None).await;
    client.answer_from_memory(false);
    match (kept, client.oldest_from_memory()) {
        (Ok(Some(listing)), Some(since)) => {
            Ok(Listing { why: Some(failure.message), kept_since: Some(since), ..listing })
        }
        (Ok(_) | Err(_), _) => Err(Trouble {
            message: format!("{}; and there is no earlier answer of it", failure.message),
            ..failure
        }),
    }
}

/// Asks schedules, as many at once as there are jobs.
pub(crate) async fn schedules(
    project: &Project,
    ids: BTreeSet<DependencyId>,
    now: Timestamp,
) -> Schedules {
    stream::iter(ids)
        .map(|id| async move {
            let schedule = project.schedules.get(&id).filter(|_| !project.setting.offline);
            let Some(schedule) = schedule else {
                return (id, Observed::Unknown(Why::NotAsked));
            };
            let rows = match schedule.rows(now).await {
                Ok(rows) => Observed::Known(rows),
                Err(error) => {
                    Observed::Unknown(Why::Failed(Trouble::new(error.code(), chain(&error))))
                }
            };
            (id, rows)
        })
        .buffer_unordered(project.setting.jobs.max(1) * 2)
        .collect()
        .await
}

/// Finds out the SHA-256 of objects whose revision is not the recorded one.
pub(crate) async fn rehash(
    storage: &dyn StorageReader,
    suspects: Vec<ObjectKey>,
    objects: &BTreeMap<ObjectKey, ObjectMeta>,
    jobs: usize,
) -> Result<BTreeMap<ObjectKey, Observed<Sha256>>, OpsError> {
    let found: Vec<Result<_, OpsError>> = stream::iter(suspects)
        .map(|key| async move {
            let digest = one(storage, &key, objects.get(&key)).await;
            Ok((key, digest))
        })
        .buffer_unordered(jobs.max(1))
        .collect()
        .await;
    found.into_iter().collect()
}

async fn one(
    storage: &dyn StorageReader,
    key: &ObjectKey,
    meta: Option<&ObjectMeta>,
) -> Observed<Sha256> {
    let unknown =
        |why: String| Observed::Unknown(Why::Failed(Trouble::new(Code::STORAGE_FAILED, why)));
    match storage.head(key).await {
        Ok(Some(meta)) => {
            if let Some(digest) = meta.checksum.as_ref().and_then(crate::model::Digest::sha256) {
                return Observed::Known(digest);
            }
        }
        Ok(None) => return unknown(format!("`{key}` vanished while it was looked at")),
        Err(error) => return unknown(chain(&error)),
    }
    if meta.is_none_or(|meta| meta.size > REHASH_LIMIT) {
        return unknown(format!(
            "`{key}` has another revision than recorded and is too large to be read by a plan"
        ));
    }
    bytes(storage, key).await
}

/// Reads what `verify --deep` found altered in this checkout and what has not changed since: neither
/// size nor revision shows it, nor does a checksum that the store has kept since the upload.
pub(crate) async fn altered(
    project: &Project,
    storage: &dyn StorageReader,
    snapshot: &Snapshot,
    objects: &BTreeMap<ObjectKey, ObjectMeta>,
) -> BTreeMap<ObjectKey, Observed<Sha256>> {
    let noted = project.workspace.altered(&storage.location(), &snapshot.head.lineage);
    let suspects = noted.into_iter().filter(|noted| {
        objects.get(&noted.key).is_some_and(|object| object.revision == noted.revision)
            && (snapshot.condemned.contains_key(&noted.key)
                || snapshot.live.values().any(|record| record.key == noted.key))
    });
    stream::iter(suspects)
        .map(|noted| async move {
            let digest = bytes(storage, &noted.key).await;
            (noted.key, digest)
        })
        .buffer_unordered(project.setting.jobs.max(1))
        .collect()
        .await
}

/// Hashes the bytes of an object.
async fn bytes(storage: &dyn StorageReader, key: &ObjectKey) -> Observed<Sha256> {
    let unknown =
        |why: String| Observed::Unknown(Why::Failed(Trouble::new(Code::STORAGE_FAILED, why)));
    match storage.get(key, None).await {
        Ok(Some(mut object)) => {
            let mut hasher = Hasher::new(None);
            loop {
                match object.body.next().await {
                    Ok(Some(chunk)) => hasher.update(&chunk),
                    Ok(None) => return Observed::Known(hasher.finish().sha256),
                    Err(error) => return unknown(chain(&error)),
                }
            }
        }
        Ok(None) => unknown(format!("`{key}` vanished while it was looked at")),
        Err(error) => unknown(chain(&error)),
    }
}

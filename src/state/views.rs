//! Views: stable addresses for people and scripts, made from what HEAD reaches.
//!
//! No view ever goes back: whoever writes one has looked at the serial of the one that is there, and
//! the write holds only if that is still there. The list of all views is written last.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};

use super::{AT_ONCE, Chance, StateError, keys, read};
use crate::{
    failpoint,
    model::{DependencyId, FORMAT, IndexRef, ObjectKey, Record, Snapshot},
    storage::{Precondition, PutError, StorageError, StorageReader, StorageWriter},
    wire::view::{
        Stamp, VIEW_LIMIT, ViewEntry, ViewIndex, decode_stamp, decode_view_index, encode_view,
        encode_view_index,
    },
};

/// How often one view is looked at and written before it is given up.
const PATIENCE: u8 = 5;

/// Makes the views that differ from HEAD again, and empties those of dependencies that are gone;
/// where they are right it reads `views/index.json` and does nothing.
///
/// # Errors
/// When the store fails, or a view changes again and again while it is written. What HEAD says is
/// not touched by that; the next apply makes the views.
pub async fn refresh_views(
    storage: &dyn StorageWriter,
    snapshot: &Snapshot,
    public_url: Option<&str>,
    chance: &Chance,
) -> Result<(), StateError> {
    let stamp = Stamp {
        lineage: snapshot.head.lineage.clone(),
        serial: snapshot.head.serial,
        public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
    };
    let wanted = snapshot.generation.as_ref().map(|at| at.index.clone()).unwrap_or_default();
    let list = keys::view_index();
    // A list that can't be read is made again like one that is not there.
    let listed = read::within(storage, &list, VIEW_LIMIT)
        .await?
        .and_then(|(_, bytes)| decode_view_index(&bytes?).ok())
        .filter(|listed| listed.stamp.lineage == stamp.lineage);
    if listed.as_ref().is_some_and(|listed| listed.stamp.serial > stamp.serial) {
        return Ok(());
    }
    let same_place =
        listed.as_ref().is_some_and(|listed| listed.stamp.public_url == stamp.public_url);
    let known: BTreeMap<DependencyId, ViewEntry> =
        listed.map(|listed| listed.views).unwrap_or_default();
    // The whole reference is compared, key and digest: content that went away and came back has
    // another key, and the view in between may have been written.
    let right = |id: &DependencyId, at: &IndexRef| {
        same_place && known.get(id).is_some_and(|entry| entry.index == *at)
    };
    let stale: BTreeSet<&DependencyId> = wanted
        .iter()
        .filter(|(id, at)| !right(id, at))
        .map(|(id, _)| id)
        .chain(known.keys().filter(|id| !wanted.contains_key(*id)))
        .collect();
    if stale.is_empty() {
        return Ok(());
    }
    failpoint::hit("views/before");
    let mut records: BTreeMap<&DependencyId, Vec<&Record>> =
        stale.iter().map(|id| (*id, Vec::new())).collect();
    for record in snapshot.live.values() {
        if let Some(of) = records.get_mut(&record.address.dependency) {
            of.push(record);
        }
    }
    let mut views: Vec<(ObjectKey, Bytes)> = Vec::new();
    for (id, records) in records {
        let body = encode_view(&stamp, id, wanted.get(id), records)
            .map_err(|error| StateError::unwritable(&error))?;
        views.push((keys::view(id), body.into()));
    }
    futures::stream::iter(views)
        .map(|(key, body)| write(storage, key, body, &stamp, chance))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    let entry = |id: &DependencyId, at: &IndexRef| match known.get(id) {
        Some(entry) if !stale.contains(id) => entry.clone(),
        Some(_) | None => {
            ViewEntry { view: keys::view(id), index: at.clone(), serial: stamp.serial }
        }
    };
    failpoint::hit("views/before-list");
    let views = wanted.iter().map(|(id, at)| (id.clone(), entry(id, at))).collect();
    let body = encode_view_index(&ViewIndex { format: FORMAT, stamp: stamp.clone(), views })
        .map_err(|error| StateError::unwritable(&error))?;
    write(storage, list, body.into(), &stamp, chance).await
}

/// Counts the views that differ from HEAD, those of dependencies that are gone included.
///
/// # Errors
/// When the store fails.
pub async fn stale_views(
    storage: &dyn StorageReader,
    snapshot: &Snapshot,
    public_url: Option<&str>,
) -> Result<usize, StateError> {
    let wanted = snapshot.generation.as_ref().map(|at| &at.index);
    let listed = read::within(storage, &keys::view_index(), VIEW_LIMIT)
        .await?
        .and_then(|(_, bytes)| decode_view_index(&bytes?).ok());
    let Some(listed) = listed.filter(|it| it.stamp.lineage == snapshot.head.lineage) else {
        return Ok(wanted.map_or(0, BTreeMap::len));
    };
    let there =
        public_url.map(|url| url.trim_end_matches('/')) == listed.stamp.public_url.as_deref();
    let stale = wanted
        .into_iter()
        .flatten()
        .filter(|(id, at)| !there || listed.views.get(*id).is_none_or(|entry| entry.index != **at));
    let gone = listed.views.keys().filter(|id| wanted.is_none_or(|it| !it.contains_key(*id)));
    Ok(stale.count() + gone.count())
}

/// Writes one view, unless what is there is newer, or the same.
async fn write(
    storage: &dyn StorageWriter,
    key: ObjectKey,
    body: Bytes,
    stamp: &Stamp,
    chance: &Chance,
) -> Result<(), StateError> {
    let failed = |source| StateError::Storage { doing: format!("writing `{key}`"), source };
    let mut last = String::new();
    for attempt in 1..=PATIENCE {
        tokio::time::sleep(chance.pause(attempt)).await;
        let precondition = match read::within(storage, &key, VIEW_LIMIT).await? {
            None => Precondition::Absent,
            Some((_, Some(bytes))) if bytes == body => return Ok(()),
            // What is too large, or no view, is nobody's newer one.
            Some((meta, bytes)) => match bytes.and_then(|bytes| decode_stamp(&bytes).ok()) {
                Some(there) if there.lineage == stamp.lineage && there.serial > stamp.serial => {
                    return Ok(());
                }
                Some(_) | None => Precondition::Matches(meta.revision),
            },
        };
        failpoint::hit("views/before-one");
        let answer = storage.put(&key, body.clone(), precondition).await;
        failpoint::hit("views/after-one");
        match answer {
            Ok(_) => return Ok(()),
            Err(PutError::Refused(source)) => return Err(failed(source)),
            Err(
                error @ (PutError::Precondition(_)
                | PutError::Conflict(_)
                | PutError::Missing(_)
                | PutError::Unknown(_)),
            ) => last = error.to_string(),
        }
    }
    let message = format!("{last} ({PATIENCE} times)");
    Err(failed(StorageError::Failed { message, help: None }))
}

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
    wire::{
        WireError,
        dep_server::encode_dep_server,
        feed::{decode_feed_stamp, encode_feed},
        sbom::{decode_set_stamp, encode_set_sbom},
        view::{
            Stamp, VIEW_LIMIT, ViewEntry, ViewIndex, decode_stamp, decode_view_index, encode_view,
            encode_view_index,
        },
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
    let known = Known::new(listed, &stamp);
    let stale: BTreeSet<&DependencyId> = wanted
        .iter()
        .filter(|(id, at)| !known.is_right(id, at))
        .map(|(id, _)| id)
        .chain(known.views.keys().filter(|id| !wanted.contains_key(*id)))
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
    let (mut views, mut followers) = (Vec::new(), Vec::new());
    for (id, records) in records {
        let body = encode_view(&stamp, id, wanted.get(id), records.iter().copied())
            .map_err(|error| StateError::unwritable(&error))?;
        views.push(View::new(keys::view(id), body, Stands::Within(decode_stamp)));
        let body =
            encode_dep_server(&stamp, records).map_err(|error| StateError::unwritable(&error))?;
        let stands = Stands::In(keys::view(id));
        followers.push(View::new(keys::dep_server_view(id), body, stands));
    }
    let whole = [
        (keys::feed_view(), encode_feed(snapshot, &stamp), Stands::Within(decode_feed_stamp)),
        (keys::sbom_view(), encode_set_sbom(snapshot, &stamp), Stands::Within(decode_set_stamp)),
    ];
    for (key, body, stands) in whole {
        followers.push(View::new(
            key,
            body.map_err(|error| StateError::unwritable(&error))?,
            stands,
        ));
    }
    // The views with a stamp come first: the others go by theirs.
    for views in [views, followers] {
        futures::stream::iter(views)
            .map(|view| write(storage, view, &stamp, chance))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
    }
    let entry = |id: &DependencyId, at: &IndexRef| match known.views.get(id) {
        Some(entry) if !stale.contains(id) => entry.clone(),
        Some(_) | None => ViewEntry {
            view: keys::view(id),
            dep_server: Some(keys::dep_server_view(id)),
            index: at.clone(),
            serial: stamp.serial,
        },
    };
    failpoint::hit("views/before-list");
    let index = ViewIndex {
        format: FORMAT,
        stamp: stamp.clone(),
        views: wanted.iter().map(|(id, at)| (id.clone(), entry(id, at))).collect(),
        feed: Some(keys::feed_view()),
        sbom: Some(keys::sbom_view()),
    };
    let body = encode_view_index(&index).map_err(|error| StateError::unwritable(&error))?;
    write(storage, View::new(list, body, Stands::Within(decode_stamp)), &stamp, chance).await
}

/// What the list of views says.
struct Known {
    views: BTreeMap<DependencyId, ViewEntry>,
    /// The addresses in them are today's, and all kinds of views were made.
    whole: bool,
}

impl Known {
    fn new(listed: Option<ViewIndex>, stamp: &Stamp) -> Self {
        let whole = listed.as_ref().is_some_and(|listed| {
            listed.stamp.public_url == stamp.public_url
                && listed.feed.is_some()
                && listed.sbom.is_some()
        });
        Self { views: listed.map(|listed| listed.views).unwrap_or_default(), whole }
    }

    /// The whole reference is compared, key and digest: content that went away and came back has
    /// another key, and the view in between may have been written.
    fn is_right(&self, id: &DependencyId, at: &IndexRef) -> bool {
        let right = |entry: &ViewEntry| entry.index == *at && entry.dep_server.is_some();
        self.whole && self.views.get(id).is_some_and(right)
    }
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
    let stamp = Stamp {
        public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
        ..listed.stamp.clone()
    };
    let known = Known::new(Some(listed), &stamp);
    let stale = wanted.into_iter().flatten().filter(|(id, at)| !known.is_right(id, at));
    let gone = known.views.keys().filter(|id| wanted.is_none_or(|it| !it.contains_key(*id)));
    Ok(stale.count() + gone.count())
}

/// A view that is to be written.
struct View {
    key: ObjectKey,
    body: Bytes,
    stands: Stands,
}

/// Where it stands which HEAD a view was made from.
enum Stands {
    /// In itself.
    Within(fn(&[u8]) -> Result<Stamp, WireError>),
    /// In another that is written before it, always. So this one is not newer than the other, and
    /// where the other is not newer than ours, neither was this one when it was looked at, if that
    /// was before.
    In(ObjectKey),
}

impl View {
    fn new(key: ObjectKey, body: Vec<u8>, stands: Stands) -> Self {
        Self { key, body: body.into(), stands }
    }
}

/// Writes one view, unless what is there is newer, or the same.
async fn write(
    storage: &dyn StorageWriter,
    view: View,
    stamp: &Stamp,
    chance: &Chance,
) -> Result<(), StateError> {
    let View { key, body, stands } = view;
    let failed = |source| StateError::Storage { doing: format!("writing `{key}`"), source };
    let mut last = String::new();
    for attempt in 1..=PATIENCE {
        tokio::time::sleep(chance.pause(attempt)).await;
        let there = read::within(storage, &key, VIEW_LIMIT).await?;
        if matches!(&there, Some((_, Some(bytes))) if *bytes == body) {
            return Ok(());
        }
        // What is too large, or no view, is nobody's newer one.
        let made = match &stands {
            Stands::Within(decode) => there
                .as_ref()
                .and_then(|(_, bytes)| bytes.as_ref().and_then(|bytes| decode(bytes).ok())),
            Stands::In(other) => read::within(storage, other, VIEW_LIMIT)
                .await?
                .and_then(|(_, bytes)| decode_stamp(&bytes?).ok()),
        };
        if made.is_some_and(|it| it.lineage == stamp.lineage && it.serial > stamp.serial) {
            return Ok(());
        }
        let precondition = match there {
            None => Precondition::Absent,
            Some((meta, _)) => Precondition::Matches(meta.revision),
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

//! What a collector looks at, in the order that makes its decisions safe: lists, journals, HEAD.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;

use super::{AT_ONCE, DocumentCache, StateError, keys, read, read::read as read_all};
use crate::{
    commit::{Collection, Generations, Owned, Rules, Survey, collect},
    model::{Journal, ObjectKey, Revision, Sha256, Snapshot, Tx},
    storage::{StorageReader, StorageWriter, UploadRef},
    wire::objects::{DOCUMENT_LIMIT, JOURNAL_LIMIT, decode_generation, decode_journal},
};

/// What a collector found, and what it may take away.
#[derive(Debug)]
pub struct Findings {
    /// What HEAD reaches.
    pub snapshot: Snapshot,
    /// What may be taken away.
    pub collection: Collection,
    /// Unfinished uploads; [`Collection::uploads`] counts from here.
    pub uploads: Vec<(Tx, UploadRef)>,
    /// How many objects of depstate's there are, journals included.
    pub objects: usize,
    /// Objects that depstate did not write: never touched.
    pub foreign: usize,
    /// The sizes of what is listed, in bytes.
    pub sizes: BTreeMap<ObjectKey, u64>,
    pub(super) journals: BTreeMap<Tx, (Journal, Revision)>,
    /// The serial down from which a transaction was looked for.
    pub(super) floor: u64,
}

/// Looks at everything and decides; nothing is written. None: there is no HEAD, and nothing to do.
///
/// # Errors
/// When the store fails, or what it holds does not fit together.
pub async fn survey(
    storage: &dyn StorageWriter,
    cache: &dyn DocumentCache,
    rules: &Rules,
) -> Result<Option<Findings>, StateError> {
    let lists = Lists::read(storage).await?;
    let mut suspects: BTreeSet<&Tx> = lists.journals.keys().collect();
    suspects.extend(lists.objects.values().map(|owned| &owned.tx));
    suspects.extend(lists.uploads.iter().map(|(tx, _)| tx));
    // Whoever is in the chain has committed: its journal says nothing more.
    let Some(early) = read_all(storage, cache).await? else { return Ok(None) };
    let known = chain(storage, &early, &lists, rules, None).await?;
    suspects.retain(|tx| !known.transactions.contains(*tx));
    let journals = journals(storage, suspects).await?;
    // The HEAD that decides is read after the journals: whoever committed before is in it.
    let Some(snapshot) = read_all(storage, cache).await? else { return Ok(None) };
    let at = early.head.r#gen.as_ref().map(|at| &at.key);
    let mut chain = chain(storage, &snapshot, &lists, rules, at).await?;
    chain.join(known);
    let states = journals.iter().map(|(tx, (journal, _))| (tx.clone(), journal.clone())).collect();
    let uploads: Vec<(Tx, Option<Timestamp>)> =
        lists.uploads.iter().map(|(tx, upload)| (tx.clone(), upload.begun)).collect();
    let collection = collect(
        &Survey {
            snapshot: &snapshot,
            chain: &chain,
            objects: &lists.objects,
            listed: &lists.journals,
            journals: &states,
            uploads: &uploads,
        },
        rules,
    );
    Ok(Some(Findings {
        floor: snapshot.head.serial,
        snapshot,
        collection,
        uploads: lists.uploads,
        objects: lists.objects.len() + lists.journals.len(),
        foreign: lists.foreign,
        sizes: lists.sizes,
        journals,
    }))
}

/// Everything that the store lists. A list is only ever a source of candidates.
#[derive(Default)]
struct Lists {
    objects: BTreeMap<ObjectKey, Owned>,
    sizes: BTreeMap<ObjectKey, u64>,
    journals: BTreeMap<Tx, Option<Timestamp>>,
    uploads: Vec<(Tx, UploadRef)>,
    foreign: usize,
}

impl Lists {
    async fn read(storage: &dyn StorageWriter) -> Result<Self, StateError> {
        let failed = |what: &str| {
            let doing = format!("listing `{what}`");
            move |source| StateError::Storage { doing, source }
        };
        let mut lists = Self::default();
        for prefix in ["artifacts/", "side/", "index/", "gen/", "probe/", "tx/"] {
            let found: Vec<_> = storage.list(prefix).try_collect().await.map_err(failed(prefix))?;
            for (key, meta) in found {
                let Some(tx) = keys::owner(&key) else {
                    lists.foreign += 1;
                    continue;
                };
                if prefix == "tx/" {
                    lists.journals.insert(tx, meta.modified);
                } else {
                    lists.sizes.insert(key.clone(), meta.size);
                    lists.objects.insert(key, Owned { tx, modified: meta.modified });
                }
            }
        }
        let mut uploads = storage.unfinished("artifacts/");
        while let Some(upload) = uploads.next().await {
            let upload = upload.map_err(failed("unfinished uploads"))?;
            if let Some(tx) = keys::owner(&upload.key) {
                lists.uploads.push((tx, upload));
            }
        }
        drop(uploads);
        Ok(lists)
    }
}

async fn journals(
    storage: &dyn StorageReader,
    of: BTreeSet<&Tx>,
) -> Result<BTreeMap<Tx, (Journal, Revision)>, StateError> {
    let found: Vec<Option<(Journal, Revision)>> = futures::stream::iter(of)
        .map(|tx| async move {
            let key = keys::journal(tx);
            let Some((meta, bytes)) = read::bytes(storage, &key, JOURNAL_LIMIT).await? else {
                return Ok::<_, StateError>(None);
            };
            let journal = decode_journal(&bytes)
                .map_err(|error| StateError::unreadable(key.as_str(), &error))?;
            Ok(Some((journal, meta.revision)))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().map(|at| (at.0.tx.clone(), at)).collect())
}

/// Reads the generations below a HEAD, as far as they are there, or down to one that was read.
async fn chain(
    storage: &dyn StorageReader,
    snapshot: &Snapshot,
    lists: &Lists,
    rules: &Rules,
    known: Option<&ObjectKey>,
) -> Result<Generations, StateError> {
    let mut chain = Generations::default();
    let mut next = snapshot.head.r#gen.clone();
    // Newest first, a few ahead of the walk: one after the other would take a round trip each.
    let listed: Vec<&ObjectKey> =
        lists.objects.keys().rev().filter(|key| key.as_str().starts_with("gen/")).collect();
    let mut ahead = futures::stream::iter(if known.is_some() { Vec::new() } else { listed })
        .map(|key| async move { (key, read::bytes(storage, key, DOCUMENT_LIMIT).await) })
        .buffered(AT_ONCE);
    while let Some(at) = next.filter(|at| Some(&at.key) != known) {
        let mut found = None;
        while let Some((key, bytes)) = ahead.next().await {
            if *key == at.key {
                found = bytes?.map(|(_, bytes)| bytes);
            }
            if *key <= at.key {
                break;
            }
        }
        let generation = match found.filter(|bytes| Sha256::of(bytes) == at.sha256) {
            Some(bytes) => Some(
                decode_generation(&bytes)
                    .map_err(|error| StateError::unreadable(at.key.as_str(), &error))?,
            ),
            None => read::generation(storage, &at).await?,
        };
        let Some(generation) = generation else { return Ok(chain) };
        chain.add(&at.key, &generation, rules);
        let above = generation.serial;
        next = generation.parent.r#gen.filter(|_| generation.parent.serial < above);
    }
    chain.complete = true;
    Ok(chain)
}

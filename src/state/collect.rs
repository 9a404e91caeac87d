//! What a collector looks at, in the order that makes its decisions safe: lists, journals, HEAD.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;

use super::{
    AT_ONCE, DocumentCache, StateError, keys, later::newest_lost_after, read,
    read::read as read_all,
};
use crate::{
    commit::{Collection, Generations, Owned, Rules, Survey, collect, reached},
    model::{Code, FORMAT, Head, Journal, JournalState, ObjectKey, Revision, Sha256, Snapshot, Tx},
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
    pub uploads: Vec<(Option<Tx>, UploadRef)>,
    /// Keys of journals that can't be read: what carries their names is left alone.
    pub unreadable: Vec<ObjectKey>,
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
    let Some(early) = read_all(storage, cache).await? else { return Ok(None) };
    if early.head.format > FORMAT {
        return Err(StateError::newer(&storage.location(), early.head.format));
    }
    let known = chain(storage, &early, &lists, rules, None).await?;
    // Whoever is in the chain, or owns only what HEAD reaches, need not be asked for.
    let kept = reached(&early);
    let mut suspects: BTreeSet<&Tx> = lists
        .objects
        .iter()
        .filter(|(key, _)| !key.as_str().starts_with("probe/") && !kept.contains(key))
        .map(|(_, owned)| &owned.tx)
        .chain(lists.uploads.iter().filter_map(|(tx, _)| tx.as_ref()))
        .filter(|tx| !known.transactions.contains(*tx))
        .collect();
    suspects.extend(lists.journals.keys());
    let Journals { found: mut journals, missing, unreadable } = journals(storage, suspects).await?;
    // The HEAD that decides is read after the journals: whoever committed before is in it.
    let Some(snapshot) = read_all(storage, cache).await? else { return Ok(None) };
    let at = early.head.r#gen.as_ref().map(|at| &at.key);
    let mut chain = chain(storage, &snapshot, &lists, rules, at).await?;
    chain.join(known);
    went_back(storage, &snapshot.head).await?;
    let lost: BTreeSet<Tx> =
        missing.into_iter().filter(|tx| !chain.transactions.contains(tx)).collect();
    for tx in &lost {
        journals.insert(tx.clone(), (as_aborted(tx, &snapshot.head, rules), no_revision()));
    }
    let states = journals.iter().map(|(tx, (journal, _))| (tx.clone(), journal.clone())).collect();
    let uploads: Vec<(Option<Tx>, Option<Timestamp>)> =
        lists.uploads.iter().map(|(tx, upload)| (tx.clone(), upload.begun)).collect();
    let collection = collect(
        &Survey {
            snapshot: &snapshot,
            chain: &chain,
            objects: &lists.objects,
            listed: &lists.journals,
            journals: &states,
            lost: &lost,
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
        unreadable,
    }))
}

/// What an old HEAD does not reach was published all the same, and must not be taken away.
async fn went_back(storage: &dyn StorageReader, head: &Head) -> Result<(), StateError> {
    let Some((serial, key)) = newest_lost_after(storage, head.serial).await? else { return Ok(()) };
    // Others may have committed meanwhile.
    let now = read::head(storage).await?.map_or(0, |base| base.head.serial);
    if now >= serial {
        return Ok(());
    }
    Err(StateError::restored(&storage.location(), now, &key))
}

/// Nobody knows what a transaction without a journal stands on. On HEAD, at most: so a fence on HEAD
/// keeps it from committing, as it does one that was aborted there.
fn as_aborted(tx: &Tx, head: &Head, rules: &Rules) -> Journal {
    Journal {
        format: FORMAT,
        tx: tx.clone(),
        state: JournalState::Aborted,
        base_serial: head.serial,
        at: rules.now,
        by: None,
        tool: String::new(),
    }
}

fn no_revision() -> Revision {
    Revision(String::new())
}

/// Everything that the store lists. A list is only ever a source of candidates.
#[derive(Default)]
struct Lists {
    objects: BTreeMap<ObjectKey, Owned>,
    sizes: BTreeMap<ObjectKey, u64>,
    journals: BTreeMap<Tx, Option<Timestamp>>,
    uploads: Vec<(Option<Tx>, UploadRef)>,
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
        let mut uploads = storage.unfinished("");
        while let Some(upload) = uploads.next().await {
            let upload = upload.map_err(failed("unfinished uploads"))?;
            let tx = keys::owner(&upload.key);
            if tx.is_some() || keys::is_shared(&upload.key) {
                lists.uploads.push((tx, upload));
            }
        }
        drop(uploads);
        Ok(lists)
    }
}

/// What became of the journals that were asked for.
#[derive(Default)]
struct Journals {
    found: BTreeMap<Tx, (Journal, Revision)>,
    missing: BTreeSet<Tx>,
    unreadable: Vec<ObjectKey>,
}

async fn journals(storage: &dyn StorageReader, of: BTreeSet<&Tx>) -> Result<Journals, StateError> {
    let mut asked = futures::stream::iter(of)
        .map(|tx| async move {
            let key = keys::journal(tx);
            let found = read::bytes(storage, &key, JOURNAL_LIMIT).await;
            (tx.clone(), key, found)
        })
        .buffer_unordered(AT_ONCE);
    let mut all = Journals::default();
    while let Some((tx, key, found)) = asked.next().await {
        match found {
            Ok(None) => {
                all.missing.insert(tx);
            }
            Ok(Some((meta, bytes))) => match decode_journal(&bytes) {
                Ok(journal) if journal.tx == tx && journal.format <= FORMAT => {
                    all.found.insert(tx, (journal, meta.revision));
                }
                Ok(_) | Err(_) => all.unreadable.push(key),
            },
            // Too large to be one.
            Err(StateError::Refused { .. }) => all.unreadable.push(key),
            Err(error) => return Err(error),
        }
    }
    all.unreadable.sort();
    Ok(all)
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
            } else if let Ok(Some((_, bytes))) = bytes {
                of_this_lineage(storage, &snapshot.head, key, &bytes)?;
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
    while let Some((key, bytes)) = ahead.next().await {
        if let Ok(Some((_, bytes))) = bytes {
            of_this_lineage(storage, &snapshot.head, key, &bytes)?;
        }
    }
    chain.complete = true;
    Ok(chain)
}

/// A generation that is not in the chain may be left over; one of another lineage says that HEAD is
/// not the one that belongs here.
fn of_this_lineage(
    storage: &dyn StorageReader,
    head: &Head,
    key: &ObjectKey,
    bytes: &[u8],
) -> Result<(), StateError> {
    let Ok(generation) = decode_generation(bytes) else { return Ok(()) };
    let theirs = &generation.parent.lineage;
    if *theirs == head.lineage {
        return Ok(());
    }
    Err(StateError::Refused {
        code: Code::HEAD_WENT_BACK,
        message: format!(
            "{}: `head.json` is of lineage {}, and `{key}` is of lineage {theirs}: it is another \
             bucket's `head.json`, or two were mixed",
            storage.location(),
            head.lineage
        ),
        help: Some("nothing was deleted; `depstate doctor` shows what is there".to_owned()),
    })
}

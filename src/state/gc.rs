//! Carries out what a collector decided.

use std::{collections::BTreeSet, sync::Arc};

use futures::{StreamExt as _, stream};
use jiff::SignedDuration;

use super::{
    AT_ONCE, Author, Changes, CommitOutcome, DocumentCache, Findings, PATIENCE, StateError,
    Transaction,
    driver::{Driver, Hands},
    keys,
    read::read,
};
use crate::{
    commit::{End, Event, Rules, Sweep, Sweeper, Swept, past_grace},
    failpoint,
    model::{Code, JournalState, ObjectKey, Snapshot, Tx},
    storage::{Precondition, PutError, StorageError, StorageWriter},
};

/// How often a commit of the collector's is tried again after a lost race.
const RACES: u32 = 10;
/// Clocks that differ by more are not believed.
const SKEW: SignedDuration = SignedDuration::from_hours(1);

/// What a collector did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// Keys that were condemned and are doomed now.
    pub doomed: u64,
    /// Objects that were deleted.
    pub deleted: u64,
    /// Uploads that were thrown away.
    pub discarded: u64,
    /// Dead applies that were decided: not committed.
    pub swept: Vec<Tx>,
    /// Applies that were taken for dead and had committed.
    pub committed: Vec<Tx>,
    /// What could not be done, for a person; the next run tries again.
    pub left: Vec<String>,
    /// The transaction whose outcome is not known.
    pub unknown: Option<Tx>,
}

/// A collector at work.
struct Collector {
    storage: Arc<dyn StorageWriter>,
    cache: Arc<dyn DocumentCache>,
    author: Author,
    rules: Rules,
    did: Collected,
}

/// Takes away what was found. It may be killed anywhere; the next one goes on.
///
/// # Errors
/// When the store fails before anything was deleted, or the clocks differ too much to say what is
/// old (`clock-skew`). What fails later is in [`Collected::left`].
pub async fn collect(
    storage: Arc<dyn StorageWriter>,
    cache: Arc<dyn DocumentCache>,
    author: Author,
    rules: Rules,
    findings: Findings,
) -> Result<Collected, StateError> {
    let mut at = Collector { storage, cache, author, rules, did: Collected::default() };
    let Findings { snapshot, collection, uploads, journals, floor, .. } = findings;
    if collection.is_empty() {
        return Ok(at.did);
    }
    at.compare_clocks().await?;
    if !collection.doom.is_empty() || !collection.doomed.is_empty() {
        Box::pin(at.condemned(snapshot, &collection.doom)).await?;
    }
    for tx in collection.unclosed {
        let Some((journal, revision)) = journals.get(&tx).cloned() else { continue };
        let (found, nonce) = (true, at.author.chance.nonce());
        let sweep = Sweep { journal, revision, floor, found, nonce, patience: PATIENCE };
        Box::pin(at.sweep(&tx, sweep)).await;
    }
    for (tx, keys) in collection.sweep {
        let Some((journal, revision)) = journals.get(&tx).cloned() else { continue };
        let found = false;
        let nonce = at.author.chance.nonce();
        let sweep = Sweep { journal, revision, floor, found, nonce, patience: PATIENCE };
        if Box::pin(at.sweep(&tx, sweep)).await {
            failpoint::hit("collect/swept");
            let mut done = at.delete(keys).await;
            for (_, upload) in uploads.iter().filter(|(of, _)| of.as_ref() == Some(&tx)) {
                let discarded = at.storage.discard(upload).await;
                done &= at.note(discarded, || format!("the upload of `{}`", upload.key));
                at.did.discarded += u64::from(done);
                failpoint::hit("collect/discarded");
            }
            if done && collection.journals.contains(&tx) {
                at.delete(BTreeSet::from([keys::journal(&tx)])).await;
            }
        }
    }
    at.delete(collection.leftover).await;
    for n in collection.uploads {
        let Some((_, upload)) = uploads.get(n) else { continue };
        let discarded = at.storage.discard(upload).await;
        let done = at.note(discarded, || format!("the upload of `{}`", upload.key));
        at.did.discarded += u64::from(done);
    }
    let done = collection.journals.iter().filter(|tx| {
        journals.get(*tx).is_none_or(|(journal, _)| journal.state == JournalState::Done)
    });
    at.delete(done.map(keys::journal).collect()).await;
    Ok(at.did)
}

impl Collector {
    /// Condemned, then doomed, then deleted, then forgotten: two commits, and no applier takes back
    /// what is doomed.
    async fn condemned(
        &mut self,
        snapshot: Snapshot,
        chosen: &BTreeSet<ObjectKey>,
    ) -> Result<(), StateError> {
        let rules = self.rules;
        let doom = |base: &Snapshot| Changes {
            collect: past_grace(base, &rules).intersection(chosen).cloned().collect(),
            ..Changes::default()
        };
        let Some(base) = self.commit(snapshot, doom).await? else { return Ok(()) };
        failpoint::hit("collect/doomed");
        let wanted = base.doomed.clone();
        if wanted.is_empty() || !self.delete(wanted.clone()).await {
            return Ok(());
        }
        failpoint::hit("collect/before-clear");
        let clear = |base: &Snapshot| Changes {
            cleared: wanted.intersection(&base.doomed).cloned().collect(),
            ..Changes::default()
        };
        self.commit(base, clear).await?;
        Ok(())
    }

    /// Commits what a function makes of the newest base. None: the outcome is not known, or it could
    /// not be done; nothing may be built upon it.
    async fn commit(
        &mut self,
        mut base: Snapshot,
        change: impl Fn(&Snapshot) -> Changes,
    ) -> Result<Option<Snapshot>, StateError> {
        let is_empty = |changes: &Changes| changes.collect.is_empty() && changes.cleared.is_empty();
        for _ in 0..RACES {
            let changes = change(&base);
            if is_empty(&changes) {
                return Ok(Some(base));
            }
            let (storage, cache) = (Arc::clone(&self.storage), Arc::clone(&self.cache));
            let mut tx =
                Transaction::begin(storage, cache, self.author.clone(), Some(base)).await?;
            match tx.commit(&changes).await? {
                CommitOutcome::Committed(_) => {
                    self.did.doomed += changes.collect.len() as u64;
                    return Ok(Some(tx.base().clone()));
                }
                CommitOutcome::LostRace(_) => {
                    tx.abandon().await;
                    let newest = read(&*self.storage, &*self.cache).await?;
                    base = newest
                        .ok_or_else(|| StateError::damaged("`head.json` was there and is gone"))?;
                }
                CommitOutcome::NotCommitted(why) => {
                    tx.abandon().await;
                    self.did.left.push(why);
                    return Ok(None);
                }
                CommitOutcome::Unknown(id) => {
                    self.did.unknown = Some(id);
                    return Ok(None);
                }
            }
        }
        self.did.left.push(format!("others committed first, {RACES} times in a row"));
        Ok(None)
    }

    /// What is old is told by one's own clock: it must be right.
    async fn compare_clocks(&self) -> Result<(), StateError> {
        let Author { chance, now, .. } = &self.author;
        let key = keys::probe(&chance.tx(*now), "clock");
        let failed = |source| StateError::Storage {
            doing: "comparing the clock with the store's".to_owned(),
            source,
        };
        let written = self.storage.put(&key, bytes::Bytes::new(), Precondition::Absent).await;
        if let Err(PutError::Refused(error)) = written {
            return Err(failed(error));
        }
        let meta = self.storage.head(&key).await.map_err(failed)?;
        // What stays is found by its age.
        let _removed = self.storage.delete(&key).await;
        let Some(theirs) = meta.and_then(|meta| meta.modified) else { return Ok(()) };
        let ours = self.author.now;
        if ours.duration_since(theirs).abs() <= SKEW {
            return Ok(());
        }
        Err(StateError::Refused {
            code: Code::CLOCK_SKEW,
            message: format!(
                "{}: its clock says {theirs}, the one here says {ours}",
                self.storage.location()
            ),
            help: Some("what is past its grace can't be told; set the clock right".to_owned()),
        })
    }

    /// Decides what became of a transaction. True: it is dead, and what carries its name may go.
    async fn sweep(&mut self, tx: &Tx, sweep: Sweep) -> bool {
        let hands = Hands {
            storage: Arc::clone(&self.storage),
            cache: Arc::clone(&self.cache),
            tx: tx.clone(),
            author: self.author.clone(),
            bodies: std::collections::BTreeMap::new(),
        };
        let machine = Sweeper::new(sweep);
        let mut driver = Driver { machine, hands, trouble: None, found: None };
        match driver.run(Event::Sweep).await {
            Ok(End::Swept(Swept::Dead)) => {
                self.did.swept.push(tx.clone());
                return true;
            }
            Ok(End::Swept(Swept::Committed)) => self.did.committed.push(tx.clone()),
            Ok(End::Swept(Swept::Alive | Swept::Gone)) => {}
            Ok(_) => {
                let why = match driver.trouble.take() {
                    Some(trouble) => super::error::chain(&trouble),
                    None => "the chain of generations does not tell".to_owned(),
                };
                self.did.left.push(format!("what became of transaction {tx}: {why}"));
            }
            Err(error) => {
                let why = super::error::chain(&error);
                self.did.left.push(format!("what became of transaction {tx}: {why}"));
            }
        }
        false
    }

    /// Deletes objects. False: some are left.
    async fn delete(&mut self, keys: BTreeSet<ObjectKey>) -> bool {
        let storage = &self.storage;
        let ended: Vec<(ObjectKey, Result<(), StorageError>)> = stream::iter(keys)
            .map(|key| async move {
                failpoint::hit("collect/before-delete");
                let ended = storage.delete(&key).await;
                failpoint::hit("collect/after-delete");
                (key, ended)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut all = true;
        for (key, ended) in ended {
            let done = self.note(ended, || format!("`{key}`"));
            self.did.deleted += u64::from(done);
            all &= done;
        }
        all
    }

    fn note(&mut self, ended: Result<(), StorageError>, what: impl Fn() -> String) -> bool {
        match ended {
            Ok(()) => true,
            Err(error) => {
                self.did.left.push(format!("{}: {}", what(), super::error::chain(&error)));
                false
            }
        }
    }
}

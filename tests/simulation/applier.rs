//! An applier: read, lay beside what is wanted, begin, upload, commit; after a lost race read and
//! plan again. The loop of the program's own `apply`, around the program's own transaction.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use depstate::{
    model::{Address, ObjectMeta, Record, Snapshot},
    state::{CommitOutcome, StateError, Transaction, read, refresh_views},
    storage::{Precondition, PutError, StorageReader as _, StorageWriter as _},
};

use super::{
    actor::Actor,
    profile::Plant,
    wishes::{Todo, Want, Wish},
};

/// How often one wish is tried before it is given up.
const TRIES: u32 = 5;
const RACES: u32 = 8;

/// Works through the wishes that are left.
pub(crate) async fn run(actor: Actor) {
    while let Some(wish) = actor.wishes.get(actor.progress.load(Ordering::Relaxed)).cloned() {
        for _ in 0..TRIES {
            if Attempt::new(&actor).wish(&wish).await {
                break;
            }
            pause(&actor, 4).await;
        }
        actor.progress.fetch_add(1, Ordering::Relaxed);
    }
}

async fn pause(actor: &Actor, long: u32) {
    let most = 50_usize << long;
    let span = actor.rng().below(most);
    tokio::time::sleep(Duration::from_millis(span as u64)).await;
}

/// One apply.
struct Attempt<'a> {
    actor: &'a Actor,
    /// What this transaction has in the store.
    uploaded: BTreeMap<Address, Record>,
}

impl<'a> Attempt<'a> {
    fn new(actor: &'a Actor) -> Self {
        Self { actor, uploaded: BTreeMap::new() }
    }

    /// Tells whether the wish is fulfilled.
    async fn wish(&mut self, wish: &Wish) -> bool {
        let Some(base) = self.read().await else { return false };
        if let Some(base) = &base
            && wish.diff(base, &self.uploaded).idle()
        {
            return self.views(base).await;
        }
        let Some(tx) = self.begin(base).await else { return false };
        let parts = if self.actor.rng().chance(250) && wish.wanted.len() > 1 {
            vec![wish.half(), wish.clone()]
        } else {
            vec![wish.clone()]
        };
        let mut tx = Some(tx);
        for part in parts {
            let open = match tx.take() {
                Some(Committed::Not(tx)) => tx,
                Some(Committed::Yes(base)) => match self.begin(Some(*base)).await {
                    Some(Committed::Not(tx)) => tx,
                    Some(Committed::Yes(_)) | None => return false,
                },
                None => return false,
            };
            self.uploaded.clear();
            tx = self.transaction(open, &part).await;
        }
        tx.is_some()
    }

    /// What a part of the program says is broken must be broken, and here nothing ever is.
    fn told(&self, doing: &str, error: &StateError) {
        let mut world = self.actor.world();
        if let StateError::Refused { message, .. } = error
            && !(world.lied && message.contains("probed"))
        {
            world.breach(format!("{doing} says: {message}"));
        }
    }

    async fn read(&self) -> Option<Option<Snapshot>> {
        let (storage, cache) = (self.actor.storage(), self.actor.cache());
        match read(&*storage, &*cache).await {
            Ok(base) => Some(base),
            Err(error) => {
                self.told("read", &error);
                None
            }
        }
    }

    async fn begin(&self, base: Option<Snapshot>) -> Option<Committed> {
        let (storage, cache) = (self.actor.storage(), self.actor.cache());
        match Transaction::begin(storage, cache, self.actor.author(), base).await {
            Ok(tx) => Some(Committed::Not(Box::new(tx))),
            Err(error) => {
                self.told("begin", &error);
                None
            }
        }
    }

    /// One transaction, to its commit. None: it came to nothing, or it can't be told.
    async fn transaction(&mut self, mut tx: Box<Transaction>, wish: &Wish) -> Option<Committed> {
        let mut planned = tx.base().clone();
        for races in 1..=RACES {
            let todo = self.upload(&tx, &planned, wish).await;
            let Some(todo) = todo.filter(|todo| !todo.idle()) else {
                let idle = wish.diff(&planned, &self.uploaded).idle();
                tx.abandon().await;
                return if idle && self.views(&planned).await {
                    Some(Committed::Yes(Box::new(planned)))
                } else {
                    None
                };
            };
            let (id, serial) = (tx.tx().to_string(), tx.base().head.serial + 1);
            self.actor.world().laws.intend(&id, serial, todo.intent());
            self.actor.world().note(format!("a{}   commits {serial}", self.actor.store.actor));
            match tx.commit(&todo.changes).await {
                Ok(CommitOutcome::Committed(head)) => {
                    self.actor.tell(|laws| laws.acknowledge(&id, head.serial));
                    let base = tx.base().clone();
                    // Views are derived; when they fail the next apply makes them.
                    let _made = self.views(&base).await;
                    return Some(Committed::Yes(Box::new(base)));
                }
                Ok(CommitOutcome::LostRace(_)) => {
                    self.actor.tell(|laws| laws.lose(&id, serial));
                    pause(self.actor, races.min(6)).await;
                    if !self.again(&mut tx, &mut planned).await {
                        tx.abandon().await;
                        return None;
                    }
                }
                Ok(CommitOutcome::NotCommitted(why)) => {
                    if !why.contains("head.json") {
                        self.actor.world().breach(format!("a right change is refused: {why}"));
                    }
                    self.actor.tell(|laws| laws.lose(&id, serial));
                    tx.abandon().await;
                    return None;
                }
                Ok(CommitOutcome::Unknown(_)) => {
                    tx.abandon().await;
                    return None;
                }
                Err(error) => {
                    self.told("commit", &error);
                    self.actor.tell(|laws| laws.annul(&id));
                    tx.abandon().await;
                    return None;
                }
            }
        }
        tx.abandon().await;
        None
    }

    /// After a lost race: reads, and stands the transaction on what is there now.
    async fn again(&mut self, tx: &mut Transaction, planned: &mut Snapshot) -> bool {
        let Some(Some(base)) = self.read().await else { return false };
        let base = if self.actor.plant == Some(Plant::OldSnapshot) {
            let (head, revision) = (base.head, base.revision);
            Snapshot { head, revision, generation: base.generation, ..planned.clone() }
        } else {
            base
        };
        *planned = base.clone();
        match tx.rebase(base.clone()).await {
            Ok(true) => true,
            Ok(false) => {
                self.uploaded.clear();
                match self.begin(Some(base)).await {
                    Some(Committed::Not(new)) => {
                        *tx = *new;
                        true
                    }
                    Some(Committed::Yes(_)) | None => false,
                }
            }
            Err(error) => {
                self.told("rebase", &error);
                false
            }
        }
    }

    /// Uploads what the plan still needs. None: it can't be.
    async fn upload(&mut self, tx: &Transaction, base: &Snapshot, wish: &Wish) -> Option<Todo> {
        let todo = wish.diff(base, &self.uploaded);
        for (address, want) in todo.uploads {
            let file = "file.tgz";
            let key = tx.artifact_key(&address, file).unwrap();
            let body = want.content(&address);
            let meta =
                if self.actor.plant == Some(Plant::NotUploaded) && self.actor.rng().chance(200) {
                    None
                } else {
                    Some(self.put(&key, &address, want).await?)
                };
            let revision = meta.map_or_else(
                || depstate::model::Revision(format!("{}", body.len())),
                |meta| meta.revision,
            );
            self.uploaded.insert(address.clone(), want.record(&address, key, revision));
        }
        let mut todo = wish.diff(base, &self.uploaded);
        for record in todo.changes.set.values_mut() {
            let own = record.key.as_str().contains(&tx.tx().0);
            // What comes back may be told anew.
            if own || self.actor.rng().chance(500) {
                record.side = vec![self.side(tx, record).await?];
            }
        }
        Some(todo)
    }

    /// Says something of an artifact, where this transaction has not yet.
    async fn side(&self, tx: &Transaction, record: &Record) -> Option<depstate::model::ObjectKey> {
        let key = tx.side_key(record, depstate::wire::side::SideKind::Provenance, 0);
        let store = &self.actor.store;
        for tried in 1..=4 {
            let body = bytes::Bytes::from(record.key.to_string());
            match store.put(&key, body, Precondition::Absent).await {
                Ok(_) => return Some(key),
                Err(PutError::Refused(_) | PutError::Missing(_)) => return None,
                Err(PutError::Precondition(_) | PutError::Conflict(_) | PutError::Unknown(_)) => {}
            }
            if store.head(&key).await.ok()?.is_some() {
                return Some(key);
            }
            pause(self.actor, tried).await;
        }
        None
    }

    /// Puts an artifact where nothing is. A 412 and an unknown outcome are looked into.
    async fn put(
        &self,
        key: &depstate::model::ObjectKey,
        address: &Address,
        want: Want,
    ) -> Option<ObjectMeta> {
        let body = want.content(address);
        let store = &self.actor.store;
        let parts = self.actor.rng().chance(250);
        for tried in 1..=4 {
            let answer = if parts {
                let mut upload = store.upload(key).await.ok()?;
                let middle = body.len() / 2;
                for part in [body.slice(..middle), body.slice(middle..)] {
                    if upload.write(part).await.is_err() {
                        let _collected_otherwise = upload.abort().await;
                        return None;
                    }
                }
                upload.finish(Precondition::Absent).await
            } else {
                store.put(key, body.clone(), Precondition::Absent).await
            };
            match answer {
                Ok(meta) => return Some(meta),
                Err(PutError::Refused(_) | PutError::Missing(_)) => return None,
                Err(PutError::Precondition(_) | PutError::Conflict(_) | PutError::Unknown(_)) => {}
            }
            if let Some(there) = store.head(key).await.ok()? {
                let sum = depstate::model::Sha256::of(&body);
                let same = there.size == body.len() as u64
                    && there
                        .checksum
                        .as_ref()
                        .and_then(depstate::model::Digest::sha256)
                        .is_none_or(|digest| digest == sum);
                return same.then_some(there);
            }
            pause(self.actor, tried).await;
        }
        None
    }

    async fn views(&self, base: &Snapshot) -> bool {
        let storage = Arc::new(self.actor.store.clone());
        match refresh_views(&*storage, base, None, self.actor.chance()).await {
            Ok(()) => true,
            Err(error) => {
                self.told("views", &error);
                false
            }
        }
    }
}

/// A transaction before its commit, or what stands after it.
enum Committed {
    Not(Box<Transaction>),
    Yes(Box<Snapshot>),
}

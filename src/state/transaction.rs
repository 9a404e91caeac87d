//! One transaction, as `apply` sees it.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{
    Changes, DocumentCache, PATIENCE, StateError, change,
    change::Unfit,
    driver::{Driver, Hands},
    ids::Chance,
    keys,
    read::read,
};
use crate::{
    commit::{Base, End, Event, Failure, Machine, NotCommitted, Setup},
    model::{Address, Code, Head, ObjectKey, Record, Snapshot, Tx},
    storage::{StorageError, StorageWriter},
    wire::{inputs::INPUTS_SUFFIX, side::SideKind},
};

/// Who changes the bucket, and when.
#[derive(Debug, Clone)]
pub struct Author {
    /// The project of deps.toml.
    pub project: String,
    /// Who, where the environment says so.
    pub by: Option<String>,
    /// The program, `depstate 0.1.0`.
    pub tool: String,
    /// The instant of planning.
    pub now: Timestamp,
    /// deps.toml says that nobody else ever writes to the prefix, so a store that does not keep
    /// conditions may be written to.
    pub single_writer: bool,
    /// Where names come from.
    pub chance: Chance,
}

/// One transaction: genesis where needed, journal, then uploads by the caller, then **one** commit.
///
/// A long apply begins another on `base()` after each commit. An object that was uploaded for a
/// transaction can be named by that transaction's commit alone: what is left over when it commits is
/// nobody's, and may be collected at once.
pub struct Transaction {
    driver: Driver<Machine>,
    author: Author,
    base: Snapshot,
}

impl Transaction {
    /// Begins on the snapshot that the caller has just read; none: there was no HEAD, so it is
    /// created, or read where another was faster. Then writes the journal. When this returns,
    /// objects may be uploaded.
    ///
    /// # Errors
    /// When the store fails, or the prefix belongs to another project (`not-owner`) or a newer format
    /// (`store-newer`), or has generations and no HEAD (`storage-damaged`).
    pub async fn begin(
        storage: Arc<dyn StorageWriter>,
        cache: Arc<dyn DocumentCache>,
        author: Author,
        base: Option<Snapshot>,
    ) -> Result<Self, StateError> {
        let tx = author.chance.tx(author.now);
        let machine = Machine::new(Setup {
            tx: tx.clone(),
            project: author.project.clone(),
            by: author.by.clone(),
            tool: author.tool.clone(),
            now: author.now,
            patience: PATIENCE,
            location: storage.identity(),
            single_writer: author.single_writer,
        });
        let hands = Hands { storage, cache, tx, author: author.clone(), bodies: BTreeMap::new() };
        let mut driver = Driver { machine, hands, trouble: None, found: None };
        let event = Event::Begin {
            base: base.as_ref().map(base_of),
            lineage: author.chance.lineage(),
            nonce: author.chance.nonce(),
        };
        let end = driver.run(event).await?;
        if end != End::Ready {
            return Err(driver.unfinished(end, &author));
        }
        let found = driver.found.take();
        let base = match (base.or(found), driver.machine.base()) {
            (Some(base), _) => base,
            (None, Some(Base { head, revision })) => Snapshot {
                head: head.clone(),
                revision: revision.clone(),
                generation: None,
                live: BTreeMap::new(),
                condemned: BTreeMap::new(),
                replaced: BTreeMap::new(),
                doomed: std::collections::BTreeSet::new(),
            },
            (None, None) => return Err(StateError::Ended),
        };
        Ok(Self { driver, author, base })
    }

    /// Returns the transaction's id.
    pub fn tx(&self) -> &Tx {
        &self.driver.hands.tx
    }

    /// Returns the snapshot that the next commit stands on; after a commit, what it made.
    pub fn base(&self) -> &Snapshot {
        &self.base
    }

    /// Tells whether the store refuses bytes that do not have the digest that comes with them. Where
    /// it does not, an object that was written has to be looked at.
    pub fn checks_digests(&self) -> bool {
        self.driver.machine.checks_digests()
    }

    /// Returns the key for an artifact's bytes: never used twice. `file` is the name as people read
    /// it; it is escaped here.
    ///
    /// # Errors
    /// When the name is empty, or makes the key too long (`bad-name`).
    pub fn artifact_key(&self, address: &Address, file: &str) -> Result<ObjectKey, StateError> {
        keys::artifact(address, self.tx(), file)
    }

    /// Returns the key of a side document of a record: beside its artifact's name, in the folder of this
    /// transaction. `round`: how many keys of it hold something else already, because what was said
    /// changed with the base after a lost race.
    pub fn side_key(&self, record: &Record, kind: SideKind, round: u32) -> ObjectKey {
        keys::side(record, self.tx(), kind.suffix(), round)
    }

    /// Returns where the document goes that keeps what a build read.
    pub fn inputs_key(&self, record: &Record, round: u32) -> ObjectKey {
        keys::side(record, self.tx(), INPUTS_SUFFIX, round)
    }

    /// Writes index documents and generation, then HEAD: the commit point. Then the journal is closed,
    /// and [`Transaction::base`] is what was committed. Views are the caller's
    /// ([`super::refresh_views`]).
    ///
    /// A change that changes nothing writes nothing, and returns the HEAD that is there. A change
    /// that does not fit the base (an object named that nobody may name) is `NotCommitted`.
    ///
    /// # Errors
    /// When it failed before the commit point: nothing is committed, and nothing of this transaction
    /// ever will be.
    pub async fn commit(&mut self, changes: &Changes) -> Result<CommitOutcome, StateError> {
        let prepared = match change::prepare(&self.base, changes, &self.author, self.tx()) {
            Ok(Some(prepared)) => prepared,
            Ok(None) => return Ok(CommitOutcome::Committed(self.base.head.clone())),
            Err(Unfit::Contradiction(message)) => return Ok(CommitOutcome::NotCommitted(message)),
            Err(Unfit::Unwritable(error)) => return Err(error),
        };
        let generation = prepared.proposal.generation.key.clone();
        self.driver.hands.bodies = prepared.bodies;
        match self.driver.run(Event::Commit(prepared.proposal)).await? {
            End::Committed { head, revision } => {
                self.keep(&generation).await;
                self.base = self.committed(prepared.after, &head, revision).await;
                Ok(CommitOutcome::Committed(head))
            }
            End::LostRace(head) => Ok(CommitOutcome::LostRace(head)),
            End::NotCommitted(NotCommitted::Refused(why)) => {
                Ok(CommitOutcome::NotCommitted(format!("writing `head.json`: {why}")))
            }
            End::NotCommitted(NotCommitted::ConditionNeverHolds) => {
                Ok(CommitOutcome::NotCommitted(format!(
                    "{}: writing `head.json` was refused {PATIENCE} times because it changed, and it \
                     did not change: the store does not compare revisions rightly",
                    self.driver.hands.storage.location()
                )))
            }
            End::NotCommitted(NotCommitted::Fenced) => {
                let location = self.driver.hands.storage.location();
                let trouble = match self.driver.trouble.take() {
                    Some(trouble) => super::error::chain(&trouble),
                    None => "no usable answer".to_owned(),
                };
                Ok(CommitOutcome::NotCommitted(format!(
                    "{location}: writing `head.json`, {PATIENCE} times: {trouble}; none of them \
                     landed, and none can any more"
                )))
            }
            End::Undecided => Ok(CommitOutcome::Unknown(self.tx().clone())),
            end @ (End::Ready | End::Failed(_) | End::Abandoned | End::Swept(_)) => {
                Err(self.driver.unfinished(end, &self.author))
            }
        }
    }

    /// After a lost race: stands the transaction on a newer snapshot, which the caller has planned on
    /// again. False: the journal was aborted or is gone, begin again; what was uploaded is lost.
    ///
    /// # Errors
    /// When the store fails, or HEAD is not newer or not of the same history.
    pub async fn rebase(&mut self, base: Snapshot) -> Result<bool, StateError> {
        match self.driver.run(Event::Rebase(base_of(&base))).await? {
            End::Ready => {
                self.base = base;
                Ok(true)
            }
            End::Failed(Failure::Aborted) => Ok(false),
            end @ (End::Committed { .. }
            | End::LostRace(_)
            | End::NotCommitted(_)
            | End::Undecided
            | End::Failed(_)
            | End::Abandoned
            | End::Swept(_)) => Err(self.driver.unfinished(end, &self.author)),
        }
    }

    /// Gives up before the commit point: marks the journal aborted, so that the collector may clean
    /// up. After a commit, or while one can't be told, it does nothing. A store that fails here is no
    /// error: the journal grows old and is found.
    pub async fn abandon(mut self) {
        let _whatever_became_of_it = self.driver.run(Event::Abandon).await;
    }

    /// Keeps the new index documents, so that the next plan need not read them.
    async fn keep(&mut self, generation: &ObjectKey) {
        let Hands { cache, bodies, .. } = &mut self.driver.hands;
        for (key, body) in std::mem::take(bodies) {
            if key != *generation {
                cache.put(&crate::model::Sha256::of(&body), &body).await;
            }
        }
    }

    /// Returns what stands after a commit. Where others have followed already, that is read; if it
    /// can't be, the next swap fails on the old revision and everything is read anyway.
    async fn committed(
        &self,
        mut after: Snapshot,
        head: &Head,
        revision: Option<crate::model::Revision>,
    ) -> Snapshot {
        let Hands { storage, cache, .. } = &self.driver.hands;
        match revision {
            Some(revision) => after.revision = revision,
            None => {
                if let Ok(Some(newest)) = read(&**storage, &**cache).await {
                    return newest;
                }
            }
        }
        after.head = head.clone();
        after
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction").field("tx", self.tx()).finish_non_exhaustive()
    }
}

/// What became of a commit. A lost race and a lost answer are outcomes, not errors.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOutcome {
    /// It is in the chain of HEADs.
    Committed(Head),
    /// Another was faster; nothing of ours is in.
    LostRace(Head),
    /// Refused before it was applied, for good; the text is for a person.
    NotCommitted(String),
    /// It can't be told; rerunning is safe.
    Unknown(Tx),
}

fn base_of(snapshot: &Snapshot) -> Base {
    Base { head: snapshot.head.clone(), revision: snapshot.revision.clone() }
}

impl Driver<Machine> {
    /// Returns the error for an end that leads nowhere.
    fn unfinished(&mut self, end: End, author: &Author) -> StateError {
        let End::Failed(failure) = end else { return StateError::Ended };
        let place = self.hands.storage.location();
        match failure {
            Failure::Store(doing) => StateError::Storage {
                doing: doing.to_owned(),
                source: self.trouble.take().unwrap_or_else(|| StorageError::Failed {
                    message: format!("{place}: no usable answer, {PATIENCE} times"),
                    help: None,
                }),
            },
            Failure::HeadLost => StateError::damaged(format!(
                "{place}: `gen/` holds generations and `head.json` is missing"
            )),
            Failure::HeadGone => {
                StateError::damaged(format!("{place}: `head.json` was there and is gone"))
            }
            Failure::HeadReplaced { ours, theirs } => StateError::damaged(format!(
                "{place}: `head.json` was of lineage {ours} and is of lineage {theirs} now"
            )),
            Failure::WentBack { from, to } => StateError::damaged(format!(
                "{place}: `head.json` was at serial {from} and is at serial {to} now"
            )),
            Failure::Restored { serial, generation } => {
                StateError::restored(&place, serial, &generation)
            }
            Failure::Unsafe(probe) => StateError::Refused {
                code: Code::STORE_UNSAFE,
                message: format!(
                    "{place}: the store was probed, and its conditional writes are {}",
                    probe.conditions.as_str()
                ),
                help: Some(
                    "use a store that keeps `If-Match` and `If-None-Match`; or, where nobody else \
                     ever writes to this prefix, `single-writer = true` in `[storage]`"
                        .to_owned(),
                ),
            },
            Failure::NotOwner { theirs } => StateError::Refused {
                code: Code::NOT_OWNER,
                message: format!(
                    "{place} belongs to project `{theirs}`, not to `{}`",
                    author.project
                ),
                help: Some("use another prefix, or the deps.toml of that project".to_owned()),
            },
            Failure::StoreNewer { format } => StateError::newer(&place, format),
            Failure::Aborted => StateError::Ended,
            Failure::Foreign(key) => StateError::damaged(format!(
                "{place}: `{key}` holds other bytes than transaction {} wrote there",
                self.hands.tx
            )),
        }
    }
}

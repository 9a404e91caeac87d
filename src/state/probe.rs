//! Finding out what a store does with conditions and digests, before anything depends on it.
//!
//! One writer by itself first: what must hold has to hold, what must not has to be refused. Then
//! several at once, in rounds: of each exactly one may win, and its bytes are what is read back.
//! About fifty small requests, once for each prefix.

use bytes::Bytes;
use futures::future::join_all;
use jiff::Timestamp;

use super::{Chance, StateError, keys, read::bytes};
use crate::{
    model::{Conditions, ObjectKey, Probe, Revision, Tx},
    storage::{Precondition, PutError, StorageError, StorageWriter},
};

/// How many write at once in a round.
const AT_ONCE: usize = 8;

/// How often a round of creating, and one of replacing, is held.
const ROUNDS: usize = 2;

/// How often what got no clear answer is tried.
const TRIES: u8 = 4;

/// The longest body that is read back, in bytes.
const LIMIT: usize = 4096;

/// Finds out what a store does, by objects below `probe/`, which are removed again. Where deleting
/// is denied they stay, and that changes nothing.
///
/// # Errors
/// When the store could not be asked, or does not let us write: no verdict.
pub async fn probe(
    storage: &dyn StorageWriter,
    chance: &Chance,
    now: Timestamp,
) -> Result<Probe, StateError> {
    let mut trial = Trial { storage, chance, tx: chance.tx(now), written: Vec::new(), count: 0 };
    let conditions = trial.conditions().await;
    let digest = keys::probe(&trial.tx, "digest");
    let checksums = match &conditions {
        Ok(_) => storage.checksums(&digest).await.map_err(failed),
        // Nothing more is asked of a store that fails.
        Err(_) => Ok(crate::model::Checksums::None),
    };
    trial.clean_up().await;
    Ok(Probe {
        location: storage.identity(),
        conditions: conditions?,
        checksums: checksums?,
        at: now,
    })
}

/// Why the trial of conditions ended early.
enum Stop {
    /// The verdict is clear.
    Is(Conditions),
    /// There is none.
    Failed(StateError),
}

struct Trial<'a> {
    storage: &'a dyn StorageWriter,
    chance: &'a Chance,
    tx: Tx,
    written: Vec<ObjectKey>,
    /// Makes every body another one.
    count: u64,
}

impl Trial<'_> {
    async fn conditions(&mut self) -> Result<Conditions, StateError> {
        match self.run().await {
            Ok(()) => Ok(Conditions::Atomic),
            Err(Stop::Is(verdict)) => Ok(verdict),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    async fn run(&mut self) -> Result<(), Stop> {
        self.alone().await?;
        for _ in 0..ROUNDS {
            let created = self.race(None).await?;
            self.race(Some(created)).await?;
        }
        Ok(())
    }

    /// One writer: conditions that hold, and conditions that don't.
    async fn alone(&mut self) -> Result<(), Stop> {
        let key = self.key();
        let first = self.must_hold(&key, Precondition::Absent).await?.0;
        self.must_not_hold(&key, Precondition::Absent, true).await?;
        let matches = Precondition::Matches(first.clone());
        let (second, body) = self.must_hold(&key, matches.clone()).await?;
        if second == first {
            // Two states that can't be told apart: no condition means anything.
            return Err(Stop::Is(Conditions::Broken));
        }
        self.must_not_hold(&key, matches, true).await?;
        let missing = self.key();
        self.must_not_hold(&missing, Precondition::Matches(second.clone()), false).await?;
        // What was refused must not have happened.
        match self.read(&key).await? {
            Some((revision, read)) if revision == second && read == body => Ok(()),
            _ => Err(Stop::Is(Conditions::Broken)),
        }
    }

    /// Writes under a condition that holds.
    async fn must_hold(
        &mut self,
        key: &ObjectKey,
        precondition: Precondition,
    ) -> Result<(Revision, Bytes), Stop> {
        let body = self.body();
        let mut tries = 1;
        loop {
            match self.storage.put(key, body.clone(), precondition.clone()).await {
                Ok(meta) => return Ok((meta.revision, body)),
                Err(error) => {
                    // It, or an earlier try, may have landed: then the condition holds no more.
                    let read = self.read(key).await?;
                    if let Some((revision, _)) = read.filter(|(_, read)| *read == body) {
                        return Ok((revision, body));
                    }
                    let told = matches!(error, PutError::Precondition(_) | PutError::Missing(_));
                    if told && tries == 1 {
                        return Err(Stop::Is(Conditions::Broken));
                    }
                    self.again(&mut tries, error).await?;
                }
            }
        }
    }

    /// Writes under a condition that does not hold. `there`: the object is there.
    async fn must_not_hold(
        &mut self,
        key: &ObjectKey,
        precondition: Precondition,
        there: bool,
    ) -> Result<(), Stop> {
        let body = self.body();
        let mut tries = 1;
        loop {
            match self.storage.put(key, body.clone(), precondition.clone()).await {
                Ok(_) => return Err(Stop::Is(Conditions::Ignored)),
                // It would be taken for an object that somebody has deleted.
                Err(PutError::Missing(_)) if there => return Err(Stop::Is(Conditions::Broken)),
                Err(PutError::Precondition(_) | PutError::Missing(_) | PutError::Conflict(_)) => {
                    return Ok(());
                }
                Err(PutError::Refused(StorageError::Failed { .. })) if !there => return Ok(()),
                Err(error @ (PutError::Unknown(_) | PutError::Refused(_))) => {
                    self.again(&mut tries, error).await?;
                }
            }
        }
    }

    /// Lets several write at once under the same condition (none given: the object is created), and
    /// returns the state that the one winner made. A round in which an answer was lost says nothing,
    /// and is held again.
    async fn race(
        &mut self,
        at: Option<(ObjectKey, Revision)>,
    ) -> Result<(ObjectKey, Revision), Stop> {
        let (mut key, mut matched) = match at {
            Some((key, revision)) => (key, Some(revision)),
            None => (self.key(), None),
        };
        let mut tries = 1;
        loop {
            let precondition = matched.clone().map_or(Precondition::Absent, Precondition::Matches);
            let bodies: Vec<Bytes> = (0..AT_ONCE).map(|_| self.body()).collect();
            let writes = bodies
                .iter()
                .map(|body| self.storage.put(&key, body.clone(), precondition.clone()));
            let mut winners = Vec::new();
            let mut unclear = None;
            let mut conflict = None;
            for (answer, body) in join_all(writes).await.into_iter().zip(&bodies) {
                match answer {
                    Ok(meta) => winners.push((meta.revision, body)),
                    Err(PutError::Precondition(_)) => {}
                    Err(PutError::Conflict(text)) => conflict = Some(PutError::Conflict(text)),
                    Err(PutError::Missing(_)) => return Err(Stop::Is(Conditions::Broken)),
                    Err(error @ (PutError::Unknown(_) | PutError::Refused(_))) => {
                        unclear = Some(error);
                    }
                }
            }
            let read = self.read(&key).await?;
            match (winners.as_slice(), unclear.or(conflict.filter(|_| winners.is_empty()))) {
                ([_, _, ..], _) => return Err(Stop::Is(Conditions::Raced)),
                ([(revision, body)], None) => {
                    return match read {
                        Some((found, text)) if found == *revision && text == **body => {
                            Ok((key, found))
                        }
                        _ => Err(Stop::Is(Conditions::Raced)),
                    };
                }
                // All were told that another one was faster, and there was none. (Unless a write came
                // twice, or one of the round before came late.)
                ([], None)
                    if tries == 1
                        && !read.as_ref().is_some_and(|(_, read)| bodies.contains(read)) =>
                {
                    return Err(Stop::Is(Conditions::Broken));
                }
                ([], None) => {
                    let error = PutError::Unknown(format!("no write of `{key}` won"));
                    self.again(&mut tries, error).await?;
                }
                (_, Some(error)) => self.again(&mut tries, error).await?,
            }
            match (&mut matched, read) {
                (None, _) => key = self.key(),
                (Some(matched), Some((revision, _))) => *matched = revision,
                (Some(_), None) => return Err(Stop::Is(Conditions::Broken)),
            }
        }
    }

    /// Waits before the next try; what is denied, or was tried often enough, is no verdict.
    async fn again(&self, tries: &mut u8, error: PutError) -> Result<(), Stop> {
        let error = match error {
            PutError::Refused(error @ StorageError::Denied { .. }) => {
                return Err(Stop::Failed(failed(error)));
            }
            PutError::Refused(error) => error,
            PutError::Precondition(_)
            | PutError::Conflict(_)
            | PutError::Missing(_)
            | PutError::Unknown(_) => {
                StorageError::Failed { message: error.to_string(), help: None }
            }
        };
        if *tries == TRIES {
            return Err(Stop::Failed(failed(error)));
        }
        *tries += 1;
        tokio::time::sleep(self.chance.pause(*tries)).await;
        Ok(())
    }

    async fn read(&self, key: &ObjectKey) -> Result<Option<(Revision, Bytes)>, Stop> {
        let read = bytes(self.storage, key, LIMIT).await.map_err(Stop::Failed)?;
        Ok(read.map(|(meta, bytes)| (meta.revision, bytes)))
    }

    fn key(&mut self) -> ObjectKey {
        let key = keys::probe(&self.tx, &format!("{}", self.written.len()));
        self.written.push(key.clone());
        key
    }

    fn body(&mut self) -> Bytes {
        self.count += 1;
        Bytes::from(format!("{{\"probe\":\"{}\",\"write\":{}}}", self.tx, self.count))
    }

    async fn clean_up(&self) {
        // Whether it works changes nothing.
        let _left_to_the_collector =
            join_all(self.written.iter().map(|key| self.storage.delete(key))).await;
    }
}

fn failed(source: StorageError) -> StateError {
    StateError::Storage { doing: "finding out what the store does".to_owned(), source }
}

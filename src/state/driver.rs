//! Carries out what the commit machine asks for. No decisions here.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt as _, stream::FuturesUnordered};

use super::{AT_ONCE, Author, DocumentCache, StateError, keys, read, read::read as read_all};
use crate::{
    commit::{Answer, Base, Comparison, Effect, End, Event, Machine, Sweeper, fence},
    model::{Head, ObjectKey, Revision, Sha256, Snapshot, Tx},
    storage::{Precondition, PutError, StorageError, StorageWriter},
    wire::objects::{JOURNAL_LIMIT, decode_journal, encode_head, encode_journal},
};

/// Something that takes events and asks for effects.
pub(super) trait Steps {
    fn step(&mut self, event: Event) -> Vec<Effect>;
}

impl Steps for Machine {
    fn step(&mut self, event: Event) -> Vec<Effect> {
        Self::step(self, event)
    }
}

impl Steps for Sweeper {
    fn step(&mut self, event: Event) -> Vec<Effect> {
        Self::step(self, event)
    }
}

/// A machine and its hands.
pub(super) struct Driver<M> {
    pub(super) machine: M,
    pub(super) hands: Hands,
    /// The store's last complaint.
    pub(super) trouble: Option<StorageError>,
    /// What the machine asked to be read whole.
    pub(super) found: Option<Snapshot>,
}

/// What effects are carried out with.
pub(super) struct Hands {
    pub(super) storage: Arc<dyn StorageWriter>,
    pub(super) cache: Arc<dyn DocumentCache>,
    /// Whose journal it is.
    pub(super) tx: Tx,
    pub(super) author: Author,
    /// The documents of the commit, by key.
    pub(super) bodies: BTreeMap<ObjectKey, Bytes>,
}

/// What came of an effect.
pub(super) struct Came {
    event: Event,
    trouble: Option<StorageError>,
    found: Option<Snapshot>,
}

impl<M: Steps> Driver<M> {
    /// Runs the machine from an event of the caller's to the end of what it began.
    pub(super) async fn run(&mut self, event: Event) -> Result<End, StateError> {
        let Self { machine, hands, trouble, found } = self;
        let hands = &*hands;
        let mut waiting: Vec<Effect> = machine.step(event);
        let mut running = FuturesUnordered::new();
        loop {
            if let Some(Effect::End(end)) =
                waiting.iter().find(|effect| matches!(effect, Effect::End(_)))
            {
                return Ok(end.clone());
            }
            while running.len() < AT_ONCE
                && let Some(effect) = waiting.pop()
            {
                running.push(hands.step(effect));
            }
            let Some(came) = running.next().await else { return Err(StateError::Ended) };
            let came = came?;
            if came.trouble.is_some() {
                *trouble = came.trouble;
            }
            if came.found.is_some() {
                *found = came.found;
            }
            waiting.extend(machine.step(came.event));
        }
    }
}

impl Hands {
    /// Carries one effect out.
    pub(super) async fn carry_out(&self, effect: Effect) -> Result<Came, StateError> {
        Ok(match effect {
            Effect::LookForGenerations => match self.storage.list("gen/").next().await {
                None => Event::Generations(false).into(),
                Some(Ok(_)) => Event::Generations(true).into(),
                Some(Err(error)) => Came::trouble(Event::ReadFailed, error),
            },
            Effect::Probe => {
                let Author { chance, now, .. } = &self.author;
                match super::probe::probe(&*self.storage, chance, *now).await {
                    Ok(probe) => Event::Probed(probe).into(),
                    Err(error) => failed(error),
                }
            }
            Effect::LookForLater { serial } => {
                match super::later::newest_lost_after(&*self.storage, serial).await {
                    Ok(later) => Event::Later(later).into(),
                    Err(error) => failed(error),
                }
            }
            Effect::ReadBase => {
                let found = read_all(&*self.storage, &*self.cache).await?;
                let base = found
                    .as_ref()
                    .map(|at| Base { head: at.head.clone(), revision: at.revision.clone() });
                Came { event: Event::BaseRead(base), trouble: None, found }
            }
            Effect::CreateHead { head, attempt } => {
                let body = encode_head(&head).map_err(|error| StateError::unwritable(&error))?;
                let answer = self.put(&keys::head(), body, Precondition::Absent, attempt).await;
                answer.came(Event::HeadWritten)
            }
            Effect::SwapHead { head, matches, attempt } => {
                self.swap_head(&head, matches, attempt).await?
            }
            Effect::Fence { base, nonce, attempt } => {
                let previous = digest(&base.head)?;
                let head = fence(&base.head, &nonce, previous, &self.author.tool);
                self.swap_head(&head, base.revision, attempt).await?
            }
            Effect::ReadHead => match read::head(&*self.storage).await {
                Ok(base) => Event::HeadRead(base).into(),
                Err(error) => failed(error),
            },
            Effect::CreateJournal { journal, attempt } => {
                let body =
                    encode_journal(&journal).map_err(|error| StateError::unwritable(&error))?;
                let key = keys::journal(&self.tx);
                let answer = self.put(&key, body, Precondition::Absent, attempt).await;
                answer.came(Event::JournalWritten)
            }
            Effect::SwapJournal { journal, matches, attempt } => {
                let body =
                    encode_journal(&journal).map_err(|error| StateError::unwritable(&error))?;
                let (key, matches) = (keys::journal(&self.tx), Precondition::Matches(matches));
                self.put(&key, body, matches, attempt).await.came(Event::JournalWritten)
            }
            Effect::ReadJournal => {
                let key = keys::journal(&self.tx);
                match read::bytes(&*self.storage, &key, JOURNAL_LIMIT).await {
                    Ok(None) => Event::JournalRead(None).into(),
                    Ok(Some((meta, bytes))) => {
                        let journal = decode_journal(&bytes)
                            .map_err(|error| StateError::unreadable(key.as_str(), &error))?;
                        Event::JournalRead(Some((journal, meta.revision))).into()
                    }
                    Err(error) => failed(error),
                }
            }
            Effect::Write { key, attempt } => {
                let body = self.bodies.get(&key).cloned().unwrap_or_default();
                let answer = self.put(&key, body, Precondition::Absent, attempt).await;
                answer.came(|answer| Event::Written(key, answer))
            }
            Effect::Compare(key) => {
                let wanted = self.bodies.get(&key).cloned().unwrap_or_default();
                match read::bytes(&*self.storage, &key, wanted.len()).await {
                    Ok(None) => Event::Compared(key, Comparison::Absent).into(),
                    Ok(Some((_, bytes))) if bytes == wanted => {
                        Event::Compared(key, Comparison::Same).into()
                    }
                    // Longer than what is wanted is an error of the reading, and different too.
                    Ok(Some(_)) | Err(StateError::Refused { .. }) => {
                        Event::Compared(key, Comparison::Different).into()
                    }
                    Err(error) => failed(error),
                }
            }
            Effect::ReadGeneration(at) => match read::generation(&*self.storage, &at).await {
                Ok(generation) => Event::GenerationRead(generation.map(Box::new)).into(),
                Err(StateError::Refused { .. }) => Event::GenerationRead(None).into(),
                Err(error) => failed(error),
            },
            // An end is never carried out.
            Effect::End(_) => Event::ReadFailed.into(),
        })
    }

    async fn swap_head(
        &self,
        head: &Head,
        matches: Revision,
        attempt: u8,
    ) -> Result<Came, StateError> {
        let body = encode_head(head).map_err(|error| StateError::unwritable(&error))?;
        let matches = Precondition::Matches(matches);
        Ok(self.put(&keys::head(), body, matches, attempt).await.came(Event::HeadWritten))
    }

    /// Sends one write. An answer that does not fit the bytes is no answer.
    async fn put(
        &self,
        key: &ObjectKey,
        body: impl Into<Bytes>,
        precondition: Precondition,
        attempt: u8,
    ) -> Put {
        tokio::time::sleep(self.author.chance.pause(attempt)).await;
        let body = body.into();
        let (size, sum) = (body.len() as u64, Sha256::of(&body));
        match self.storage.put(key, body, precondition).await {
            Ok(meta) => {
                let stored = meta.checksum.as_ref().and_then(crate::model::Digest::sha256);
                if meta.size == size && stored.is_none_or(|stored| stored == sum) {
                    Put::Done(meta.revision)
                } else {
                    Put::Failed(PutError::Unknown(format!(
                        "the store says that `{key}` has {} bytes and another digest than was sent",
                        meta.size
                    )))
                }
            }
            Err(error) => Put::Failed(error),
        }
    }
}

/// Returns the digest of a HEAD's bytes.
pub(super) fn digest(head: &Head) -> Result<Sha256, StateError> {
    encode_head(head)
        .map(|bytes| Sha256::of(&bytes))
        .map_err(|error| StateError::unwritable(&error))
}

/// What became of a write.
enum Put {
    Done(Revision),
    Failed(PutError),
}

impl Put {
    fn came(self, event: impl FnOnce(Answer) -> Event) -> Came {
        let error = match self {
            Self::Done(revision) => return event(Answer::Done(revision)).into(),
            Self::Failed(error) => error,
        };
        let message = error.to_string();
        let unclear = || StorageError::Failed { message: message.clone(), help: None };
        match error {
            PutError::Precondition(_) => Came::trouble(event(Answer::Precondition), unclear()),
            PutError::Conflict(_) => Came::trouble(event(Answer::Conflict), unclear()),
            PutError::Missing(_) => Came::trouble(event(Answer::Missing), unclear()),
            PutError::Unknown(_) => Came::trouble(event(Answer::Unknown), unclear()),
            PutError::Refused(error) => {
                Came::trouble(event(Answer::Refused(error.to_string())), error)
            }
        }
    }
}

impl Came {
    fn trouble(event: Event, error: StorageError) -> Self {
        Self { event, trouble: Some(error), found: None }
    }
}

impl From<Event> for Came {
    fn from(event: Event) -> Self {
        Self { event, trouble: None, found: None }
    }
}

/// A reading that failed, whatever the reason.
fn failed(error: StateError) -> Came {
    let trouble = match error {
        StateError::Storage { source, .. } => source,
        other @ (StateError::Refused { .. } | StateError::Ended) => {
            StorageError::Failed { message: other.to_string(), help: None }
        }
    };
    Came::trouble(Event::ReadFailed, trouble)
}

//! The objects, the requests that wait, and those that are still on their way.

use std::{collections::BTreeMap, task::Waker};

use bytes::Bytes;
use depstate::{
    model::{ObjectKey, ObjectMeta, Revision, Sha256},
    storage::{Precondition, PutError, StorageError, UploadRef},
};
use jiff::{Timestamp, ToSpan as _};

use super::{
    Etags, Quirks, Request, Rng, Verdict,
    laws::Laws,
    request::{Answer, Good},
};

#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) bytes: Bytes,
    pub(crate) sha256: Sha256,
    pub(crate) meta: ObjectMeta,
    pub(super) step: u64,
}

impl Stored {
    pub(crate) fn new(bytes: Bytes, meta: ObjectMeta) -> Self {
        Self { sha256: Sha256::of(&bytes), bytes, meta, step: 0 }
    }
}

struct Session {
    key: String,
    parts: BTreeMap<u32, Bytes>,
    begun: Timestamp,
}

/// A request that waits for the scheduler.
pub(crate) struct Waiting {
    pub(crate) actor: usize,
    request: Request,
    waker: Waker,
}

/// Something that the scheduler may let happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pick {
    pub(crate) id: u64,
    pub(crate) actor: usize,
    pub(crate) writes: bool,
    pub(crate) conditional: bool,
}

pub(crate) struct World {
    pub(crate) quirks: Quirks,
    pub(crate) objects: BTreeMap<String, Stored>,
    pub(crate) laws: Laws,
    /// The store's clock.
    pub(crate) now: Timestamp,
    pub(crate) step: u64,
    /// Every request and what became of it.
    pub(crate) log: Vec<String>,
    /// The first law that was broken.
    pub(crate) broken: Option<String>,
    /// It said 412 to a probe whose condition held.
    pub(crate) lied: bool,
    waiting: BTreeMap<u64, Waiting>,
    answered: BTreeMap<u64, Answer>,
    /// What may still land.
    late: Vec<Request>,
    uploads: BTreeMap<String, Session>,
    /// What was deleted, and when.
    pub(super) graves: BTreeMap<String, (ObjectMeta, u64)>,
    first: BTreeMap<String, Sha256>,
    writes: u64,
    ids: u64,
    pub(super) rng: Rng,
}

impl World {
    pub(crate) fn new(quirks: Quirks, seed: u64) -> Self {
        Self {
            quirks,
            objects: BTreeMap::new(),
            laws: Laws::default(),
            now: "2025-03-01T12:00:00Z".parse().unwrap(),
            step: 0,
            log: Vec::new(),
            broken: None,
            lied: false,
            waiting: BTreeMap::new(),
            answered: BTreeMap::new(),
            late: Vec::new(),
            uploads: BTreeMap::new(),
            graves: BTreeMap::new(),
            first: BTreeMap::new(),
            writes: 0,
            ids: 0,
            rng: Rng::new(seed ^ 0x51_0e),
        }
    }

    /// Says that a law is broken, and by what.
    pub(crate) fn breach(&mut self, what: impl Into<String>) {
        if self.broken.is_none() {
            self.broken = Some(what.into());
        }
    }

    pub(crate) fn note(&mut self, line: impl Into<String>) {
        self.log.push(format!("{:5} {}", self.step, line.into()));
    }

    /// Lets the store's clock go on.
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now = self.now.checked_add(seconds.seconds()).unwrap();
    }

    pub(super) fn register(&mut self, actor: usize, request: Request, waker: Waker) -> u64 {
        self.ids += 1;
        self.waiting.insert(self.ids, Waiting { actor, request, waker });
        self.ids
    }

    pub(super) fn take(&mut self, id: u64) -> Option<Answer> {
        self.answered.remove(&id)
    }

    pub(super) fn wait(&mut self, id: u64, waker: &Waker) {
        if let Some(waiting) = self.waiting.get_mut(&id) {
            waiting.waker.clone_from(waker);
        }
    }

    /// Nobody waits for the answer any more; the request itself may be on its way.
    pub(super) fn forget(&mut self, id: u64) {
        self.answered.remove(&id);
        if let Some(waiting) = self.waiting.remove(&id)
            && waiting.request.writes()
        {
            self.late.push(waiting.request);
        }
    }

    /// What waits, in the order in which it was asked.
    pub(crate) fn picks(&self) -> Vec<Pick> {
        self.waiting
            .iter()
            .map(|(id, waiting)| Pick {
                id: *id,
                actor: waiting.actor,
                writes: waiting.request.writes(),
                conditional: waiting.request.conditional(),
            })
            .collect()
    }

    /// How many uploads are unfinished.
    pub(crate) fn uploads(&self) -> usize {
        self.uploads.len()
    }

    pub(crate) fn late(&self) -> usize {
        self.late.len()
    }

    /// Lets a late request land, or vanish.
    pub(crate) fn land(&mut self, n: usize, lands: bool) {
        let request = self.late.remove(n);
        self.step += 1;
        self.pass(1);
        let line = request.line();
        let how = match lands.then(|| self.carry_out(&request, true)) {
            None => "vanishes".to_owned(),
            Some(Ok(_)) => "lands late".to_owned(),
            Some(Err(error)) => format!("comes late: {error}"),
        };
        self.note(format!("     {line} {how}"));
    }

    /// Decides a request, and wakes whoever waits.
    pub(crate) fn settle(&mut self, id: u64, verdict: Verdict) {
        let Some(Waiting { actor, request, waker }) = self.waiting.remove(&id) else { return };
        self.step += 1;
        self.pass(1);
        let unknown = |what: &str| Err(PutError::Unknown(what.to_owned()));
        let answer = match verdict {
            Verdict::Answered => self.carry_out(&request, false),
            Verdict::Dropped => unknown("connection reset"),
            Verdict::Lost => {
                let _lost = self.carry_out(&request, false);
                unknown("timeout")
            }
            Verdict::Late => {
                self.late.push(request.clone());
                unknown("timeout")
            }
            Verdict::Twice => {
                let answer = self.carry_out(&request, false);
                self.late.push(request.clone());
                answer
            }
            Verdict::Refused => Err(PutError::Refused(StorageError::Denied {
                message: "403 ExpiredToken".to_owned(),
                help: None,
            })),
            Verdict::Conflict { applied } => {
                if applied {
                    let _lost = self.carry_out(&request, false);
                }
                Err(PutError::Conflict("409 ConditionalRequestConflict".to_owned()))
            }
            Verdict::Server { applied } => {
                if applied {
                    let _lost = self.carry_out(&request, false);
                }
                unknown("503 SlowDown")
            }
            Verdict::Cut => match self.carry_out(&request, false) {
                Ok(Good::Object { found, .. }) => Ok(Good::Object { found, cut: true }),
                Ok(_) | Err(_) => unknown("the answer breaks off"),
            },
            Verdict::False412 => {
                self.lied |= request.key().starts_with("probe/");
                Err(PutError::Precondition("it holds".to_owned()))
            }
        };
        let outcome = match &answer {
            Ok(Good::Object { found: None, .. } | Good::Meta(None)) => "none".to_owned(),
            Ok(_) => "ok".to_owned(),
            Err(error) => error.to_string(),
        };
        let how =
            if verdict == Verdict::Answered { String::new() } else { format!(" [{verdict:?}]") };
        self.note(format!("a{actor}   {} -> {outcome}{how}", request.line()));
        self.answered.insert(id, answer);
        waker.wake();
    }

    /// Does what is asked, at this instant.
    fn carry_out(&mut self, request: &Request, late: bool) -> Answer {
        match request {
            Request::Head(key) => {
                Ok(Good::Meta(self.objects.get(key).map(|stored| stored.meta.clone())))
            }
            Request::Get(key, range) => {
                let found = self.objects.get(key).map(|stored| {
                    let bytes = match range {
                        None => stored.bytes.clone(),
                        Some(range) => {
                            let place =
                                |n: u64| usize::try_from(n).unwrap().min(stored.bytes.len());
                            stored.bytes.slice(place(range.start)..place(range.end))
                        }
                    };
                    (stored.meta.clone(), bytes)
                });
                Ok(Good::Object { found, cut: false })
            }
            Request::List { prefix, after } => Ok(self.page(prefix, after)),
            Request::Put { key, body, condition } => {
                self.write(key, body.clone(), condition.as_ref(), false, late).map(Good::Written)
            }
            Request::Begin(key) => {
                self.writes += 1;
                let id = format!("u{}", self.writes);
                let session = Session { key: key.clone(), parts: BTreeMap::new(), begun: self.now };
                self.uploads.insert(id.clone(), session);
                Ok(Good::Begun(id))
            }
            Request::Part { id, number, body, .. } => match self.uploads.get_mut(id) {
                Some(session) => {
                    session.parts.insert(*number, body.clone());
                    Ok(Good::Done)
                }
                None => Err(gone()),
            },
            Request::Complete { key, id, condition } => {
                let Some(session) = self.uploads.remove(id) else { return Err(gone()) };
                let body: Vec<u8> = session.parts.values().flatten().copied().collect();
                self.write(key, body.into(), Some(condition), true, late).map(Good::Written)
            }
            Request::Abort { id, .. } | Request::Discard { id, .. } => {
                self.uploads.remove(id);
                Ok(Good::Done)
            }
            Request::Delete(key) => {
                self.delete(key);
                Ok(Good::Done)
            }
            Request::Uploads(prefix) => Ok(Good::Uploads(
                self.uploads
                    .iter()
                    .filter(|(_, session)| session.key.starts_with(prefix))
                    .map(|(id, session)| UploadRef {
                        key: ObjectKey::new(session.key.clone()),
                        id: id.clone(),
                        begun: Some(session.begun),
                    })
                    .collect(),
            )),
        }
    }

    fn write(
        &mut self,
        key: &str,
        body: Bytes,
        condition: Option<&Precondition>,
        parts: bool,
        late: bool,
    ) -> Result<ObjectMeta, PutError> {
        let there = self.objects.get(key).map(|stored| &stored.meta.revision);
        // A store that ignores conditions passes for a good one when it is probed.
        let probed = key.starts_with("probe/");
        match (condition, there) {
            (Some(Precondition::Absent), Some(_)) if !self.quirks.ignores_absent || probed => {
                return Err(PutError::Precondition("it is there".to_owned()));
            }
            (Some(Precondition::Matches(_)), None) => {
                return Err(PutError::Missing("it is not there".to_owned()));
            }
            (Some(Precondition::Matches(wanted)), Some(found))
                if wanted != found && (!self.quirks.ignores_match || probed) =>
            {
                return Err(PutError::Precondition(format!("it is {}", found.0)));
            }
            _ => {}
        }
        self.writes += 1;
        let sha256 = Sha256::of(&body);
        let etag = match self.quirks.etags {
            Etags::Unique => format!("e{}", self.writes),
            Etags::Content => sha256.to_string(),
            Etags::Md5Like if parts => format!("{}-2", &sha256.to_string()[..32]),
            Etags::Md5Like => sha256.to_string()[..32].to_owned(),
        };
        let meta = ObjectMeta {
            size: body.len() as u64,
            revision: Revision(etag),
            modified: Some(self.now),
            checksum: (!parts).then(|| sha256.into()),
        };
        self.check_use(key, sha256, late);
        let stored = Stored { bytes: body, sha256, meta: meta.clone(), step: self.step };
        let before = self.objects.insert(key.to_owned(), stored);
        let before = before.map(|stored| stored.bytes);
        if let Err(why) = self.laws.wrote(&self.objects, key, before.as_ref()) {
            self.breach(why);
        }
        Ok(meta)
    }

    /// A key never gets other bytes than it had first, and is never made again once it was deleted:
    /// only a request that was on its way all the time may do that, and one of a transaction that a
    /// collector took for dead.
    fn check_use(&mut self, key: &str, sha256: Sha256, late: bool) {
        let mutable = key == "head.json"
            || ["tx/", "views/", "probe/"].iter().any(|folder| key.starts_with(folder));
        if mutable {
            return;
        }
        match self.first.get(key) {
            None => {
                self.first.insert(key.to_owned(), sha256);
            }
            Some(first) if *first != sha256 => {
                self.breach(format!("key `{key}` is given a second content"));
            }
            Some(_) => {
                let again = self.graves.contains_key(key) && !self.objects.contains_key(key);
                if again && !late && !Laws::dead(&self.objects, key) {
                    self.breach(format!("key `{key}` is made again after it was deleted"));
                }
            }
        }
    }

    fn delete(&mut self, key: &str) {
        if let Some(stored) = self.objects.remove(key) {
            self.graves.insert(key.to_owned(), (stored.meta, self.step));
            if let Err(why) = self.laws.deleted(key) {
                self.breach(why);
            }
        }
    }
}

fn gone() -> PutError {
    PutError::Refused(StorageError::Failed { message: "404 NoSuchUpload".to_owned(), help: None })
}

//! Requests that wait for an answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::sync::oneshot;

use super::protocol::RpcError;

/// How many requests that nobody waits for are remembered.
const REMEMBERED: usize = 10_000;

/// What came of a request.
pub(super) enum Outcome {
    /// A result, and how long the line was that brought it.
    Result(Value, usize),
    /// The driver says that it failed.
    Error(RpcError),
    /// No answer will come: why.
    Lost(String),
}

/// Who waits for what, or why nobody does any more.
#[derive(Default)]
pub(super) struct Pending {
    waiting: BTreeMap<u64, oneshot::Sender<Outcome>>,
    /// Given up, and perhaps still answered.
    given_up: BTreeSet<u64>,
    last: u64,
    dead: Option<String>,
}

/// Whom an answer was for.
pub(super) enum Addressee {
    /// It was handed to whoever waits.
    Told,
    /// Nobody waits any more: what it holds is not used.
    Nobody(Outcome),
    /// Nobody has asked.
    Unknown,
}

impl Pending {
    /// Notes a request. None: the driver is gone, and why.
    pub(super) fn begin(&mut self) -> Result<(u64, oneshot::Receiver<Outcome>), String> {
        if let Some(why) = &self.dead {
            return Err(why.clone());
        }
        self.last += 1;
        let (tell, told) = oneshot::channel();
        self.waiting.insert(self.last, tell);
        Ok((self.last, told))
    }

    /// Nobody waits for it any more. True: nothing has come of it yet.
    pub(super) fn give_up(&mut self, id: u64) -> bool {
        let waited = self.waiting.remove(&id).is_some();
        if waited {
            self.given_up.insert(id);
            if self.given_up.len() > REMEMBERED {
                self.given_up.pop_first();
            }
        }
        waited
    }

    /// Hands an answer to whoever waits for it.
    pub(super) fn answer(&mut self, id: u64, outcome: Outcome) -> Addressee {
        if let Some(tell) = self.waiting.remove(&id) {
            return match tell.send(outcome) {
                Ok(()) => Addressee::Told,
                Err(outcome) => Addressee::Nobody(outcome),
            };
        }
        if self.given_up.remove(&id) { Addressee::Nobody(outcome) } else { Addressee::Unknown }
    }

    /// Tells everybody that no answer will come. The first reason stays.
    pub(super) fn die(&mut self, why: &str) {
        let why = self.dead.get_or_insert_with(|| why.to_owned()).clone();
        for (_, tell) in std::mem::take(&mut self.waiting) {
            // Who does not wait any more needs no word.
            let _nobody = tell.send(Outcome::Lost(why.clone()));
        }
    }

    /// Returns why no answer will come, if so.
    pub(super) fn dead(&self) -> Option<&str> {
        self.dead.as_deref()
    }
}

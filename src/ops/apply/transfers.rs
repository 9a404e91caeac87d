//! The steps that move bytes, until all are done or it is time to commit.

use futures::{StreamExt as _, stream::FuturesUnordered};

use super::{Ready, Run, publish::AtHand, queue::Queue};
use crate::{
    model::{Action, Address, Event, Failure, Step},
    ops::{build::NeedFile, transfer::Failed},
    state::Transaction,
};

impl Run<'_> {
    /// Carries out what the plan still needs. True: there is more, and it is time to commit.
    pub(super) async fn transfers(&mut self, tx: &Transaction) -> bool {
        let pending: Vec<Step> = self
            .planned
            .plan
            .steps
            .iter()
            .filter(|step| {
                step.action.moves_bytes() && !self.settled(step) && !self.hopeless(tx, step)
            })
            .cloned()
            .collect();
        if pending.is_empty() {
            return false;
        }
        self.sink.emit(&Event::Started {
            artifacts: pending.len(),
            bytes: pending.iter().filter_map(|step| step.bytes).sum(),
        });
        let failed = self.failed.keys().cloned().collect();
        let jobs = self.project.setting.jobs;
        let mut queue = Queue::new(pending, failed, jobs, self.how.commit_every);
        let mut ended = Vec::new();
        {
            let this: &Self = self;
            let mut fresh = AtHand::new();
            let mut running = FuturesUnordered::new();
            loop {
                while !this.cancel.is_cancelled()
                    && let Some(step) = queue.next()
                {
                    let at_hand = this.at_hand(tx, &step, &fresh);
                    running.push(this.one(tx, step, at_hand));
                }
                let Some((address, end)) = running.next().await else { break };
                queue.ended(&address, end.is_ok());
                if let Ok(ready) = &end {
                    fresh.insert(address.clone(), NeedFile::published(&ready.record));
                }
                ended.push((address, end));
            }
        }
        for (address, end) in ended {
            self.take(address, end);
        }
        let (more, held) = queue.close();
        self.held.extend(held);
        more
    }

    /// Tells whether a step belongs to a new version of which another file failed: the version can't
    /// enter the index any more, so nothing of it is uploaded again.
    fn hopeless(&self, tx: &Transaction, step: &Step) -> bool {
        let same = |address: &Address| {
            address.dependency == step.address.dependency && address.version == step.address.version
        };
        step.action == Action::Create
            && self.failed.keys().any(same)
            && !tx.base().live.keys().any(same)
    }

    /// Tells whether a step needs no transfer: it is done, failed, or its bytes are in the store.
    fn settled(&self, step: &Step) -> bool {
        let same = |ready: &Ready| {
            step.artifact
                .as_ref()
                .is_some_and(|artifact| artifact.input.is_none_or(|it| it == ready.record.input))
        };
        self.committed.contains(&step.address)
            || self.failed.contains_key(&step.address)
            || self.ready.get(&step.address).is_some_and(same)
    }

    fn take(&mut self, address: Address, end: Result<Ready, Failed>) {
        match end {
            Ok(ready) => {
                // A file that was decided before stays as it was decided.
                if self.planned.located.contains_key(&address) {
                    self.learned.insert(address.clone(), ready.learned.clone());
                }
                self.ready.insert(address, ready);
            }
            Err(failed) if failed.interrupted => {}
            Err(failed) => {
                let failure = Failure {
                    what: address.to_string(),
                    code: failed.code,
                    message: failed.message,
                    help: failed.help,
                    refused: failed.refused,
                };
                self.failed.insert(address, failure);
            }
        }
    }
}

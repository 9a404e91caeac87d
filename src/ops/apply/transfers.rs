//! The steps that move bytes, so many at once, until all are done or it is time to commit.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Instant,
};

use futures::{StreamExt as _, stream::FuturesUnordered};

use super::{Ready, Run};
use crate::{
    model::{Action, Address, Artifact, DependencyId, Event, Failure, Outcome, Step, Version},
    ops::transfer::{self, Failed, Job, Uploaded},
    planner::{self, LocatedFile},
    state::Transaction,
};

impl Run<'_> {
    /// Transfers what the plan still needs. True: there is more, and it is time to commit.
    ///
    /// When the time is over, only files of versions that were begun are still started: a version
    /// enters the index whole, so a part of one would be uploaded in vain.
    pub(super) async fn transfers(&mut self, tx: &Transaction) -> bool {
        let mut pending: VecDeque<Step> = self
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
        let since = Instant::now();
        let mut begun: BTreeSet<(DependencyId, Version)> = BTreeSet::new();
        let mut left = false;
        let mut ended = Vec::new();
        {
            let this: &Self = self;
            let mut running = FuturesUnordered::new();
            loop {
                while running.len() < this.project.setting.jobs.max(1)
                    && !this.cancel.is_cancelled()
                    && let Some(step) = pending.pop_front()
                {
                    let version = (step.address.dependency.clone(), step.address.version.clone());
                    let late = since.elapsed() > this.how.commit_every;
                    if late && !begun.is_empty() && !begun.contains(&version) {
                        left = true;
                        continue;
                    }
                    begun.insert(version);
                    running.push(this.one(tx, step));
                }
                match running.next().await {
                    Some(end) => ended.push(end),
                    None => break,
                }
            }
        }
        for (address, end) in ended {
            self.take(address, end);
        }
        left
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
            step.artifact.as_ref().is_some_and(|artifact| {
                artifact.source.sha256.is_none_or(|digest| digest == ready.uploaded.fetched.sha256)
            })
        };
        self.committed.contains(&step.address)
            || self.failed.contains_key(&step.address)
            || self.ready.get(&step.address).is_some_and(same)
    }

    async fn one(&self, tx: &Transaction, step: Step) -> (Address, Result<Ready, Failed>) {
        let address = step.address.clone();
        self.sink.emit(&Event::StepStarted {
            address: address.clone(),
            action: step.action,
            size: step.bytes,
        });
        let result = self.transfer(tx, &step).await;
        let outcome = match &result {
            Ok(ready) => Outcome::Done { bytes: ready.uploaded.fetched.size },
            Err(failed) if failed.interrupted => Outcome::Interrupted,
            Err(failed) => Outcome::Failed(failed.message.clone()),
        };
        self.sink.emit(&Event::StepEnded { address: address.clone(), outcome });
        (address, result)
    }

    async fn transfer(&self, tx: &Transaction, step: &Step) -> Result<Ready, Failed> {
        let missing = |what: &str| Failed::new(crate::model::Code::SOURCE_FAILED, what.to_owned());
        let artifact = step.artifact.as_ref().ok_or_else(|| missing("the step has no artifact"))?;
        let source = self
            .project
            .sources
            .get(&step.address.dependency)
            .ok_or_else(|| missing("the dependency has no source"))?;
        let key = tx
            .artifact_key(&step.address, &artifact.file)
            .map_err(|error| Failed::new(error.code(), crate::ops::error::chain(&error)))?;
        let file = LocatedFile {
            extra: artifact.source.extra.clone(),
            url: artifact.source.urls.first().cloned().unwrap_or_default(),
            size: artifact.source.size,
            sha256: artifact.source.sha256,
            upstream_digest: artifact.source.upstream_digest.clone(),
            evidence: artifact.source.evidence,
            signer: artifact.source.signer.clone(),
        };
        let uploaded = transfer::publish(&Job {
            project: self.project,
            source: source.as_ref(),
            storage: self.storage.as_ref(),
            address: &step.address,
            key: &key,
            urls: &artifact.source.urls,
            file: &file,
            checked: tx.checks_digests(),
            sink: self.sink,
            cancel: self.cancel,
        })
        .await?;
        let artifact = self.finished(artifact, &uploaded)?;
        Ok(Ready { key, uploaded, artifact })
    }

    /// Expands what depends on the digest, if it was not known before.
    fn finished(&self, artifact: &Artifact, uploaded: &Uploaded) -> Result<Artifact, Failed> {
        if artifact.input.is_some() {
            return Ok(artifact.clone());
        }
        planner::finish(&self.project.manifest, artifact, &learned(artifact, uploaded))
            .map_err(|message| Failed::new(crate::model::Code::TEMPLATE, message))
    }

    fn take(&mut self, address: Address, end: Result<Ready, Failed>) {
        match end {
            Ok(ready) => {
                let learned = learned(&ready.artifact, &ready.uploaded);
                // A file that was decided before stays as it was decided.
                if self.planned.located.contains_key(&address) {
                    self.learned.insert(address.clone(), learned);
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

/// What is known of a file once its bytes went through.
fn learned(artifact: &Artifact, uploaded: &Uploaded) -> LocatedFile {
    LocatedFile {
        extra: artifact.source.extra.clone(),
        url: uploaded.fetched.url.clone(),
        size: Some(uploaded.fetched.size),
        sha256: Some(uploaded.fetched.sha256),
        upstream_digest: artifact.source.upstream_digest.clone(),
        evidence: artifact.source.evidence,
        signer: artifact.source.signer.clone(),
    }
}

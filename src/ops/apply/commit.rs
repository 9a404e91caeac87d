//! From what is ready to one commit. What goes in is the planner's word.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;

use super::Run;
use crate::{
    failpoint,
    model::{
        Action, Address, Code, Done, Event, Failure, Reason, Record, RecordSource, Step, Summary,
    },
    ops::{error::chain, seen, side::Desk, texts},
    planner,
    state::{Changes, CommitOutcome, Transaction},
};

/// What comes after a commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Committed.
    Go,
    /// Nothing can be committed.
    Nothing,
    /// Another was faster.
    Race,
    /// It failed, or its outcome is not known.
    Stop,
}

/// Waits before the next try after a lost race, longer each time, with jitter so that two appliers
/// do not meet again.
pub(crate) async fn pause(races: u32) {
    let jitter = u64::from(uuid::Uuid::new_v4().as_bytes()[0]);
    let longest = 50_u64 << races.min(6);
    tokio::time::sleep(Duration::from_millis(longest * jitter / 255)).await;
}

impl Run<'_> {
    /// Returns the steps that may be committed now.
    fn committable(&self, tx: &Transaction) -> Vec<Step> {
        let succeeded: BTreeSet<Address> = self
            .planned
            .plan
            .steps
            .iter()
            .filter(|step| !step.action.moves_bytes() || self.ready.contains_key(&step.address))
            .filter(|step| !self.failed.contains_key(&step.address))
            .map(|step| step.address.clone())
            .chain(self.committed.iter().cloned())
            .collect();
        let may = planner::committable(&self.planned.plan, Some(tx.base()), &succeeded);
        self.planned
            .plan
            .steps
            .iter()
            .filter(|step| {
                step.action.changes_index()
                    && may.contains(&step.address)
                    && !self.committed.contains(&step.address)
            })
            .cloned()
            .collect()
    }

    /// Returns what is to be committed, with side documents in the store.
    async fn changes(&mut self, tx: &Transaction) -> (Changes, Vec<Done>) {
        loop {
            let steps = self.committable(tx);
            let (mut changes, done) = self.gathered(&steps);
            if self.describe(tx, &steps, &mut changes).await {
                return (changes, done);
            }
        }
    }

    /// Writes what is said of the artifacts. False: of some it could not be written, and without them
    /// others may have to wait.
    async fn describe(&mut self, tx: &Transaction, steps: &[Step], changes: &mut Changes) -> bool {
        let author = self.project.author();
        let jobs = self.project.setting.jobs;
        let built = steps.iter().filter(|step| step.is_built() && step.action.moves_bytes());
        let inputs = built.filter_map(|step| {
            let record = changes.set.get(&step.address)?;
            let text = texts::document(self.project, &self.planned.tree, record)?;
            Some((step.address.clone(), Bytes::from(text)))
        });
        let inputs = inputs.collect();
        let desk = Desk { storage: self.storage.as_ref(), tx, author: &author, jobs, inputs };
        let updates = steps.iter().filter(|step| step.action == Action::Update);
        let before = updates.filter_map(|step| Some((step.address.clone(), step.record.as_ref()?)));
        let failed = desk.describe(&mut changes.set, &before.collect()).await;
        for (address, failed) in &failed {
            let failure = Failure {
                what: address.to_string(),
                code: failed.code,
                message: failed.message.clone(),
                help: failed.help.clone(),
                refused: failed.refused,
            };
            self.failed.insert(address.clone(), failure);
        }
        failed.is_empty()
    }

    fn gathered(&mut self, steps: &[Step]) -> (Changes, Vec<Done>) {
        let mut changes = Changes::default();
        let mut done = Vec::new();
        for step in steps {
            match self.change_of(step, &mut changes) {
                Ok((bytes, fetched)) => {
                    let (address, action) = (step.address.clone(), step.action);
                    done.push(Done { address, action, bytes, fetched });
                }
                Err(message) => {
                    let failure = Failure {
                        what: step.address.to_string(),
                        code: Code::STORAGE_DAMAGED,
                        message,
                        help: None,
                        refused: false,
                    };
                    self.failed.insert(step.address.clone(), failure);
                }
            }
        }
        (changes, done)
    }

    /// Commits what may be committed now.
    pub(super) async fn commit(&mut self, tx: &mut Transaction) -> Next {
        let (mut changes, done) = self.changes(tx).await;
        if done.is_empty() {
            return Next::Nothing;
        }
        changes.summary = counted(&done, self.report.unchanged);
        match tx.commit(&changes).await {
            Ok(CommitOutcome::Committed(head)) => {
                seen::note(self.project, &self.storage.identity(), &head);
                self.sink.emit(&Event::Committed { serial: head.serial, changes: done.len() });
                self.report.serial = Some(head.serial);
                self.committed.extend(done.iter().map(|done| done.address.clone()));
                self.report.done.extend(done);
                failpoint::hit("apply/committed");
                self.views(tx.base()).await;
                failpoint::hit("apply/views-made");
                Next::Go
            }
            Ok(CommitOutcome::LostRace(_)) => Next::Race,
            Ok(CommitOutcome::NotCommitted(why)) => self.stop(
                Code::STORAGE_FAILED,
                why,
                Some(
                    "nothing was committed; the role needs `s3:PutObject` on `head.json` too"
                        .to_owned(),
                ),
            ),
            Ok(CommitOutcome::Unknown(id)) => {
                self.report.unknown = Some(id);
                Next::Stop
            }
            Err(error) => {
                let help = error.help().map(str::to_owned);
                self.stop(error.code(), chain(&error), help)
            }
        }
    }

    fn stop(&mut self, code: Code, message: String, help: Option<String>) -> Next {
        self.report.failed.push(Failure {
            what: self.storage.location(),
            code,
            message,
            help,
            refused: false,
        });
        Next::Stop
    }

    /// Adds one step to the change. Returns how many bytes it published, and fetched.
    fn change_of(&self, step: &Step, changes: &mut Changes) -> Result<(u64, u64), String> {
        let address = &step.address;
        match step.action {
            Action::Retire => {
                changes.retire.insert(address.clone(), step.reason.code());
                Ok((0, 0))
            }
            Action::Adopt => Ok((0, 0)),
            Action::Update => {
                let record = self.updated(step)?;
                if step.reason == Reason::WantedAgain {
                    changes.take_back.insert(record.key.clone());
                }
                changes.set.insert(address.clone(), record);
                Ok((0, 0))
            }
            Action::Create | Action::Rebuild | Action::Repair => {
                let ready = self.ready.get(address).ok_or("its bytes were not uploaded")?;
                let record = ready.record.clone();
                let bytes = record.size;
                if step.action == Action::Repair {
                    changes.doom.insert(address.clone());
                }
                changes.set.insert(address.clone(), record);
                Ok((bytes, ready.fetched))
            }
        }
    }

    /// The record as it is, with what consumers read made new.
    fn updated(&self, step: &Step) -> Result<Record, String> {
        let (Some(record), Some(artifact)) = (&step.record, &step.artifact) else {
            return Err("the step has no record".to_owned());
        };
        let revision = self.planned.revisions.get(&record.key).unwrap_or(&record.revision).clone();
        let mut metadata = artifact.metadata.clone();
        if artifact.detect_licenses {
            // They were found in the bytes, which stay.
            metadata.licenses.clone_from(&record.metadata.licenses);
        }
        Ok(Record {
            upstream: artifact.upstream.clone(),
            revision,
            source: RecordSource {
                url: artifact.source.urls.first().cloned().unwrap_or_default(),
                upstream_digest: artifact.source.upstream_digest.clone(),
                extra: artifact.source.extra.clone(),
                ..record.source.clone()
            },
            evidence: artifact.source.evidence,
            signer: artifact.source.signer.clone(),
            released: artifact.released,
            metadata,
            ..record.clone()
        })
    }
}

fn counted(done: &[Done], unchanged: u64) -> Summary {
    let mut summary = Summary { unchanged, ..Summary::default() };
    for step in done {
        *summary.actions.entry(step.action).or_default() += 1;
        if step.action.moves_bytes() {
            summary.download += step.fetched;
            summary.upload += step.bytes;
        }
    }
    summary
}

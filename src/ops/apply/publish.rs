//! One step that moves bytes: copied from upstream, or made and tried here, then published.

use std::collections::BTreeMap;

use super::{
    Ready, Run,
    queue::{is_made, needs},
};
use crate::{
    model::{
        Address, Artifact, Code, Event, Need, ObjectKey, Outcome, Record, RecordSource, Step,
        TestEvidence,
    },
    ops::{
        build::{Made, NeedFile, Needs, Origin, made_file, source_of},
        error::chain,
        outputs,
        transfer::{self, Failed, Fetched, Job, Uploaded},
    },
    planner::{self, LocatedFile},
    state::Transaction,
};

/// What is at hand for builds and tests, by address.
pub(super) type AtHand = BTreeMap<Address, NeedFile>;

impl Run<'_> {
    pub(super) async fn one(
        &self,
        tx: &Transaction,
        step: Step,
        at_hand: Vec<NeedFile>,
    ) -> (Address, Result<Ready, Failed>) {
        let address = step.address.clone();
        self.sink.emit(&Event::StepStarted {
            address: address.clone(),
            action: step.action,
            size: step.bytes,
        });
        let result = if is_made(&step) {
            self.make(tx, &step, &at_hand).await
        } else {
            self.copy(tx, &step).await
        };
        let outcome = match &result {
            Ok(ready) => Outcome::Done { bytes: ready.record.size },
            Err(failed) if failed.interrupted => Outcome::Interrupted,
            Err(failed) => Outcome::Failed(failed.message.clone()),
        };
        self.sink.emit(&Event::StepEnded { address: address.clone(), outcome });
        (address, result)
    }

    /// Returns the published files that a step's build and test may be given: what is ready in this
    /// apply, and what was published before it.
    pub(super) fn at_hand(&self, tx: &Transaction, step: &Step, fresh: &AtHand) -> Vec<NeedFile> {
        let mut all = Vec::new();
        for need in step.artifact.iter().flat_map(needs) {
            let ready = self.ready.get(&need.address).map(|it| NeedFile::published(&it.record));
            let live = tx.base().live.get(&need.address).map(NeedFile::published);
            all.extend(fresh.get(&need.address).cloned().into_iter().chain(ready).chain(live));
        }
        all
    }

    /// From upstream straight into the store.
    async fn copy(&self, tx: &Transaction, step: &Step) -> Result<Ready, Failed> {
        let artifact = wanted(step)?;
        let key = key(tx, step, &artifact.file)?;
        let file = source_of(artifact);
        let uploaded = self.upload(tx, artifact, &key, &file, None).await?;
        let artifact = self.finished(artifact, &uploaded)?;
        let source = uploaded.fetched.clone();
        self.ready(key, &uploaded, &artifact, source, None, None)
    }

    /// Into the cache first: built, looked at, tried; then published from there.
    async fn make(
        &self,
        tx: &Transaction,
        step: &Step,
        at_hand: &[NeedFile],
    ) -> Result<Ready, Failed> {
        let artifact = wanted(step)?;
        let build = artifact.recipe.iter().flat_map(|recipe| &recipe.needs);
        let build = self.found(build, at_hand).await?;
        let made = self.bench.make(artifact, &build, &self.planned.tree).await?;
        if let (Some(output), Origin::Built | Origin::Kept) = (&made.output, made.origin) {
            let share = outputs::share(self.storage.as_ref(), output, &made.path, self.sink);
            let shared = async {
                share.await;
                Ok(())
            };
            self.bench.until_cancelled(shared).await?;
        }
        let test = match &artifact.trial {
            Some(trial) => {
                let needs = self.found(&trial.needs, at_hand).await?;
                Some(
                    self.bench
                        .try_out(&made.artifact, (&made.path, made.sha256), trial, &needs)
                        .await?
                        .evidence,
                )
            }
            None => None,
        };
        let key = key(tx, step, &made.artifact.file)?;
        let file = match made.origin {
            Origin::Upstream => LocatedFile {
                url: made.source.url.clone(),
                size: Some(made.size),
                sha256: Some(made.sha256),
                ..source_of(&made.artifact)
            },
            Origin::Built | Origin::Kept | Origin::Shared => {
                made_file(&made.artifact, made.size, made.sha256)
            }
        };
        let uploaded =
            self.upload(tx, &made.artifact, &key, &file, Some(made.path.as_path())).await?;
        let artifact = made.artifact.clone();
        let source = made.source.clone();
        self.ready(key, &uploaded, &artifact, source, Some(made), test)
    }

    /// Finds needed artifacts.
    async fn found<'n>(
        &self,
        needs: impl IntoIterator<Item = (&'n String, &'n Need)>,
        at_hand: &[NeedFile],
    ) -> Result<Needs, Failed> {
        let mut found = Needs::new();
        for (id, need) in needs {
            let Some(file) = self.bench.find_need(need, at_hand).await else {
                let other = at_hand.iter().any(|it| it.address == need.address);
                let why = if other { "is published from other inputs" } else { "is not published" };
                let message = format!("it needs {}, which {why}", need.address);
                return Err(Failed {
                    help: Some(format!("apply {} too, or first", need.address)),
                    ..Failed::new(Code::NEED_MISSING, message)
                });
            };
            found.insert(id.clone(), file);
        }
        Ok(found)
    }

    async fn upload(
        &self,
        tx: &Transaction,
        artifact: &Artifact,
        key: &ObjectKey,
        file: &LocatedFile,
        kept: Option<&std::path::Path>,
    ) -> Result<Uploaded, Failed> {
        let source = self
            .project
            .sources
            .get(&artifact.address.dependency)
            .ok_or_else(|| missing("the dependency has no source"))?;
        transfer::publish(&Job {
            project: self.project,
            source: source.as_ref(),
            storage: self.storage.as_ref(),
            address: &artifact.address,
            key,
            urls: &artifact.source.urls,
            file,
            kept,
            checked: tx.checks_digests(),
            sink: self.sink,
            cancel: self.cancel,
        })
        .await
    }

    /// Expands what depends on the digest, if it was not known before.
    fn finished(&self, artifact: &Artifact, uploaded: &Uploaded) -> Result<Artifact, Failed> {
        if artifact.input.is_some() {
            return Ok(artifact.clone());
        }
        planner::finish(&self.project.manifest, artifact, &learned(artifact, &uploaded.fetched))
            .map_err(|message| Failed::new(Code::TEMPLATE, message))
    }

    /// Writes the record of what is in the store now.
    fn ready(
        &self,
        key: ObjectKey,
        uploaded: &Uploaded,
        artifact: &Artifact,
        source: Fetched,
        made: Option<Made>,
        test: Option<TestEvidence>,
    ) -> Result<Ready, Failed> {
        let input = artifact.input.ok_or_else(|| missing("its input digest is not known"))?;
        let learned = learned(artifact, &source);
        let mut metadata = artifact.metadata.clone();
        let kept =
            made.as_ref().is_some_and(|it| [Origin::Kept, Origin::Shared].contains(&it.origin));
        let fetched = if kept { 0 } else { source.size };
        let (output, licenses) = made.map_or((None, None), |made| (made.output, made.licenses));
        if let Some(licenses) = licenses.filter(|_| artifact.detect_licenses) {
            metadata.licenses = licenses;
        }
        let record = Record {
            address: artifact.address.clone(),
            version: artifact.address.version.clone(),
            upstream: artifact.upstream.clone(),
            target: artifact.address.target.clone(),
            key,
            size: uploaded.meta.size,
            revision: uploaded.meta.revision.clone(),
            sha256: uploaded.fetched.sha256,
            input,
            source: RecordSource {
                url: source.url,
                size: source.size,
                sha256: source.sha256,
                upstream_digest: artifact.source.upstream_digest.clone(),
                extra: artifact.source.extra.clone(),
            },
            evidence: artifact.source.evidence,
            signer: artifact.source.signer.clone(),
            released: artifact.released,
            published: self.project.setting.now,
            metadata,
            side: Vec::new(),
            // Of a mirrored file the one input is its source, which is told above.
            inputs: artifact.recipe.as_ref().map(|_| artifact.inputs.clone()).unwrap_or_default(),
            build: output.map(|output| output.build),
            test,
        };
        Ok(Ready { record, learned, fetched })
    }
}

fn missing(what: &str) -> Failed {
    Failed::new(Code::SOURCE_FAILED, what.to_owned())
}

fn wanted(step: &Step) -> Result<&Artifact, Failed> {
    step.artifact.as_ref().ok_or_else(|| missing("the step has no artifact"))
}

fn key(tx: &Transaction, step: &Step, file: &str) -> Result<ObjectKey, Failed> {
    tx.artifact_key(&step.address, file).map_err(|error| Failed::new(error.code(), chain(&error)))
}

/// What is known of an upstream file once its bytes went through.
fn learned(artifact: &Artifact, fetched: &Fetched) -> LocatedFile {
    LocatedFile {
        url: fetched.url.clone(),
        size: Some(fetched.size),
        sha256: Some(fetched.sha256),
        ..source_of(artifact)
    }
}

//! Trying the file that will be published, before it is.

use std::path::Path;

use super::{
    bench::{Bench, Needs, failed},
    log::StepLog,
    make::{by, millis},
};
use crate::{
    model::{Artifact, Event, Sha256, TestEvidence, Trial, Work, Worked},
    ops::transfer::Failed,
    workshop::{self, TestJob},
};

/// A trial that was passed.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) evidence: TestEvidence,
    /// The log, relative to deps.toml; none: it could not be kept.
    pub(crate) log: Option<String>,
}

impl Bench<'_> {
    /// Tries a file.
    pub(crate) async fn try_out(
        &self,
        artifact: &Artifact,
        (path, sha256): (&Path, Sha256),
        trial: &Trial,
        needs: &Needs,
    ) -> Result<Tried, Failed> {
        let address = &artifact.address;
        let needs = self.needs(needs).await?;
        let target = self.target(address);
        let rooms = self.rooms()?;
        let turn = self.turn().await?;
        let job = TestJob {
            address,
            upstream: &artifact.upstream,
            target: &target,
            trial,
            file: (path, &artifact.file),
            sha256,
            needs,
            root: &self.project.root,
            below: &rooms,
            jobs: self.project.setting.processors.max(1),
        };
        self.sink.emit(&Event::WorkStarted { address: address.clone(), work: Work::Test });
        let mut log = StepLog::new(self.project, address, Work::Test, self.sink);
        let tested = workshop::test(&job, &self.machine(), &mut log, self.cancel).await;
        let shown = log.shown().map(str::to_owned);
        let log_sha256 = log.end();
        drop(turn);
        let tested =
            tested.map_err(|error| failed(&error, address, Work::Test, shown.as_deref()))?;
        let executor = by(tested.tier);
        let worked = Worked::Ran { executor: executor.clone(), duration: tested.duration };
        self.told(artifact, Work::Test, worked);
        Ok(Tried {
            evidence: TestEvidence {
                executor,
                image: trial.image.clone().filter(|_| tested.tier.is_some()),
                log_sha256,
                duration_ms: millis(tested.duration),
            },
            log: shown,
        })
    }
}

//! Which step begins next: transfers side by side, builds and tests in the order of their needs.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use crate::model::{Address, Artifact, DependencyId, Need, Step, Version};

/// So many artifacts are on their way through the bench: one is worked on, of the next one the files
/// are fetched.
const AT_BENCH: usize = 2;

/// Tells whether a step's file comes to this machine before it is published.
pub(super) fn is_made(step: &Step) -> bool {
    step.artifact.as_ref().is_some_and(|artifact| {
        artifact.recipe.is_some() || artifact.trial.is_some() || artifact.detect_licenses
    })
}

/// Returns what an artifact's build and test are given.
pub(super) fn needs(artifact: &Artifact) -> impl Iterator<Item = &Need> {
    let build = artifact.recipe.iter().flat_map(|recipe| recipe.needs.values());
    let test = artifact.trial.iter().flat_map(|trial| trial.needs.values());
    build.chain(test)
}

/// The steps of one round.
pub(super) struct Queue {
    copies: VecDeque<Step>,
    makes: VecDeque<Step>,
    /// Running, and whether they are at the bench.
    running: BTreeMap<Address, bool>,
    /// Failed, in this round or before.
    failed: BTreeSet<Address>,
    begun: BTreeSet<(DependencyId, Version)>,
    /// For the next round.
    left: BTreeSet<Address>,
    /// What they wait for will not come.
    held: BTreeMap<Address, String>,
    jobs: usize,
    since: Instant,
    commit_every: Duration,
}

impl Queue {
    pub(super) fn new(
        steps: Vec<Step>,
        failed: BTreeSet<Address>,
        jobs: usize,
        commit_every: Duration,
    ) -> Self {
        let (makes, copies): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(is_made);
        Self {
            copies: copies.into(),
            makes: makes.into(),
            running: BTreeMap::new(),
            failed,
            begun: BTreeSet::new(),
            left: BTreeSet::new(),
            held: BTreeMap::new(),
            jobs: jobs.max(1),
            since: Instant::now(),
            commit_every,
        }
    }

    /// Returns the next step that may begin now.
    ///
    /// When the time is over, only files of versions that were begun are still started: a version
    /// enters the index whole, so a part of one would be made in vain.
    pub(super) fn next(&mut self) -> Option<Step> {
        if self.running.len() >= self.jobs {
            return None;
        }
        let late = self.since.elapsed() > self.commit_every;
        let step = self.next_made(late).or_else(|| self.next_copy(late))?;
        self.begun.insert(version(&step));
        self.running.insert(step.address.clone(), is_made(&step));
        Some(step)
    }

    /// Takes note of a step's end.
    pub(super) fn ended(&mut self, address: &Address, well: bool) {
        self.running.remove(address);
        if !well {
            self.failed.insert(address.clone());
        }
    }

    /// Tells whether steps are left for the next round, and which were held back and why.
    pub(super) fn close(self) -> (bool, BTreeMap<Address, String>) {
        (!self.left.is_empty(), self.held)
    }

    fn is_late(&self, step: &Step, late: bool) -> bool {
        late && !self.begun.is_empty() && !self.begun.contains(&version(step))
    }

    fn next_copy(&mut self, late: bool) -> Option<Step> {
        while let Some(step) = self.copies.pop_front() {
            if !self.is_late(&step, late) {
                return Some(step);
            }
            self.left.insert(step.address);
        }
        None
    }

    fn next_made(&mut self, late: bool) -> Option<Step> {
        if self.running.values().filter(|at_bench| **at_bench).count() >= AT_BENCH.min(self.jobs) {
            return None;
        }
        let mut at = 0;
        while let Some(step) = self.makes.get(at) {
            match self.wait(step) {
                Wait::No if !self.is_late(step, late) => return self.makes.remove(at),
                Wait::Yes => {
                    at += 1;
                    continue;
                }
                Wait::InVain(why) => {
                    self.held.insert(step.address.clone(), why);
                }
                Wait::No | Wait::NextRound => {
                    self.left.insert(step.address.clone());
                }
            }
            self.makes.remove(at);
            // Others may have waited for this one.
            at = 0;
        }
        None
    }

    fn wait(&self, step: &Step) -> Wait {
        let pending = |address: &Address| {
            self.running.contains_key(address)
                || self.copies.iter().chain(&self.makes).any(|other| other.address == *address)
        };
        let mut wait = Wait::No;
        for need in step.artifact.iter().flat_map(needs).map(|need| &need.address) {
            if self.failed.contains(need) {
                return Wait::InVain(format!("it needs {need}, which failed"));
            }
            if self.held.contains_key(need) {
                return Wait::InVain(format!("it needs {need}, which was held back"));
            }
            if pending(need) {
                wait = Wait::Yes;
            } else if self.left.contains(need) && matches!(wait, Wait::No) {
                wait = Wait::NextRound;
            }
        }
        wait
    }
}

enum Wait {
    No,
    Yes,
    NextRound,
    InVain(String),
}

fn version(step: &Step) -> (DependencyId, Version) {
    (step.address.dependency.clone(), step.address.version.clone())
}

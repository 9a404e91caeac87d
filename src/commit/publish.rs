//! Index documents, then the generation: everything that the new HEAD will reach.

use std::collections::BTreeMap;

use super::{
    Answer, Comparison, Effect, Failure, Machine, Proposal,
    machine::{Phase, next_head},
};
use crate::model::{Checksums, ObjectKey};

/// Documents on their way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Writing {
    proposal: Proposal,
    /// What is not known to be there yet, with the number of the last sending.
    left: BTreeMap<ObjectKey, u8>,
    /// Whether `left` is the generation, which comes after all that it names.
    last: bool,
}

impl Machine {
    pub(super) fn publish(&mut self, proposal: Proposal) -> Vec<Effect> {
        let left = proposal.documents.iter().map(|key| (key.clone(), 1)).collect();
        self.write_next(Writing { proposal, left, last: false })
    }

    /// Sends what is left; when nothing is, the generation; when that is there, HEAD.
    fn write_next(&mut self, mut writing: Writing) -> Vec<Effect> {
        if writing.left.is_empty() {
            if writing.last {
                return self.propose(&writing.proposal);
            }
            writing.last = true;
            writing.left = BTreeMap::from([(writing.proposal.generation.key.clone(), 1)]);
        }
        let effects = writing
            .left
            .iter()
            .map(|(key, attempt)| Effect::Write { key: key.clone(), attempt: *attempt })
            .collect();
        self.phase = Phase::Writing(writing);
        effects
    }

    pub(super) fn written(
        &mut self,
        writing: Writing,
        key: ObjectKey,
        answer: &Answer,
    ) -> Vec<Effect> {
        match answer {
            Answer::Done(_) if self.checks_digests() => self.landed(writing, &key),
            // A store that takes any bytes for those that were meant is asked what it has. And on a
            // key of one's own 412 means that an earlier sending landed.
            Answer::Done(_) | Answer::Precondition | Answer::Conflict | Answer::Unknown => {
                self.phase = Phase::Writing(writing);
                vec![Effect::Compare(key)]
            }
            Answer::Missing | Answer::Refused(_) => {
                self.fail(Failure::Store("writing an index document or generation"))
            }
        }
    }

    /// Tells whether the store refuses bytes that do not have the digest that comes with them.
    pub fn checks_digests(&self) -> bool {
        let recorded = self.base.as_ref().and_then(|base| base.head.probe.as_ref());
        self.probe.as_ref().or(recorded).is_some_and(|at| at.checksums == Checksums::Verified)
    }

    pub(super) fn compared(
        &mut self,
        mut writing: Writing,
        key: ObjectKey,
        how: Comparison,
    ) -> Vec<Effect> {
        match how {
            Comparison::Same => self.landed(writing, &key),
            Comparison::Different => self.fail(Failure::Foreign(key)),
            Comparison::Absent => match writing.left.get_mut(&key) {
                Some(attempt) if *attempt < self.setup.patience => {
                    *attempt += 1;
                    let attempt = *attempt;
                    self.phase = Phase::Writing(writing);
                    vec![Effect::Write { key, attempt }]
                }
                Some(_) => self.fail(Failure::Store("writing an index document or generation")),
                None => {
                    self.phase = Phase::Writing(writing);
                    Vec::new()
                }
            },
        }
    }

    fn landed(&mut self, mut writing: Writing, key: &ObjectKey) -> Vec<Effect> {
        if writing.left.remove(key).is_some() && writing.left.is_empty() {
            return self.write_next(writing);
        }
        self.phase = Phase::Writing(writing);
        Vec::new()
    }

    fn propose(&mut self, proposal: &Proposal) -> Vec<Effect> {
        // Whoever is ready has a base; without one there is nothing to swap.
        let Some(base) = self.base.clone() else {
            return self.fail(Failure::HeadGone);
        };
        let probe = self.probe.clone().or_else(|| base.head.probe.clone());
        let head = next_head(&base.head, &self.setup, proposal, probe);
        self.swap(super::resolve::Swapping::new(base, head, proposal.fence.clone()))
    }
}

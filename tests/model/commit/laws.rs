//! What must be true of every state.

use super::{Commit, head::RERUN_KEYS, state::State};
use crate::search::Broken;

impl Commit {
    pub(super) fn law(&self, state: &State) -> Option<Broken> {
        let head = self.heads.get(state.head);
        if (head.live | head.condemned) & !state.objects != 0 {
            return Some(Broken::Dangling);
        }
        if state.acked & !head.chain != 0 {
            return Some(Broken::CommitLost);
        }
        if state.failed & head.chain != 0 {
            return Some(Broken::FailureCommitted);
        }
        if self.weakened { None } else { self.convergence(state) }
    }

    /// With the network quiet, each applier alone reaches what it wants, and then wants nothing more.
    fn convergence(&self, state: &State) -> Option<Broken> {
        let mut head = self.heads.get(state.head);
        let mut objects = state.objects;
        for (who, plan) in self.world.plans.iter().enumerate() {
            let Some(op) = plan.last() else { continue };
            if self.satisfied(head, *op) {
                continue;
            }
            let mut key = 0;
            if op.adds() {
                let known = self.find(head.live | head.condemned, op.digest());
                key = known.unwrap_or(RERUN_KEYS + who as u8);
                if known.is_none() {
                    objects |= 1 << key;
                }
            }
            head = head.change(*op, key, self.keys(op.digest()));
            if !self.satisfied(head, *op) || head.live & !objects != 0 {
                return Some(Broken::NotConverging);
            }
        }
        None
    }
}

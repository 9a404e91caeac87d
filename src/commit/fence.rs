//! The write that keeps whatever is still on its way from landing: HEAD as it is, one serial on.

use super::{Answer, Effect, End, Machine, NotCommitted, machine::Phase, resolve::Swapping};
use crate::model::{Head, HeadKind, Sha256};

/// Returns the fence on a HEAD whose bytes have that digest. Generation and transaction stay: no
/// fence is taken for a commit.
pub fn fence(base: &Head, nonce: &str, previous: Sha256, tool: &str) -> Head {
    Head {
        serial: base.serial + 1,
        nonce: nonce.to_owned(),
        kind: HeadKind::Fence,
        prev_head_sha256: Some(previous),
        tool: tool.to_owned(),
        ..base.clone()
    }
}

impl Machine {
    /// Sends the fence. Once it is there, or any other HEAD, no late swap can land.
    pub(super) fn send_fence(&mut self, mut swap: Swapping) -> Vec<Effect> {
        swap.fencing += 1;
        let effect = Effect::Fence {
            base: swap.base.clone(),
            nonce: swap.fence.clone(),
            attempt: swap.fencing,
        };
        self.phase = Phase::Fencing(swap);
        vec![effect]
    }

    pub(super) fn fenced(&mut self, swap: Swapping, answer: &Answer) -> Vec<Effect> {
        match answer {
            Answer::Done(_) => self.is_fenced(),
            Answer::Precondition | Answer::Conflict | Answer::Unknown => self.ask(swap),
            Answer::Missing | Answer::Refused(_) => self.undecided(),
        }
    }

    pub(super) fn is_fenced(&mut self) -> Vec<Effect> {
        self.end(Phase::Failed, End::NotCommitted(NotCommitted::Fenced))
    }
}

//! The steps of a commit at which a test may kill the program: before and after each effect that
//! changes the store.

use super::{
    StateError,
    driver::{Came, Hands},
};
use crate::{commit::Effect, failpoint, model::JournalState};

impl Hands {
    /// Carries one effect out, between its two steps.
    pub(super) async fn step(&self, effect: Effect) -> Result<Came, StateError> {
        let after = before(&effect);
        let came = self.carry_out(effect).await;
        after();
        came
    }
}

/// Passes the step before an effect, and returns the passing of the one after it.
#[expect(clippy::wildcard_enum_match_arm, reason = "effects that only read have no steps")]
fn before(effect: &Effect) -> fn() {
    match effect {
        Effect::LookForGenerations => {
            failpoint::hit("genesis/before-look");
            || failpoint::hit("genesis/after-look")
        }
        Effect::CreateHead { .. } => {
            failpoint::hit("genesis/before-head");
            || failpoint::hit("genesis/after-head")
        }
        Effect::CreateJournal { .. } => {
            failpoint::hit("journal/before-create");
            || failpoint::hit("journal/after-create")
        }
        Effect::SwapJournal { journal, .. } => match journal.state {
            JournalState::Open => {
                failpoint::hit("journal/before-rebase");
                || failpoint::hit("journal/after-rebase")
            }
            JournalState::Aborted => {
                failpoint::hit("journal/before-abort");
                || failpoint::hit("journal/after-abort")
            }
            JournalState::Done => {
                failpoint::hit("journal/before-done");
                || failpoint::hit("journal/after-done")
            }
        },
        Effect::Write { key, .. } if key.as_str().starts_with("gen/") => {
            failpoint::hit("generation/before");
            || failpoint::hit("generation/after")
        }
        Effect::Write { .. } => {
            failpoint::hit("document/before");
            || failpoint::hit("document/after")
        }
        Effect::Probe => {
            failpoint::hit("probe/before");
            || failpoint::hit("probe/after")
        }
        Effect::Fence { .. } => {
            failpoint::hit("fence/before");
            || failpoint::hit("fence/after")
        }
        Effect::SwapHead { .. } => {
            failpoint::hit("commit/before-head");
            || failpoint::hit("commit/after-head")
        }
        Effect::ReadHead => {
            failpoint::hit("commit/before-question");
            || failpoint::hit("commit/after-question")
        }
        _ => || (),
    }
}

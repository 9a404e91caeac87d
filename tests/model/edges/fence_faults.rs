//! The fence is a write like any other: late, or applied without an answer.

use crate::{
    commit::{
        Commit,
        rules::{FenceWrite, PAIR1, READD1, Rules, SAME1, SOUND, TWO, World},
    },
    report::{long, must_break, must_hold},
    search::{Broken, Outcome, Until, search},
};

/// States per world. There is no end of them: an applier may lose its answers for ever.
const BOUND: usize = 500_000;
const LONG_BOUND: usize = 20_000_000;

fn searched(fence_write: FenceWrite, world: World) -> Outcome {
    let most = if long() { LONG_BOUND } else { BOUND };
    search(&mut Commit::new(Rules { fence_write, ..SOUND }, world), Until::States(most))
}

#[test]
fn a_fence_may_be_late_or_unanswered() {
    for world in [TWO, PAIR1, READD1, SAME1] {
        let outcome = searched(FenceWrite::Faulty, world);
        must_hold(&format!("edge/fence-faults/{}", world.name), &outcome);
    }
}

#[test]
fn a_403_after_an_unknown_answer_is_not_final() {
    for world in [TWO, PAIR1, READD1, SAME1] {
        let outcome = searched(FenceWrite::FaultyAndForbiddenIsFinal, world);
        let name = format!("edge/fence-forbidden-first-written/{}", world.name);
        must_break(&name, &outcome, &[Broken::FailureCommitted]);
    }
}

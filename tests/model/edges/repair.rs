//! An object was deleted by hand and repaired: nothing may make the old record live again.

use crate::{
    metadata::{
        Metadata,
        rules::{MEDDLED, Repaired, Rules, SOUND},
    },
    report::{must_break, must_hold},
    search::{Broken, Outcome, Until, search},
};

fn searched(repaired: Repaired) -> Outcome {
    search(&mut Metadata::new(Rules { repaired, ..SOUND }, MEDDLED), Until::Violation)
}

#[test]
fn a_rollback_takes_back_what_a_repair_only_condemned() {
    let outcome = searched(Repaired::ToCondemned);
    must_break("edge/repair-first-written", &outcome, &[Broken::Dangling]);
}

#[test]
fn nothing_takes_back_what_a_repair_doomed() {
    let outcome = searched(Repaired::ToDoomed);
    must_hold("edge/repair", &outcome);
    // What an independent search of the same model, in another language, counted.
    assert_eq!((outcome.states, outcome.transitions), (29_636, 91_820));
}

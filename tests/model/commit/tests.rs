//! The protocol holds in every world; weaken one rule, and a law breaks.

use super::{
    Commit,
    rules::{
        ETag, FULL, PAIR, PAIR1, READD, READD0, READD1, Reuse, Rules, SAME, SAME1, SEQ, SOUND, TWO,
        World,
    },
};
use crate::{
    report::{long, must_break, must_hold},
    search::{Broken, Outcome, Until, search},
};

/// States in an ordinary run, of worlds with more states than that.
const BOUND: usize = 1_000_000;
/// The same with `DEPSTATE_LONG=1`: for memory's sake.
const LONG_BOUND: usize = 60_000_000;

fn holds(world: World) -> Outcome {
    let most = if long() { LONG_BOUND } else { BOUND };
    let outcome = search(&mut Commit::new(SOUND, world), Until::States(most));
    must_hold(&format!("commit/{}", world.name), &outcome);
    outcome
}

#[test]
fn x() {
    for w in [READD0, READD1, SAME1, TWO, PAIR1, SEQ, FULL, SAME, READD, PAIR] { holds(w); }
}

fn breaks(letter: &str, rules: Rules, laws: &[Broken]) {
    let outcome = search(&mut Commit::new(rules, FULL), Until::Violation);
    must_break(&format!("commit/{letter}"), &outcome, laws);
}

#[test]
fn a_reuse_by_existence_dangles() {
    breaks("A", Rules { reuse: Reuse::Existing, ..SOUND }, &[Broken::Dangling]);
}

#[test]
fn b_no_fence_reports_a_failure_that_is_committed_later() {
    breaks("B", Rules { fences: false, ..SOUND }, &[Broken::FailureCommitted]);
}

#[test]
fn c_head_without_if_match_commits_a_reported_failure() {
    breaks("C", Rules { compares: false, ..SOUND }, &[Broken::FailureCommitted]);
}

#[test]
fn d_an_etag_of_the_content_lets_a_late_write_through() {
    breaks("D", Rules { etag: ETag::Content, ..SOUND }, &[Broken::FailureCommitted]);
}

#[test]
fn e_a_collector_that_leaves_head_alone_sweeps_what_is_named_later() {
    breaks("E", Rules { collector_bumps: false, ..SOUND }, &[Broken::Dangling]);
}

#[test]
fn f_a_rebase_that_does_not_ask_its_journal_names_what_was_swept() {
    breaks("F", Rules { asks_journal: false, ..SOUND }, &[Broken::Dangling]);
}

#[test]
fn g_reuse_of_the_doomed_dangles() {
    breaks("G", Rules { reuse: Reuse::NamedOrDoomed, ..SOUND }, &[Broken::Dangling]);
}

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
    search::{Broken, Until, search},
};

/// States in an ordinary run, of worlds that have more.
const BOUND: usize = 1_000_000;
/// The same with `DEPSTATE_LONG=1`, for memory's sake: about 2 GiB.
const LONG_BOUND: usize = 40_000_000;

/// In a world that is searched to its end. `counted` are the states and transitions that an
/// independent search of the same model, in another language, found: this one must not see less.
fn holds(world: World, counted: (usize, usize)) {
    let outcome = search(&mut Commit::new(SOUND, world), Until::States(LONG_BOUND));
    must_hold(&format!("commit/{}", world.name), &outcome);
    assert!(outcome.exhaustive);
    assert_eq!((outcome.states, outcome.transitions), counted);
}

/// In a world that is too large for that.
fn holds_so_far(world: World) {
    let most = if long() { LONG_BOUND } else { BOUND };
    let outcome = search(&mut Commit::new(SOUND, world), Until::States(most));
    must_hold(&format!("commit/{}", world.name), &outcome);
    assert!(outcome.exhaustive || outcome.states > most);
}

#[test]
fn holds_where_one_adds_again_what_the_other_removes() {
    holds(READD0, (112_500, 380_030));
}

#[test]
fn holds_where_one_adds_again_what_the_other_removes_with_a_kill() {
    holds(READD1, (1_579_299, 5_853_663));
}

#[test]
fn holds_where_both_add_the_same_with_a_kill() {
    holds(SAME1, (4_104_272, 16_348_959));
}

#[test]
fn holds_where_each_adds_its_own() {
    holds(TWO, (4_993_650, 19_759_607));
}

#[test]
fn holds_where_one_removes_and_adds_again() {
    holds(SEQ, (529_978, 1_513_862));
}

#[test]
fn holds_where_one_adds_and_the_other_removes_with_a_kill() {
    holds_so_far(PAIR1);
}

#[test]
fn holds_where_one_adds_and_the_other_removes() {
    holds_so_far(PAIR);
}

#[test]
fn holds_where_one_adds_again_what_the_other_removes_with_two_kills() {
    holds_so_far(READD);
}

#[test]
fn holds_where_both_add_the_same() {
    holds_so_far(SAME);
}

#[test]
fn holds_where_one_adds_two_and_the_other_removes() {
    holds_so_far(FULL);
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

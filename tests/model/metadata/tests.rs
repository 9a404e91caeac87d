//! The protocol holds in every world; weaken one rule, and a law breaks in one of them.

use super::{
    Metadata,
    rules::{
        CONTENT, RACE, ROLLBACK_OF_ADDITION, ROLLBACK_OF_REMOVAL, Rules, SOUND, TWO_COLLECTORS,
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
const LONG_BOUND: usize = 20_000_000;

/// In a world that is searched to its end. `counted` are the states and transitions that an
/// independent search of the same model, in another language, found: this one must not see less.
fn holds(world: World, counted: (usize, usize)) {
    let outcome = search(&mut Metadata::new(SOUND, world), Until::States(LONG_BOUND));
    must_hold(&format!("metadata/{}", world.name), &outcome);
    assert!(outcome.exhaustive);
    assert_eq!((outcome.states, outcome.transitions), counted);
}

/// In a world that is too large for that.
fn holds_so_far(world: World) {
    let most = if long() { LONG_BOUND } else { BOUND };
    let outcome = search(&mut Metadata::new(SOUND, world), Until::States(most));
    must_hold(&format!("metadata/{}", world.name), &outcome);
    assert!(outcome.exhaustive || outcome.states > most);
}

#[test]
fn holds_while_an_addition_is_taken_back() {
    holds(CONTENT, (653_763, 1_685_229));
}

#[test]
fn holds_while_a_removal_is_rolled_back() {
    holds(ROLLBACK_OF_REMOVAL, (3_734_266, 11_406_286));
}

#[test]
fn holds_while_an_addition_is_rolled_back() {
    holds(ROLLBACK_OF_ADDITION, (3_103_352, 9_500_784));
}

#[test]
fn holds_in_a_race() {
    holds_so_far(RACE);
}

#[test]
fn holds_with_two_collectors() {
    holds_so_far(TWO_COLLECTORS);
}

fn breaks(letter: &str, rules: Rules, world: World, law: Broken) {
    let outcome = search(&mut Metadata::new(rules, world), Until::States(LONG_BOUND));
    must_break(&format!("metadata/{letter}"), &outcome, &[law]);
}

#[test]
fn h_documents_by_content_are_pruned_under_who_reuses_them() {
    let rules = Rules { document_by_content: true, ..SOUND };
    breaks("H", rules, CONTENT, Broken::Dangling);
}

#[test]
fn i_a_rollback_to_the_old_generation_forgets_commits() {
    let rules = Rules { rollback_names_old: true, ..SOUND };
    breaks("I", rules, ROLLBACK_OF_REMOVAL, Broken::CommitLost);
}

#[test]
fn j_a_generation_without_a_journal_is_pruned_before_it_is_named() {
    let rules = Rules { collector_journals: false, ..SOUND };
    breaks("J", rules, TWO_COLLECTORS, Broken::Dangling);
}

#[test]
fn k_pruning_what_is_open_dangles() {
    let rules = Rules { spares_open: false, ..SOUND };
    breaks("K", rules, CONTENT, Broken::Dangling);
}

#[test]
fn l_sweeping_without_a_fence_dangles() {
    let rules = Rules { fences: false, ..SOUND };
    breaks("L", rules, CONTENT, Broken::Dangling);
}

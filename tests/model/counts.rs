//! The worlds that are too large to search to their end, for as many steps as an independent search of
//! the same models, in another language, took: both must have seen as much.

use crate::{
    commit::{
        Commit,
        rules::{FULL, FenceWrite, PAIR, PAIR1, READD, READD1, Rules, SAME, SOUND, TWO, World},
    },
    metadata::{self, Metadata},
    search::{Model, Until, search},
};

const STEPS: usize = 15;

fn counts<const WORDS: usize, M: Model<WORDS>>(mut model: M) -> (usize, usize) {
    let outcome = search(&mut model, Until::Steps(STEPS));
    assert!(outcome.violations.is_empty());
    assert_eq!(outcome.depth, STEPS);
    (outcome.states, outcome.transitions)
}

#[test]
fn no_way_of_the_large_commit_worlds_is_missed() {
    let commit = |world: World| counts(Commit::new(SOUND, world));
    assert_eq!(commit(FULL), (68_978, 176_690));
    assert_eq!(commit(PAIR), (126_571, 343_787));
    assert_eq!(commit(SAME), (91_966, 259_513));
    assert_eq!(commit(READD), (27_077, 67_974));
    assert_eq!(commit(PAIR1), (58_327, 151_986));
}

#[test]
fn no_way_of_the_faulty_fence_is_missed() {
    let rules = Rules { fence_write: FenceWrite::Faulty, ..SOUND };
    assert_eq!(counts(Commit::new(rules, TWO)), (102_329, 273_642));
    assert_eq!(counts(Commit::new(rules, READD1)), (22_290, 54_835));
}

#[test]
fn no_way_of_the_large_metadata_worlds_is_missed() {
    let metadata = |world| counts(Metadata::new(metadata::rules::SOUND, world));
    assert_eq!(metadata(metadata::rules::RACE), (264_447, 608_453));
    assert_eq!(metadata(metadata::rules::TWO_COLLECTORS), (262_477, 534_228));
}

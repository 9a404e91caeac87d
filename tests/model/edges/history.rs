//! Old generations stay for a time: a collector must not take a committed transaction for dead.

use crate::{
    metadata::{
        Metadata,
        rules::{CONTENT, RACE, ROLLBACK_OF_REMOVAL, Rules, SOUND, TWO_COLLECTORS, World},
    },
    report::{long, must_break, must_hold},
    search::{Broken, Outcome, Until, search},
};

const WORLDS: [World; 4] = [RACE, CONTENT, ROLLBACK_OF_REMOVAL, TWO_COLLECTORS];

/// States per world.
const BOUND: usize = 500_000;
const LONG_BOUND: usize = 20_000_000;

fn searched(collector_asks_chain: bool, world: World) -> Outcome {
    let most = if long() { LONG_BOUND } else { BOUND };
    let rules = Rules { collector_asks_chain, ..SOUND };
    search(&mut Metadata::new(rules, world.keeping_history()), Until::States(most))
}

#[test]
fn who_sweeps_without_asking_the_chain_loses_history() {
    for world in WORLDS {
        let name = format!("edge/history-first-written/{}", world.name);
        must_break(&name, &searched(false, world), &[Broken::HistoryLost]);
    }
}

#[test]
fn who_asks_the_chain_first_keeps_history() {
    for world in WORLDS {
        let outcome = searched(true, world);
        must_hold(&format!("edge/history/{}", world.name), &outcome);
        if world.name == CONTENT.name {
            // What an independent search of the same model, in another language, counted.
            assert_eq!((outcome.states, outcome.transitions), (376_049, 977_439));
        }
    }
}

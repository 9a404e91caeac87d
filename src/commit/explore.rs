//! An exhaustive search: two transactions and a collector on one prefix, from nothing, with writes
//! that are lost, delayed or answered wrongly, reads that fail, and kills between any two steps.
//!
//! In every reachable state: what HEAD names is there; what was reported as committed is in the
//! chain; what was reported as lost or not committed is not, and never comes to be.

mod carry;
mod collector;
mod steps;
mod world;

use std::collections::{BTreeSet, VecDeque};

use world::World;

/// How a driver or store may be wrong, to see that the search would notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    None,
    /// `Undecided` is told to the user as "not committed".
    UndecidedIsFailed,
    /// The store takes no notice of `If-Match`.
    NoCondition,
    /// A lost answer is taken for a refusal.
    UnknownIsRefused,
    /// HEAD is swapped before its documents are known to be there.
    DocumentsUnchecked,
    /// The collector takes an apply for dead without keeping its swap from landing.
    SweepWithoutFence,
}

/// Searches everything that can happen; returns the number of states, or the way to a violation.
fn search(faults: u8, collectors: u8, bug: Bug) -> Result<usize, String> {
    let first = World::new(faults, collectors);
    let mut seen: BTreeSet<u64> = BTreeSet::from([first.fingerprint()]);
    // States by number, with where they came from, to tell the way.
    let mut from: Vec<(usize, String)> = vec![(0, String::new())];
    let mut queue = VecDeque::from([(0_usize, first)]);
    while let Some((number, world)) = queue.pop_front() {
        for (step, next) in world.next(bug) {
            if !seen.insert(next.fingerprint()) {
                continue;
            }
            from.push((number, step));
            if let Some(why) = next.violation() {
                let mut way = Vec::new();
                let mut at = from.len() - 1;
                while at != 0 {
                    way.push(from[at].1.clone());
                    at = from[at].0;
                }
                way.reverse();
                return Err(format!("{why}: {}", way.join(" | ")));
            }
            queue.push_back((from.len() - 1, next));
        }
    }
    Ok(seen.len())
}

#[test]
fn the_protocol_holds_whatever_happens() {
    let states = search(2, 0, Bug::None).unwrap();
    assert!(states > 10_000, "only {states} states: the search does not reach what it should");
}

#[test]
fn the_protocol_holds_beside_a_collector() {
    let states = search(1, 1, Bug::None).unwrap();
    assert!(states > 10_000, "only {states} states: the search does not reach what it should");
}

#[test]
fn the_search_notices_a_wrong_driver_and_a_store_that_lies() {
    for (collectors, bug) in [
        (0, Bug::UndecidedIsFailed),
        (0, Bug::NoCondition),
        (0, Bug::UnknownIsRefused),
        (0, Bug::DocumentsUnchecked),
        (1, Bug::SweepWithoutFence),
    ] {
        let found = search(2, collectors, bug);
        assert!(found.is_err(), "{bug:?} was not noticed in {found:?} states");
    }
}

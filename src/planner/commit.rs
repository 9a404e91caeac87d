//! What may go into a commit: new versions whole, what needs others after those, retires with their
//! successors.

use std::collections::{BTreeMap, BTreeSet};

use super::guard;
use crate::model::{Action, Address, DependencyId, Plan, Snapshot, Version};

/// See [`super::committable`].
pub(super) fn committable(
    plan: &Plan,
    published: Option<&Snapshot>,
    succeeded: &BTreeSet<Address>,
) -> BTreeSet<Address> {
    let live: BTreeSet<(&DependencyId, &Version)> = published
        .iter()
        .flat_map(|snapshot| snapshot.live.keys())
        .map(|address| (&address.dependency, &address.version))
        .collect();
    let mut all: BTreeSet<Address> = plan
        .steps
        .iter()
        .filter(|step| step.action != Action::Retire && succeeded.contains(&step.address))
        .map(|step| step.address.clone())
        .collect();
    // What one leaves out may leave out more: those of its version, and those that need it.
    loop {
        let before = all.len();
        let mut whole: BTreeMap<(&DependencyId, &Version), bool> = BTreeMap::new();
        for step in plan.steps.iter().filter(|step| guard::enters(step)) {
            let version = (&step.address.dependency, &step.address.version);
            if !live.contains(&version) {
                *whole.entry(version).or_insert(true) &= all.contains(&step.address);
            }
        }
        for step in plan.steps.iter().filter(|step| step.action != Action::Retire) {
            let version = (&step.address.dependency, &step.address.version);
            let enters = whole.get(&version).copied().unwrap_or(true);
            if !enters || !step.needs.iter().all(|need| all.contains(need)) {
                all.remove(&step.address);
            }
        }
        if all.len() == before {
            break;
        }
    }
    let there =
        |address: &Address| published.is_some_and(|snapshot| snapshot.live.contains_key(address));
    let leave: Vec<Address> = plan
        .steps
        .iter()
        .filter(|step| step.action == Action::Retire && there(&step.address))
        .filter(|step| step.needs.iter().all(|it| all.contains(it) || there(it)))
        .map(|step| step.address.clone())
        .collect();
    all.extend(leave);
    all
}

//! The way back: what is live now beside what was live then.

use std::collections::{BTreeMap, BTreeSet};

use super::{diff, order::Orders};
use crate::model::{
    Action, Address, Manifest, ObjectKey, ObjectMeta, Observed, Reason, Record, Sha256, Snapshot,
    Step, Why,
};

/// What going back to an older serial comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollback {
    /// What changes, in the order of a plan: `update` for what comes back, `retire` for what goes.
    pub steps: Vec<Step>,
    /// The records that are written, by address.
    pub set: BTreeMap<Address, Record>,
    /// The keys among them that are taken back from `condemned`.
    pub take_back: BTreeSet<ObjectKey>,
    /// How many records are as they were then.
    pub unchanged: u64,
    /// What was live then and can't be again, with the reason.
    pub impossible: Vec<(Address, String)>,
}

/// See [`super::rollback`].
pub(super) fn rollback(
    manifest: &Manifest,
    base: &Snapshot,
    then: &Snapshot,
    objects: &BTreeMap<ObjectKey, ObjectMeta>,
    rehashed: &BTreeMap<ObjectKey, Observed<Sha256>>,
) -> Rollback {
    let mut back = Rollback::default();
    let serial = then.head.serial;
    for (address, record) in &then.live {
        let now = base.live.get(address);
        match found(base, record, objects, rehashed) {
            Err(why) => back.impossible.push((address.clone(), why)),
            Ok(record) if now == Some(&record) => back.unchanged += 1,
            Ok(record) => {
                if now.is_none_or(|now| now.key != record.key) {
                    back.take_back.insert(record.key.clone());
                }
                back.steps.push(step(address, Action::Update, now, Some(&record), serial));
                back.set.insert(address.clone(), record);
            }
        }
    }
    for (address, record) in &base.live {
        if !then.live.contains_key(address) {
            back.steps.push(step(address, Action::Retire, Some(record), None, serial));
        }
    }
    Orders::new(manifest).sort(&mut back.steps, |step| &step.address);
    back
}

/// Returns a record of then as it can stand now, or why it can't.
fn found(
    base: &Snapshot,
    then: &Record,
    objects: &BTreeMap<ObjectKey, ObjectMeta>,
    rehashed: &BTreeMap<ObjectKey, Observed<Sha256>>,
) -> Result<Record, String> {
    let key = &then.key;
    let live = base.live.get(&then.address).filter(|now| now.key == *key);
    let condemned = base.condemned.get(key).map(|condemned| &condemned.record);
    // What stands now is what was last known of the object: it may have been copied since.
    let Some(now) = live.or(condemned.filter(|record| record.address == then.address)) else {
        return Err(if base.doomed.contains(key) {
            "its object is being deleted".to_owned()
        } else {
            "its object is past its grace, or was found missing or altered".to_owned()
        });
    };
    if live.is_some() {
        // What was said of it may have been written again since, and says the same.
        let told =
            Record { revision: now.revision.clone(), side: now.side.clone(), ..then.clone() };
        if told == *now {
            return Ok(told);
        }
        return Ok(Record { revision: now.revision.clone(), ..then.clone() });
    }
    let object = match objects.get(key) {
        None => return Err(format!("its object `{key}` is missing")),
        Some(object) if object.size != now.size => {
            return Err(format!(
                "its object `{key}` has {} bytes, and its record says {}",
                object.size, now.size
            ));
        }
        Some(object) => object,
    };
    // Nothing is named again whose bytes are not known to be right.
    match rehashed.get(key) {
        None if object.revision == now.revision => {}
        Some(Observed::Known(sha256)) if *sha256 == then.sha256 => {}
        Some(Observed::Known(_)) => return Err(format!("its object `{key}` has other bytes")),
        Some(Observed::Unknown(Why::Failed(why))) => return Err(why.message.clone()),
        Some(Observed::Unknown(Why::NotAsked)) | None => {
            return Err(format!("its object `{key}` has another revision than recorded"));
        }
    }
    Ok(Record { revision: object.revision.clone(), ..then.clone() })
}

fn step(
    address: &Address,
    action: Action,
    now: Option<&Record>,
    then: Option<&Record>,
    serial: u64,
) -> Step {
    Step {
        address: address.clone(),
        action,
        reason: Reason::RolledBack { serial },
        before: now.map(diff::before),
        after: then.map(diff::before),
        artifact: None,
        record: now.cloned(),
        bytes: Some(0),
        needs: Vec::new(),
    }
}

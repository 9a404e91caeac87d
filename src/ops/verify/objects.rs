//! The objects, as the listing shows them: there, with the recorded size and revision.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;

use super::{Verified, side, takes};
use crate::{
    model::{Code, ObjectKey, ObjectMeta, Observed, Record, Severity, Snapshot, Why},
    ops::{Project, error::chain, observe},
    planner::Filter,
    storage::StorageReader,
};

/// Looks at every live and retired record's object.
pub(super) async fn look(
    project: &Project,
    storage: &dyn StorageReader,
    snapshot: &Snapshot,
    filters: &[Filter],
    deep: bool,
    found: &mut Verified,
) {
    let live = snapshot.live.values();
    let retired = snapshot.condemned.values().map(|condemned| &condemned.record);
    let records: Vec<(&Record, bool)> = live
        .map(|record| (record, true))
        .chain(retired.map(|record| (record, false)))
        .filter(|(record, _)| takes(filters, &record.address))
        .collect();
    let Some(objects) = list(storage, "artifacts/", found).await else { return };
    let sides = if records.iter().any(|(record, _)| !record.side.is_empty()) {
        list(storage, "side/", found).await
    } else {
        None
    };
    let mut suspects = BTreeMap::new();
    for (record, live) in records {
        found.listed += 1;
        if compare(record, live, objects.get(&record.key), found) && !(deep && live) {
            suspects.insert(record.key.clone(), (record, live));
        }
        let missing = |key: &&ObjectKey| sides.as_ref().is_some_and(|all| !all.contains_key(*key));
        for key in record.side.iter().filter(missing) {
            let severity = if live { Severity::Refused } else { Severity::Warning };
            let text = format!("`{key}` is missing");
            let (code, help) = (Code::OBJECT_MISSING, Some(side::HELP));
            found.helped(severity, code, Some(&record.address), text, help);
        }
    }
    let keys = suspects.keys().cloned().collect();
    let digests =
        observe::rehash(storage, keys, &objects, project.setting.jobs).await.unwrap_or_default();
    for (key, (record, live)) in suspects {
        match digests.get(&key) {
            Some(Observed::Known(sha256)) if *sha256 == record.sha256 => {}
            Some(Observed::Known(sha256)) => report(
                record,
                live,
                Code::OBJECT_ALTERED,
                format!("`{key}` has SHA-256 {sha256}, its record says {}", record.sha256),
                found,
            ),
            Some(Observed::Unknown(Why::Failed(why))) => found.helped(
                Severity::Warning,
                Code::COULD_NOT_CHECK,
                Some(&record.address),
                why.message.clone(),
                Some("`depstate verify --deep` reads it"),
            ),
            Some(Observed::Unknown(Why::NotAsked)) | None => {}
        }
    }
}

async fn list(
    storage: &dyn StorageReader,
    prefix: &str,
    found: &mut Verified,
) -> Option<BTreeMap<ObjectKey, ObjectMeta>> {
    match storage.list(prefix).try_collect().await {
        Ok(all) => Some(all),
        Err(error) => {
            let text = format!("listing `{prefix}`: {}", chain(&error));
            found.find(Severity::Error, Code::STORAGE_FAILED, None, text);
            None
        }
    }
}

/// Compares a record with its object. Returns whether only the revision differs.
fn compare(record: &Record, live: bool, object: Option<&ObjectMeta>, found: &mut Verified) -> bool {
    let key = &record.key;
    match object {
        None => report(record, live, Code::OBJECT_MISSING, format!("`{key}` is missing"), found),
        Some(object) if object.size != record.size => {
            let (there, recorded) = (object.size, record.size);
            let text = format!("`{key}` has {there} bytes, its record says {recorded}");
            report(record, live, Code::OBJECT_ALTERED, text, found);
        }
        Some(object) => return object.revision != record.revision,
    }
    false
}

/// What is retired is no reader's any more: it is told, and nothing needs to be done.
fn report(record: &Record, live: bool, code: Code, text: String, found: &mut Verified) {
    let (severity, help) = if live {
        (Severity::Refused, "the next `depstate plan` says `repair`")
    } else {
        (Severity::Warning, "it is retired, and can't be taken back any more")
    };
    found.helped(severity, code, Some(&record.address), text, Some(help));
}

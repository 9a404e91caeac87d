//! The bytes of what is published: read to their end, hashed, and let go.

use std::{collections::BTreeSet, sync::Arc};

use futures::{StreamExt as _, stream};

use super::{Verified, takes};
use crate::{
    disk::Altered,
    model::{Code, Event, ObjectKey, Record, Revision, Severity, Sink, Snapshot},
    ops::{Project, error::chain},
    planner::Filter,
    storage::{StorageError, StorageReader},
    verify::{Hashed, Hasher},
};

/// How often a body that breaks off is asked for.
const TRIES: u32 = 3;

/// What reading an object came to.
enum Read {
    Whole(Hashed, Revision),
    Missing,
    Failed { code: Code, message: String, help: Option<String> },
}

/// Reads every live object and compares its digest with the record's. What is altered is noted for
/// the plans of this checkout.
pub(super) async fn read(
    project: &Project,
    storage: &dyn StorageReader,
    snapshot: &Snapshot,
    filters: &[Filter],
    found: &mut Verified,
    sink: &Arc<dyn Sink>,
) {
    // What the listing has shown to be missing or of another size is told already.
    let told: BTreeSet<_> = found.findings.iter().filter_map(|it| it.address.clone()).collect();
    let records: Vec<&Record> = snapshot
        .live
        .values()
        .filter(|record| takes(filters, &record.address) && !told.contains(&record.address))
        .collect();
    let bytes = records.iter().map(|record| record.size).sum();
    sink.emit(&Event::Reading { artifacts: records.len(), bytes });
    let mut all = stream::iter(&records)
        .map(|record| async move { (*record, one(storage, record, sink).await) })
        .buffer_unordered(project.setting.jobs.max(1));
    let location = storage.location();
    let lineage = &snapshot.head.lineage;
    let (mut altered, mut known): (Vec<Altered>, BTreeSet<&ObjectKey>) = Default::default();
    while let Some((record, read)) = all.next().await {
        let address = record.address.clone();
        let fault = match read {
            Read::Whole(hashed, revision) => {
                found.read += 1;
                found.bytes += hashed.size;
                known.insert(&record.key);
                (hashed.sha256 != record.sha256).then(|| {
                    altered.push(Altered {
                        location: location.clone(),
                        lineage: lineage.clone(),
                        key: record.key.clone(),
                        revision,
                        sha256: hashed.sha256,
                    });
                    let text = format!(
                        "`{}` has {} bytes with SHA-256 {}, its record says {} bytes with {}",
                        record.key, hashed.size, hashed.sha256, record.size, record.sha256
                    );
                    (Severity::Refused, Code::OBJECT_ALTERED, text, None)
                })
            }
            Read::Missing => {
                known.insert(&record.key);
                let text = format!("`{}` is missing", record.key);
                Some((Severity::Refused, Code::OBJECT_MISSING, text, None))
            }
            Read::Failed { code, message, help } => Some((Severity::Error, code, message, help)),
        };
        let shown = fault.as_ref().map(|(_, _, text, _)| text.clone());
        sink.emit(&Event::ReadEnded { address: address.clone(), fault: shown });
        if let Some((severity, code, text, help)) = fault {
            let repair = "the next `depstate plan` of this checkout says `repair`";
            let help = if severity == Severity::Refused { Some(repair) } else { help.as_deref() };
            found.helped(severity, code, Some(&address), text, help);
        }
    }
    let live: BTreeSet<&ObjectKey> = snapshot.live.values().map(|record| &record.key).collect();
    let kept = project.workspace.keep_altered((&location, lineage), &altered, |key| {
        !known.contains(key) && (live.contains(key) || snapshot.condemned.contains_key(key))
    });
    if !kept && !altered.is_empty() {
        found.find(
            Severity::Warning,
            Code::FILE_FAILED,
            None,
            "what was found could not be kept in `.depstate/verify.json`: plans here will not see it"
                .to_owned(),
        );
    }
}

async fn one(storage: &dyn StorageReader, record: &Record, sink: &Arc<dyn Sink>) -> Read {
    let failed = |error: &StorageError| {
        let (code, help) = match error {
            StorageError::Denied { help, .. } => (Code::STORAGE_DENIED, help.clone()),
            StorageError::Failed { help, .. } => (Code::STORAGE_FAILED, help.clone()),
        };
        Read::Failed { code, message: format!("reading `{}`: {}", record.key, chain(error)), help }
    };
    let mut tries = 0;
    'again: loop {
        tries += 1;
        let mut object = match storage.get(&record.key, None).await {
            Ok(Some(object)) => object,
            Ok(None) => return Read::Missing,
            Err(error) => return failed(&error),
        };
        let mut hasher = Hasher::new(None);
        loop {
            match object.body.next().await {
                Ok(Some(chunk)) => {
                    hasher.update(&chunk);
                    let count = chunk.len() as u64;
                    sink.emit(&Event::Bytes { address: record.address.clone(), count });
                }
                Ok(None) => return Read::Whole(hasher.finish(), object.meta.revision),
                Err(_) if tries < TRIES => continue 'again,
                Err(error) => {
                    let message =
                        format!("reading `{}`: {}, {tries} times", record.key, chain(&error));
                    return Read::Failed { code: Code::STORAGE_FAILED, message, help: None };
                }
            }
        }
    }
}

//! Whole objects that are written.

use bytes::Bytes;

use super::{ExternalStorage, failures::of_write, meta, upload};
use crate::{
    external::{
        body::encode,
        error::ExternalError,
        protocol::{Condition, LARGEST_PUT, Put, Written, code},
    },
    model::{Checksums, ObjectKey, ObjectMeta, Sha256},
    storage::{Precondition, PutError, StorageError, StorageWriter as _, Upload as _},
};

/// Writes an object under a condition, in one attempt. What is too large for a message goes as an
/// upload, whose end is the one attempt.
pub(super) async fn put(
    store: &ExternalStorage,
    key: &ObjectKey,
    body: Bytes,
    precondition: Precondition,
) -> Result<ObjectMeta, PutError> {
    if body.len() > LARGEST_PUT {
        let mut upload = upload::begin(store, key).await?;
        if let Err(error) = upload.write(body).await {
            // The collector finds what can't be thrown away.
            let _kept = Box::new(upload).abort().await;
            return Err(error.into());
        }
        return Box::new(upload).finish(precondition).await;
    }
    let session = store.session().await?;
    let request = Put {
        key: key.to_string(),
        data: encode(&body),
        sha256: Sha256::of(&body).to_string(),
        precondition: condition(precondition),
    };
    let answer = session.connection.ask(&request).await;
    written(&store.place, key, body.len() as u64, answer)
}

/// Judges the answer to a write.
pub(super) fn written(
    place: &str,
    key: &ObjectKey,
    size: u64,
    answer: Result<Written, ExternalError>,
) -> Result<ObjectMeta, PutError> {
    let answer = answer.map_err(|error| of_write(place, key.as_str(), &error))?;
    let unknown = |why: String| PutError::Unknown(format!("{place}: `{key}`: {why}"));
    let meta = meta(answer.object).map_err(unknown)?;
    if meta.size != size {
        return Err(unknown(format!(
            "it says that it has written {} bytes, of {size} that it was sent",
            meta.size
        )));
    }
    Ok(meta)
}

/// Writes with a digest of other bytes, and tells what the driver does.
pub(super) async fn checksums(
    store: &ExternalStorage,
    key: &ObjectKey,
) -> Result<Checksums, StorageError> {
    let session = store.session().await?;
    let wrong = Sha256::of(b"other bytes");
    let request = Put {
        key: key.to_string(),
        data: encode(b"bytes"),
        sha256: wrong.to_string(),
        precondition: Condition::Absent,
    };
    match session.connection.ask(&request).await {
        Err(ExternalError::Failed { error, .. }) if error.code == code::DIGEST => {
            Ok(Checksums::Verified)
        }
        Err(error) => Err(super::refused(&store.place, key.as_str(), &error)),
        Ok(written) => {
            store.delete(key).await?;
            let echoed = written.object.checksum == Some(wrong.into());
            Ok(if echoed { Checksums::Echoed } else { Checksums::None })
        }
    }
}

pub(super) fn condition(precondition: Precondition) -> Condition {
    match precondition {
        Precondition::Absent => Condition::Absent,
        Precondition::Matches(revision) => Condition::Matches(revision.0),
    }
}

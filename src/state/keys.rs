//! Where things are below the prefix.

use super::StateError;
use crate::model::{Address, Code, DependencyId, ObjectKey, Tx};

/// The longest segment of a key, in bytes: file systems take 255, and need a little for themselves.
const SEGMENT: usize = 200;
/// The longest key, in bytes: S3 takes 1,024 with the prefix.
const KEY: usize = 1_000;

pub(super) fn head() -> ObjectKey {
    ObjectKey::new("head.json")
}

pub(super) fn journal(tx: &Tx) -> ObjectKey {
    ObjectKey::new(format!("tx/{tx}.json"))
}

pub(super) fn generation(serial: u64, tx: &Tx) -> ObjectKey {
    ObjectKey::new(format!("gen/{serial:010}-{tx}.json"))
}

pub(super) fn index(id: &DependencyId, serial: u64, tx: &Tx) -> ObjectKey {
    ObjectKey::new(format!("index/{id}/{serial:010}-{tx}.json"))
}

pub(super) fn probe(tx: &Tx, name: &str) -> ObjectKey {
    ObjectKey::new(format!("probe/{tx}/{name}"))
}

pub(super) fn view_index() -> ObjectKey {
    ObjectKey::new("views/index.json")
}

/// Returns the key of a dependency's view. `index` is an id like any other, and the list of the
/// views has its place; `~` stands in no id.
pub(super) fn view(id: &DependencyId) -> ObjectKey {
    if id.as_str() == "index" {
        ObjectKey::new("views/~index.json")
    } else {
        ObjectKey::new(format!("views/{id}.json"))
    }
}

/// Returns the folder of an artifact's bytes in one transaction.
pub(super) fn artifact_folder(address: &Address, tx: &Tx) -> String {
    let version = ObjectKey::segment(address.version.as_str());
    let target = ObjectKey::segment(address.target.as_str());
    format!("artifacts/{}/{version}/{target}/{tx}/", address.dependency)
}

/// Returns the key of an artifact's bytes. `file` is the name as people read it, not escaped.
pub(super) fn artifact(address: &Address, tx: &Tx, file: &str) -> Result<ObjectKey, StateError> {
    let refuse = |message: String| StateError::Refused {
        code: Code::BAD_NAME,
        message,
        help: Some(format!(
            "give `file` in `[dependencies.{}]`: the name that the published file gets",
            address.dependency
        )),
    };
    if file.is_empty() {
        return Err(refuse(format!("`{address}` has no file name")));
    }
    let file = ObjectKey::segment(file);
    let folder = artifact_folder(address, tx);
    for segment in folder.split('/').chain([file.as_str()]) {
        if segment.len() > SEGMENT {
            return Err(refuse(format!(
                "`{address}`: `{segment}` has {} bytes, a part of a key has at most {SEGMENT}",
                segment.len()
            )));
        }
    }
    let key = format!("{folder}{file}");
    if key.len() > KEY {
        return Err(refuse(format!(
            "`{address}`: its key would have {} bytes, at most {KEY} are allowed",
            key.len()
        )));
    }
    Ok(ObjectKey::new(key))
}

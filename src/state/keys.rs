//! Where things are below the prefix.

use super::StateError;
use crate::model::{Address, Code, DependencyId, InputDigest, ObjectKey, Record, Sha256, Tx};

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

/// Returns what a listing of the generations after a serial begins after.
pub(super) fn after_generations_of(serial: u64) -> String {
    // `~` comes after all letters of a transaction's name.
    format!("gen/{serial:010}-~")
}

/// Returns serial and transaction of a generation's key.
pub(super) fn read_generation(key: &ObjectKey) -> Option<(u64, Tx)> {
    read_numbered(key.as_str().strip_prefix("gen/")?)
}

fn read_numbered(name: &str) -> Option<(u64, Tx)> {
    let (serial, tx) = name.strip_suffix(".json")?.split_once('-')?;
    let digits = serial.len() >= 10 && serial.bytes().all(|b| b.is_ascii_digit());
    Some((serial.parse().ok().filter(|_| digits)?, read_tx(tx)?))
}

/// Tells whether it is a key that transactions share.
pub(super) fn is_shared(key: &ObjectKey) -> bool {
    key.as_str() == "head.json" || key.as_str().starts_with("views/")
}

/// Returns whose key it is; none: depstate did not write it, or nobody's transaction did.
pub(super) fn owner(key: &ObjectKey) -> Option<Tx> {
    let parts: Vec<&str> = key.as_str().split('/').collect();
    match parts.as_slice() {
        ["artifacts" | "side", _, _, _, tx, _] | ["probe", tx, ..] => read_tx(tx),
        ["gen", name] | ["index", _, name] => read_numbered(name).map(|(_, tx)| tx),
        ["tx", name] => read_tx(name.strip_suffix(".json")?),
        _ => None,
    }
}

fn read_tx(text: &str) -> Option<Tx> {
    // Crockford's alphabet, and a time that fits into 48 bits.
    let is_ulid = text.starts_with(|first: char| ('0'..='7').contains(&first))
        && !text.contains(['I', 'L', 'O', 'U'])
        && text.len() == 26
        && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    is_ulid.then(|| Tx(text.to_owned()))
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
/// views has its place, as the SBOM of everything has that of `sbom.cdx`; `~` stands in no id.
pub(super) fn view(id: &DependencyId) -> ObjectKey {
    if ["index", "sbom.cdx"].contains(&id.as_str()) {
        ObjectKey::new(format!("views/~{id}.json"))
    } else {
        ObjectKey::new(format!("views/{id}.json"))
    }
}

/// What the keys of kept outputs of builds begin with.
pub(super) const OUTPUTS: &str = "cache/";

/// Returns the key of what is known of an output, by the digest of its inputs.
pub(super) fn output(input: &InputDigest) -> ObjectKey {
    ObjectKey::new(format!("{OUTPUTS}{}/output.json", input.0))
}

/// Returns the key of an output's bytes.
pub(super) fn output_bytes(input: &InputDigest, sha256: &Sha256) -> ObjectKey {
    ObjectKey::new(format!("{OUTPUTS}{}/{sha256}", input.0))
}

/// Returns the folder of an output's key: the digest of its inputs. None: it is no such key.
pub(super) fn read_output(key: &ObjectKey) -> Option<&str> {
    let (input, name) = key.as_str().strip_prefix(OUTPUTS)?.split_once('/')?;
    let hex = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    (hex(input) && (hex(name) || name == "output.json")).then_some(input)
}

/// Returns the key of a dependency's view in the shape of dep-server.
pub(super) fn dep_server_view(id: &DependencyId) -> ObjectKey {
    ObjectKey::new(format!("views/dependency/{id}.json"))
}

pub(super) fn feed_view() -> ObjectKey {
    ObjectKey::new("views/feed.atom")
}

pub(super) fn sbom_view() -> ObjectKey {
    ObjectKey::new("views/sbom.cdx.json")
}

/// Returns the folder of an artifact's bytes in one transaction.
pub(super) fn artifact_folder(address: &Address, tx: &Tx) -> String {
    format!("{}{tx}/", artifact_folders(address))
}

/// Returns the folder of an artifact's side documents in one transaction.
pub(super) fn side_folder(address: &Address, tx: &Tx) -> String {
    format!("{}{tx}/", side_folders(address))
}

/// Returns how the keys of an artifact's side documents begin, whichever transaction wrote them.
pub(super) fn side_folders(address: &Address) -> String {
    format!("side/{}", below(address))
}

/// Returns the key of a side document. It is a little longer than the artifact's, whose limits leave
/// room for that.
pub(super) fn side(record: &Record, tx: &Tx, suffix: &str, round: u32) -> ObjectKey {
    let file = record.key.as_str().rsplit('/').next().unwrap_or_default();
    let folder = side_folder(&record.address, tx);
    // `~` and one digit stand in no escaped name.
    let again = if round == 0 { String::new() } else { format!("~{round}") };
    ObjectKey::new(format!("{folder}{file}{again}{suffix}"))
}

/// Returns how the keys of an artifact's bytes begin, whichever transaction wrote them.
pub(super) fn artifact_folders(address: &Address) -> String {
    format!("artifacts/{}", below(address))
}

fn below(address: &Address) -> String {
    let version = ObjectKey::segment(address.version.as_str());
    let target = ObjectKey::segment(address.target.as_str());
    format!("{}/{version}/{target}/", address.dependency)
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

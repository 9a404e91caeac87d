//! The documents that make up a bucket's truth: HEAD, generation, index document, journal.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{WireError, canonical};
use crate::model::{
    Address, DependencyId, FORMAT, Generation, Head, IndexDocument, Journal, Record, Sha256,
};

/// The largest `head.json` in bytes: it is read by everyone, all the time.
pub const HEAD_LIMIT: usize = 8 * 1024;
/// The largest generation or index document in bytes. 10,000 records take about 10 MiB.
pub const DOCUMENT_LIMIT: usize = 256 * 1024 * 1024;
/// The largest journal in bytes.
pub const JOURNAL_LIMIT: usize = 8 * 1024;

/// Whole numbers above this are not exact in JSON (RFC 8785 writes every number as a double).
const EXACT: u64 = 1 << 53;

/// Writes `head.json`.
///
/// # Errors
/// When it would be larger than [`HEAD_LIMIT`].
pub fn encode_head(head: &Head) -> Result<Vec<u8>, WireError> {
    in_bounds(head)?;
    let bytes = canonical("head.json", head)?;
    limit("head.json", &bytes, HEAD_LIMIT)?;
    Ok(bytes)
}

/// Reads `head.json`. A greater `format` is read as far as its shape is known.
///
/// # Errors
/// When it is too large, no HEAD, or of a newer shape.
pub fn decode_head(bytes: &[u8]) -> Result<Head, WireError> {
    let head: Head = decode("head.json", bytes, HEAD_LIMIT)?;
    in_bounds(&head)?;
    Ok(head)
}

/// Canonical JSON holds whole numbers exactly up to here, and no history gets this long.
fn in_bounds(head: &Head) -> Result<(), WireError> {
    if head.serial < 1 << 53 {
        return Ok(());
    }
    Err(WireError::Inconsistent {
        what: "head.json",
        message: format!("serial {} is out of all bounds", head.serial),
    })
}

/// Writes a generation.
///
/// # Errors
/// When a record in it can't be written exactly.
pub fn encode_generation(generation: &Generation) -> Result<Vec<u8>, WireError> {
    for condemned in &generation.condemned {
        exact("a generation", &condemned.record)?;
    }
    canonical("a generation", generation)
}

/// Reads a generation.
///
/// # Errors
/// When it is no generation, of a newer shape, or its serial is not above its parent's.
pub fn decode_generation(bytes: &[u8]) -> Result<Generation, WireError> {
    let generation: Generation = decode("a generation", bytes, DOCUMENT_LIMIT)?;
    if generation.serial <= generation.parent.serial {
        return Err(WireError::Inconsistent {
            what: "a generation",
            message: format!(
                "serial {} does not follow its parent's, {}",
                generation.serial, generation.parent.serial
            ),
        });
    }
    Ok(generation)
}

/// Returns the digest of the HEAD that a generation follows, as it was written: fields that this
/// depstate does not know count too.
///
/// # Errors
/// When the bytes are no generation.
pub fn parent_digest(generation: &[u8]) -> Result<Sha256, WireError> {
    const WHAT: &str = "a generation";
    #[derive(Deserialize)]
    struct Child {
        parent: serde_json::Value,
    }
    let Child { parent } = decode(WHAT, generation, DOCUMENT_LIMIT)?;
    Ok(Sha256::of(&canonical(WHAT, &parent)?))
}

/// Writes a journal.
///
/// # Errors
/// When it can't be written; only a name that is no text could do that.
pub fn encode_journal(journal: &Journal) -> Result<Vec<u8>, WireError> {
    canonical("a journal", journal)
}

/// Reads a journal.
///
/// # Errors
/// When it is no journal, or of a newer shape.
pub fn decode_journal(bytes: &[u8]) -> Result<Journal, WireError> {
    decode("a journal", bytes, JOURNAL_LIMIT)
}

#[derive(Serialize)]
struct IndexOut<'a> {
    format: u32,
    dependency: &'a DependencyId,
    records: Vec<&'a Record>,
}

#[derive(Deserialize)]
struct IndexIn {
    dependency: DependencyId,
    records: Vec<Record>,
}

/// Writes the index document of one dependency: its records in the order of their addresses.
///
/// # Errors
/// When a record has a whole number that JSON can't hold exactly.
pub fn encode_index<'a>(
    dependency: &DependencyId,
    records: impl IntoIterator<Item = &'a Record>,
) -> Result<Vec<u8>, WireError> {
    let mut records: Vec<&Record> = records.into_iter().collect();
    records.sort_by(|a, b| a.address.cmp(&b.address));
    for record in &records {
        exact("an index document", record)?;
    }
    canonical("an index document", &IndexOut { format: FORMAT, dependency, records })
}

/// Reads the index document of a dependency.
///
/// # Errors
/// When it is no index document, of a newer shape, of another dependency, or names an address
/// twice.
pub fn decode_index(bytes: &[u8], dependency: &DependencyId) -> Result<IndexDocument, WireError> {
    const WHAT: &str = "an index document";
    let wrong = |message| WireError::Inconsistent { what: WHAT, message };
    let raw: IndexIn = decode(WHAT, bytes, DOCUMENT_LIMIT)?;
    if raw.dependency != *dependency {
        return Err(wrong(format!("it is of `{}`, not of `{dependency}`", raw.dependency)));
    }
    let count = raw.records.len();
    for record in &raw.records {
        let Address { dependency: owner, version, target } = &record.address;
        if owner != dependency || *version != record.version || *target != record.target {
            return Err(wrong(format!("the record of `{}` is of something else", record.address)));
        }
    }
    let records: std::collections::BTreeMap<Address, Record> =
        raw.records.into_iter().map(|record| (record.address.clone(), record)).collect();
    if records.len() == count {
        Ok(IndexDocument { records })
    } else {
        Err(wrong("it names an address twice".to_owned()))
    }
}

/// Reads a document and, where that fails, tells whether a newer depstate wrote it.
pub(super) fn decode<T: DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
    most: usize,
) -> Result<T, WireError> {
    #[derive(Deserialize)]
    struct Stamp {
        format: u64,
    }
    limit(what, bytes, most)?;
    serde_json::from_slice(bytes).map_err(|source| match serde_json::from_slice::<Stamp>(bytes) {
        Ok(Stamp { format }) if format > u64::from(FORMAT) => {
            WireError::Newer { what, format, known: FORMAT }
        }
        Ok(_) | Err(_) => WireError::Syntax { what, source },
    })
}

fn limit(what: &'static str, bytes: &[u8], limit: usize) -> Result<(), WireError> {
    if bytes.len() <= limit {
        Ok(())
    } else {
        Err(WireError::TooLarge { what, size: bytes.len(), limit })
    }
}

/// Refuses whole numbers that canonical JSON would round: they would differ at every plan.
fn exact(what: &'static str, record: &Record) -> Result<(), WireError> {
    fn fits(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::Number(number) => {
                number.is_f64()
                    || number.as_u64().is_some_and(|n| n <= EXACT)
                    || number.as_i64().is_some_and(|n| n.unsigned_abs() <= EXACT)
            }
            serde_json::Value::Array(items) => items.iter().all(fits),
            serde_json::Value::Object(fields) => fields.values().all(fits),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::String(_) => {
                true
            }
        }
    }
    match record.metadata.extra.iter().find(|(_, value)| !fits(value)) {
        None if record.size <= EXACT && record.source.size <= EXACT => Ok(()),
        None => Err(WireError::Inconsistent {
            what,
            message: format!("the size of `{}` can't be true", record.address),
        }),
        Some((name, _)) => Err(WireError::Inconsistent {
            what,
            message: format!(
                "`{}`: metadata `{name}` holds a whole number above 2^53, which JSON would round",
                record.address
            ),
        }),
    }
}

#[cfg(test)]
mod tests;

//! The side document that keeps what a build's inputs were: `side/…/<file>.inputs.json`. It is for
//! people, who want to see what changed since; nothing is decided by it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{WireError, canonical, objects};
use crate::model::{FORMAT, ObjectKey, Record, Sha256};

/// What its key ends with.
pub const INPUTS_SUFFIX: &str = ".inputs.json";

/// The largest such document in bytes.
pub const INPUTS_LIMIT: usize = 1 << 20;

/// The longest text in bytes that is kept of one file.
pub const TEXT_LIMIT: usize = 64 << 10;

const WHAT: &str = "a document of inputs";

/// A file beside deps.toml, as a build found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Its bytes' SHA-256.
    pub sha256: Sha256,
    /// Whether it could be executed.
    pub executable: bool,
    /// What was in it; none: no text, or too long a one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Serialize)]
struct Out<'a> {
    format: u32,
    inputs: BTreeMap<&'a str, &'a InputFile>,
}

#[derive(Deserialize)]
struct In {
    inputs: BTreeMap<String, InputFile>,
}

/// Writes files by their paths. Texts that are too long, or too much together, are left out, the
/// longest first; then files, the last first.
///
/// # Errors
/// When it can't be written.
pub fn encode_inputs(inputs: &BTreeMap<String, InputFile>) -> Result<Vec<u8>, WireError> {
    let mut files = inputs.clone();
    for file in files.values_mut() {
        file.text.take_if(|text| text.len() > TEXT_LIMIT);
    }
    loop {
        let inputs = files.iter().map(|(path, file)| (path.as_str(), file)).collect();
        let bytes = canonical(WHAT, &Out { format: FORMAT, inputs })?;
        if bytes.len() <= INPUTS_LIMIT {
            return Ok(bytes);
        }
        // Half of what is too much at once, so that it ends soon however many there are.
        let mut texts: Vec<(usize, String)> = files
            .iter()
            .filter_map(|(path, file)| Some((file.text.as_ref()?.len(), path.clone())))
            .collect();
        texts.sort();
        for (_, path) in texts.iter().skip(texts.len() / 2) {
            if let Some(file) = files.get_mut(path) {
                file.text = None;
            }
        }
        if texts.is_empty() {
            let middle = files.keys().nth(files.len() / 2).cloned().unwrap_or_default();
            files.split_off(&middle);
        }
    }
}

/// Reads files by their paths.
///
/// # Errors
/// When it is no such document.
pub fn decode_inputs(bytes: &[u8]) -> Result<BTreeMap<String, InputFile>, WireError> {
    let In { inputs } = objects::decode(WHAT, bytes, INPUTS_LIMIT)?;
    Ok(inputs)
}

/// Returns where a record has its document; none: it has none.
pub fn inputs_key(record: &Record) -> Option<&ObjectKey> {
    record.side.iter().find(|key| key.as_str().ends_with(INPUTS_SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: Option<String>) -> InputFile {
        InputFile { sha256: Sha256::of(b"x"), executable: false, text }
    }

    #[test]
    fn what_is_written_is_read() {
        let all = BTreeMap::from([
            ("build/a.sh".to_owned(), InputFile { executable: true, ..file(Some("é\n".into())) }),
            ("logo.png".to_owned(), file(None)),
        ]);
        let bytes = encode_inputs(&all).unwrap();
        assert_eq!(decode_inputs(&bytes).unwrap(), all);
        assert_eq!(bytes, encode_inputs(&all).unwrap());
        assert!(decode_inputs(b"{}").is_err());
    }

    #[test]
    fn it_stays_within_bounds() {
        let long = "x".repeat(TEXT_LIMIT);
        let mut all: BTreeMap<String, InputFile> =
            (0..40).map(|n| (format!("{n:02}"), file(Some(long.clone())))).collect();
        all.insert("short".to_owned(), file(Some("kept".to_owned())));
        all.insert("longer".to_owned(), file(Some(format!("{long}x"))));
        let bytes = encode_inputs(&all).unwrap();
        assert!(bytes.len() <= INPUTS_LIMIT);
        let read = decode_inputs(&bytes).unwrap();
        assert_eq!(read.len(), all.len(), "files are left out last");
        assert_eq!(read["short"].text.as_deref(), Some("kept"));
        assert_eq!(read["longer"].text, None);

        let many = (0..20_000).map(|n| (format!("{n:05}"), file(None))).collect();
        let bytes = encode_inputs(&many).unwrap();
        assert!(bytes.len() <= INPUTS_LIMIT);
        assert!(decode_inputs(&bytes).unwrap().len() > 1000);
    }
}

//! What is known of a kept output of a build: `cache/<input>/output.json`.

use serde::{Deserialize, Serialize};

use super::{WireError, canonical, objects};
use crate::model::{BuiltOutput, FORMAT, InputDigest};

/// The largest such document in bytes.
pub const OUTPUT_LIMIT: usize = 64 * 1024;

const WHAT: &str = "a kept output";

#[derive(Serialize)]
struct Out<'a> {
    format: u32,
    #[serde(flatten)]
    output: &'a BuiltOutput,
}

#[derive(Deserialize)]
struct In {
    #[serde(flatten)]
    output: BuiltOutput,
}

/// Writes what is known of an output.
///
/// # Errors
/// When it can't be written.
pub fn encode_output(output: &BuiltOutput) -> Result<Vec<u8>, WireError> {
    canonical(WHAT, &Out { format: FORMAT, output })
}

/// Reads what is known of the output of some inputs.
///
/// # Errors
/// When it is no such document, of a newer shape, or of other inputs.
pub fn decode_output(bytes: &[u8], input: &InputDigest) -> Result<BuiltOutput, WireError> {
    let In { output } = objects::decode(WHAT, bytes, OUTPUT_LIMIT)?;
    if output.input == *input {
        return Ok(output);
    }
    let message = "it is of other inputs than its name says".to_owned();
    Err(WireError::Inconsistent { what: WHAT, message })
}

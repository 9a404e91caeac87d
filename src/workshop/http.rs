//! Asking a server under test, from within the place that it runs in.

use crate::model::HttpCheck;

/// Asks until the answer is right, for at most 30 s.
///
/// # Errors
/// What was wanted and what was answered, in words.
pub async fn probe(check: &HttpCheck) -> Result<(), String> {
    let _todo = check;
    Err("nobody asked".to_owned())
}

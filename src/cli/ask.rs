//! The question before a change, on a terminal.

use std::io::{IsTerminal as _, Write as _};

use super::{context::Context, exit::Stop};
use crate::{model::Code, ops::OpsError};

/// Asks on a terminal, and tells whether the answer is yes.
///
/// # Errors
/// When there is none: then a flag has to say it.
pub(super) fn agreed(context: &Context, command: &str, question: &str) -> Result<bool, Stop> {
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if !terminal || context.environment.get("CI").is_some() {
        return Err(OpsError::said(
            Code::NEEDS_YES,
            format!(
                "{command} asks before it changes anything, and there is no terminal to ask on"
            ),
            Some("give `--yes`"),
        )
        .into());
    }
    let mut err = std::io::stderr().lock();
    // With a closed stderr the question is lost, and no answer is no.
    let _closed = write!(err, "{question} [y/N] ").and_then(|()| err.flush());
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    Ok(read.is_ok() && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

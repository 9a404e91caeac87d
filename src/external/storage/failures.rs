//! What a driver's errors mean for who asked.

use crate::{
    external::{
        error::ExternalError,
        protocol::{RpcError, code},
    },
    storage::{PutError, StorageError},
};

/// Returns an answer, or what its absence means.
pub(super) fn answer_of<T>(
    place: &str,
    key: &str,
    answer: Result<T, ExternalError>,
) -> Result<T, StorageError> {
    answer.map_err(|error| refused(place, key, &error))
}

/// Makes an error of a store of one of a driver's.
pub(super) fn refused(place: &str, key: &str, error: &ExternalError) -> StorageError {
    let denied = matches!(error, ExternalError::Failed { error, .. } if error.code == code::DENIED);
    let (message, help) = (sentence(place, key, error), error.help());
    if denied {
        StorageError::Denied { message, help }
    } else {
        StorageError::Failed { message, help }
    }
}

/// Says what a failure means for a write that was to happen once. What did not say that it did
/// nothing may have done something.
pub(super) fn of_write(place: &str, key: &str, error: &ExternalError) -> PutError {
    let message = sentence(place, key, error);
    match error {
        ExternalError::Failed { error: answer, .. } => match answer.code {
            code::PRECONDITION => PutError::Precondition(message),
            code::CONFLICT => PutError::Conflict(message),
            code::MISSING => PutError::Missing(message),
            _ if did_nothing(answer) => PutError::Refused(refused(place, key, error)),
            _ => PutError::Unknown(message),
        },
        ExternalError::NoAnswer { .. } => PutError::Unknown(message),
        // It never reached the driver.
        ExternalError::NotAllowed { .. }
        | ExternalError::Changed { .. }
        | ExternalError::NotFound { .. }
        | ExternalError::Start { .. }
        | ExternalError::Handshake { .. }
        | ExternalError::Config { .. }
        | ExternalError::NotSent { .. } => PutError::Refused(refused(place, key, error)),
    }
}

/// Tells errors that say that a write was not applied.
fn did_nothing(error: &RpcError) -> bool {
    matches!(
        error.code,
        code::PARSE
            | code::REQUEST
            | code::METHOD
            | code::PARAMS
            | code::DENIED
            | code::REFUSED
            | code::DIGEST
    )
}

fn sentence(place: &str, key: &str, error: &ExternalError) -> String {
    if key.is_empty() { format!("{place}: {error}") } else { format!("{place}: `{key}`: {error}") }
}

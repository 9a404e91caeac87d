//! Trying again what may be tried again.

use std::{future::Future, time::Duration};

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use backon::{BackoffBuilder as _, ExponentialBuilder};

use super::{
    Bucket,
    connection::Connection,
    error::{Asked, Failure},
};
use crate::storage::StorageError;

/// How often a request is repeated that nobody answered or that the store could not serve: over one to three seconds.
const AGAIN: usize = 3;

impl Bucket {
    /// Sends a request until it is answered, and says of a failure how often it was sent.
    ///
    /// `attempt` makes and sends the request. A failure is handed back, not yet put into words, so
    /// that the caller may take some of them for an answer.
    pub(super) async fn tried<'c, T, E, F>(
        &self,
        connection: &'c Connection,
        attempt: impl Fn(&'c Connection) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(5))
            .with_factor(3.0)
            .with_max_times(AGAIN)
            .with_jitter()
            .build();
        let mut tries = 1;
        loop {
            let failure = match attempt(connection).await {
                Ok(answer) => return Ok(answer),
                Err(e) => Failure::of(&e, tries),
            };
            let Some(pause) = pauses.next().filter(|_| failure.is_passing()) else {
                return Err(failure);
            };
            tracing::debug!(tries, ?pause, "{}", failure.answer());
            tokio::time::sleep(pause).await;
            tries += 1;
        }
    }

    /// Puts a failure into words.
    pub(super) fn explain(
        &self,
        connection: &Connection,
        asked: &Asked<'_>,
        failure: &Failure,
    ) -> StorageError {
        failure.explain(&self.config, &connection.source, asked)
    }
}

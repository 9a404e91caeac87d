//! Sending requests: when, how often, and with which credentials.

use std::{future::Future, time::Duration};

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::{
    Bucket,
    connection::Connection,
    error::{Asked, Failure},
};
use crate::{net::Backoff, storage::StorageError};

/// How often a request is sent that nobody answered or that the store could not serve.
const BACKOFF: Backoff =
    Backoff { tries: 4, first: Duration::from_millis(200), longest: Duration::from_secs(5) };

/// The same of one that the store is asked too fast for. It may be sent more often, as fewer and fewer
/// are sent at a time, and spends nothing.
const SLOWER: Backoff = Backoff { tries: 8, ..BACKOFF };

/// The longest time that a store may ask to be left alone; more is an error at once.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

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
        let (mut waits, mut slower) = (BACKOFF.waits(), SLOWER.waits());
        let mut tries = 1;
        let mut spared = 0;
        let mut renewed = false;
        loop {
            let serial = connection.renewal.serial();
            let mut failure = match self.paced(|| attempt(connection), tries).await {
                Ok(answer) => {
                    self.pace.budget.answered(spared);
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            if !renewed && self.renew(connection, serial, &mut failure).await {
                renewed = true;
            } else if !failure.is_passing() {
                if failure.status().is_some() {
                    self.pace.budget.answered(spared);
                }
                return Err(failure);
            } else {
                if failure.wait.is_some_and(|wait| wait > LONGEST_WAIT) {
                    return Err(failure);
                }
                let next = if failure.is_throttle() { slower.next() } else { waits.next() };
                let Some(wait) = next else { return Err(failure) };
                if !failure.is_throttle() {
                    if !self.pace.budget.take() {
                        failure.spent = true;
                        return Err(failure);
                    }
                    spared += 1;
                }
                tracing::debug!(tries, ?wait, "{}", failure.answer());
                tokio::time::sleep(wait).await;
            }
            tries += 1;
        }
    }

    /// Sends a write once; and again if the store refused it for its time alone, which the answer has
    /// put right, or for its credentials, of which there are new ones: that much is certain, it was
    /// not applied.
    pub(super) async fn once<T, E, F>(
        &self,
        connection: &Connection,
        attempt: impl Fn() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let serial = connection.renewal.serial();
        let mut failure = match self.paced(&attempt, 1).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        if failure.is_skewed() || self.renew(connection, serial, &mut failure).await {
            return self.paced(attempt, 2).await;
        }
        Err(failure)
    }

    /// Sends a request when it is its turn, and notes what the answer says of the pace.
    async fn paced<T, E, F>(&self, attempt: impl Fn() -> F, tries: usize) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let turn = self.pace.turn().await;
        let failure = match attempt().await {
            Ok(answer) => {
                turn.answered();
                return Ok(answer);
            }
            Err(e) => Failure::of(&e, tries),
        };
        if failure.is_throttle() {
            turn.throttled(failure.wait.filter(|wait| *wait <= LONGEST_WAIT));
        } else if failure.status().is_some() {
            turn.answered();
        }
        Err(failure)
    }

    /// Gets new credentials if it was those that were refused, and tells whether there are.
    async fn renew(&self, connection: &Connection, serial: u64, failure: &mut Failure) -> bool {
        let Some(certain) = failure.blames_credentials() else { return false };
        match connection.renewal.renew(serial, certain).await {
            Ok(renewed) => renewed,
            Err(why) => {
                failure.not_renewed = Some(why);
                false
            }
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

//! The least that a sender has to send: whoever sends a byte now and then holds us for ever.

use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use tokio::time::Instant;

/// How much has to come in how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeastPace {
    /// How long is looked at a time. Only waiting counts: a reader who takes their time is not the
    /// sender's fault.
    pub within: Duration,
    /// The least number of bytes in that time.
    pub bytes: u64,
}

impl Default for LeastPace {
    /// 1 KiB a second, over 30 seconds.
    fn default() -> Self {
        Self { within: Duration::from_secs(30), bytes: 30 << 10 }
    }
}

/// Watches one body.
#[derive(Debug)]
pub(super) struct Pace {
    least: LeastPace,
    waited: Duration,
    got: u64,
}

/// Too little came.
#[derive(Debug, Clone, Copy)]
pub(super) struct TooSlow {
    pub(super) got: u64,
    pub(super) within: Duration,
}

impl Pace {
    pub(super) fn new(least: LeastPace) -> Self {
        Self { least, waited: Duration::ZERO, got: 0 }
    }

    /// Waits for the next chunk.
    pub(super) async fn next<E>(
        &mut self,
        chunks: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
    ) -> Result<Option<Result<Bytes, E>>, TooSlow> {
        loop {
            let begun = Instant::now();
            let left = self.least.within.saturating_sub(self.waited);
            let came = tokio::time::timeout(left, chunks.next()).await;
            self.waited += begun.elapsed();
            if let Ok(Some(Ok(chunk))) = &came {
                self.got += chunk.len() as u64;
            }
            // An end or an error is an answer, however late.
            let goes_on = matches!(&came, Ok(Some(Ok(_))) | Err(_));
            if self.waited >= self.least.within && goes_on {
                if self.got < self.least.bytes {
                    return Err(TooSlow { got: self.got, within: self.waited });
                }
                (self.waited, self.got) = (Duration::ZERO, 0);
            }
            if let Ok(chunk) = came {
                return Ok(chunk);
            }
        }
    }
}

//! A body from upstream, as far as it may go: no longer than announced, no slower than is of use.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Failed;
use crate::{
    model::Code,
    net::{ByteStream, StreamError},
    ops::error::chain,
};

/// So long a body may stay below the slowest rate.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes that must come in that time: 1 KiB a second.
const SLOWEST: u64 = 30 << 10;

/// Takes a body in.
pub(super) struct Intake<'a> {
    stream: ByteStream,
    url: &'a str,
    /// Bytes that were announced; none: not known.
    announced: Option<u64>,
    taken: u64,
    /// Time spent waiting for upstream alone, and what came in it.
    waited: Duration,
    came: u64,
}

impl<'a> Intake<'a> {
    pub(super) fn new(stream: ByteStream, url: &'a str, announced: Option<u64>) -> Self {
        Self { stream, url, announced, taken: 0, waited: Duration::ZERO, came: 0 }
    }

    /// Returns the next chunk; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Failed> {
        let since = Instant::now();
        let chunk = self.stream.next().await.map_err(|error| broken(&error, self.url))?;
        let Some(chunk) = chunk else { return Ok(None) };
        self.waited += since.elapsed();
        self.came += chunk.len() as u64;
        self.taken += chunk.len() as u64;
        if let Some(announced) = self.announced.filter(|announced| self.taken > *announced) {
            return Err(Failed {
                refused: true,
                ..Failed::new(
                    Code::DIGEST_MISMATCH,
                    format!("`{}` serves more than the {announced} bytes it should have", self.url),
                )
            });
        }
        if self.waited >= PATIENCE {
            if self.came < SLOWEST {
                let why = format!(
                    "`{}` is too slow: {} bytes in {} seconds",
                    self.url,
                    self.came,
                    self.waited.as_secs()
                );
                return Err(Failed::new(Code::TOO_SLOW, why));
            }
            (self.waited, self.came) = (Duration::ZERO, 0);
        }
        Ok(Some(chunk))
    }
}

fn broken(error: &StreamError, url: &str) -> Failed {
    Failed::new(error.code(), format!("`{url}`: {}", chain(error)))
}

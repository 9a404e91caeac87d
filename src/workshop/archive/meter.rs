//! Counting what comes out of a packed stream while it comes.

use std::io::{self, Read};

use super::{ArchiveLimits, stop::passed};

/// Bytes below which the ratio says nothing.
const RATIO_FROM: u64 = 1 << 20;
/// Bytes that a member's headers may take on average, beside its own.
const HEADERS: u64 = 2048;
/// Headers and padding of an archive as a whole.
const FRAME: u64 = 1 << 20;

/// A stream that ends with an error when more comes out of it than may.
pub(super) struct Metered<R> {
    inner: R,
    taken: u64,
    most: u64,
    packed: u64,
    ratio: u64,
}

impl<R> Metered<R> {
    /// Meters a stream that is packed in so many bytes.
    pub(super) fn new(inner: R, packed: u64, limits: &ArchiveLimits) -> Self {
        let frame = limits.members.saturating_mul(HEADERS).saturating_add(FRAME);
        Self {
            inner,
            taken: 0,
            most: limits.total.saturating_add(frame),
            packed,
            ratio: limits.ratio,
        }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.taken = self.taken.saturating_add(read as u64);
        if self.taken > self.most {
            return Err(passed(format!("it unpacks to more than {} bytes", self.most)));
        }
        check_ratio(self.taken, self.packed, self.ratio).map_err(passed)?;
        Ok(read)
    }
}

/// Refuses what unpacks to too much for its size.
pub(super) fn check_ratio(unpacked: u64, packed: u64, ratio: u64) -> Result<(), String> {
    if unpacked > RATIO_FROM && unpacked > packed.saturating_mul(ratio) {
        return Err(format!("it unpacks to more than {ratio} times its size of {packed} bytes"));
    }
    Ok(())
}

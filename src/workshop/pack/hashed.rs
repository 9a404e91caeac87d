//! Hashing while writing.

use std::io::{self, BufWriter, Write};

use sha2::Digest as _;

use crate::model::Sha256;

/// Hashes and counts what goes through it.
pub(super) struct Hashed<W: Write> {
    to: BufWriter<W>,
    hasher: sha2::Sha256,
    size: u64,
}

impl<W: Write> Hashed<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to: BufWriter::new(to), hasher: sha2::Sha256::new(), size: 0 }
    }

    /// Writes what is left, and returns size and digest.
    pub(super) fn finish(mut self) -> io::Result<(u64, Sha256)> {
        self.to.flush()?;
        Ok((self.size, Sha256(self.hasher.finalize().into())))
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.to.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        self.size += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

//! Floor 4: are the bytes those that were promised?

mod checksum;
mod entry;
mod error;
mod first;
mod hasher;
mod mismatch;
#[cfg(test)]
mod tests;

pub use checksum::{find, parse, sri};
pub use error::ChecksumError;
pub use hasher::{Hashed, Hasher};
pub use mismatch::{Expected, Mismatch, check, unlikely};

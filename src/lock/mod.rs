//! Floor 1: deps.lock's text and its meaning.
//!
//! ```toml
//! version = 1
//!
//! [[dependency]]
//! id = "node"
//! asked = "sha256:…"
//!
//! [[dependency.release]]
//! version = "22.11.0"
//! upstream = "v22.11.0"
//! released = "2024-10-29T00:00:00Z"
//!
//! [[dependency.release.artifact]]
//! target = "jammy-amd64"
//! url = "https://…"
//! size = 28911964
//! sha256 = "…"
//! upstream-digest = "sha512:…"
//! evidence = "signed"
//! signer = "openpgp:…"
//! signed = "checksum"
//! ```
//!
//! Nothing in it depends on the machine, the time or what is published, so that the same decision
//! is the same file everywhere, and two branches that touch different dependencies merge.

mod error;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use error::LockError;
pub use read::read;
pub use write::write;

/// The format that is written, and the newest that is read.
const VERSION: i64 = 1;

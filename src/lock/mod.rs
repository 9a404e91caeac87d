//! Floor 1: deps.lock's text and its meaning.
//!
//! ```toml
//! version = 1
//!
//! [[dependency]]
//! id = "node"
//! asked = "sha256:…"
//! ended = ["18.*"]
//!
//! [[dependency.line]]
//! line = "22"
//! eol = "2027-04-30"
//! names = ["lts"]
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
//! `ended` and `line` are there only where deps.toml has rules of time: which of its lines were
//! dropped after their end, and what the schedule said of the lines that matter (`ended = true` in
//! one: dropped too).
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

//! Floor 3: local files, written atomically; the workspace `.depstate/` with its lock and caches.
//!
//! Everything here blocks; whoever is async calls it where blocking is allowed. What depstate
//! cannot do without is an error that names the path; what only saves time (the cache) never is.

mod altered;
mod atomic;
mod cache;
mod error;
mod files;
mod leftover;
mod notes;
mod seen;
mod tracked;
pub mod tree;
mod workspace;

#[cfg(test)]
mod tests;

pub use altered::Altered;
pub use atomic::{write_atomic, write_with};
pub use cache::{Cache, CacheKind, CacheWriter};
pub use error::{DiskError, bare};
pub use files::{Files, System};
pub use seen::Seen;
pub use tracked::is_tracked;
pub use workspace::{RunLock, Workspace};

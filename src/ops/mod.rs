//! Floor 6: verbs. The imperative shell, one file per operation.
//!
//! As little as possible is decided here: what to look at, what is wanted and what goes into a
//! commit are the planner's words; how a commit is made is the commit machine's. Operations tell
//! what happens as [`crate::model::Event`]s and know nothing of how that looks.

pub mod add;
pub mod apply;
pub mod build;
mod configuration;
pub mod doctor;
pub mod drivers;
mod error;
mod extras;
pub mod gc;
pub mod history;
mod keys;
mod locate;
pub mod lock;
mod look;
mod missing;
mod observe;
mod open;
mod outputs;
mod outside;
mod plan;
pub mod rollback;
mod seen;
mod side;
mod signed;
pub mod test;
mod texts;
pub mod transaction;
mod transfer;
pub mod verify;
mod vouchers;
mod witness;

pub use error::OpsError;
pub use keys::Keys;
pub use lock::LockRequest;
pub use look::{Looked, look};
pub use open::{Project, Setting, open};
pub use plan::{Download, Planned, Refresh, Request, plan};
pub use seen::read;
pub use texts::changed;

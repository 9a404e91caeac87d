//! Between floor 4 and 5: the one room that runs scripts. What is built and tried here is what
//! `apply`, `build` and `test` are asked for; nothing that `plan` reaches comes here.
//!
//! A step runs in a [`Room`]: a folder of its own with a fixed inside. An [`Executor`] shuts it in as
//! well as this machine can. When it has ended, all its processes are dead, and only then is its
//! output looked at.

mod archive;
mod build;
mod collect;
mod container;
mod contract;
mod difference;
mod error;
mod furnish;
mod helper;
mod host;
mod http;
mod licenses;
mod links;
mod members;
mod pack;
mod repack;
mod room;
mod run;
mod sandbox;
mod smoke;
mod step;
mod unpack;
mod warden;

pub use archive::{ArchiveLimits, Member, MemberKind, check};
pub use build::{BuildJob, Built, build};
pub use collect::collect;
pub use error::WorkshopError;
pub use helper::{HELPER, helper};
pub use http::probe;
pub use licenses::detect;
pub use pack::pack;
pub use room::{Places, Room};
pub use run::{Ended, Executor, Job, Log, Machine, Tier, executor, tiers};
pub use smoke::{TestJob, Tested, test};
pub use unpack::{Unpacked, unpack, unpack_here};

/// Does what blocks where that is allowed.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WorkshopError> + Send + 'static,
) -> Result<T, WorkshopError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // A panic goes on in whoever waits; what is cancelled is cancelled with the whole program.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(WorkshopError::Interrupted),
        },
    }
}

//! The executor `sandbox`: in one of two tiers, of which the stronger one that works here is taken,
//! and never none.

mod bubblewrap;
mod choose;
mod landlock;
mod seccomp;
mod start;
mod system;

#[cfg(test)]
mod tests;

pub(super) use choose::{choose, tiers};
pub(super) use start::{ENTER, enter, start};

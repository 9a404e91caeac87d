//! The one integration binary: every test of a user's view, and of the rooms' contracts.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a broken fixture should panic where it stands"
)]

mod appliers;
mod architecture;
mod archives;
mod building;
mod catalog;
mod cli;
mod config;
mod contract;
mod external;
mod faults;
mod faults_http;
mod files;
mod kill;
mod manifest;
mod planner;
mod sandbox;
mod signatures;
mod simulation;
mod sources;
mod state;
mod support;
mod versions;
mod workshop;

//! Tests: version schemes, constraints and deps.lock.
//!
//! The order and the constraints of each scheme are held against what its own world publishes: the
//! tables name the document or the test that they were taken from, and what is different here and
//! why.

mod check;
mod date;
mod gem;
mod laws;
mod lock;
mod maven;
mod pep440;
mod regex;
mod semver;
mod upstreams;

//! The commit protocol, searched state by state: as it stands it holds, and each weakening of it is found out.
//!
//! Nothing here runs the program. Each model says in a few integers what a store, the appliers and
//! the collectors hold, and which steps each may take next; the search walks every order of them.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    reason = "states are packed into small integers on purpose, and a broken test should panic where it stands"
)]

mod commit;
mod counts;
mod edges;
mod metadata;
mod report;
mod search;
mod table;

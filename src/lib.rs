//! depstate: a declarative desired-state reconciler for binaries.
//!
//! `deps.toml` says what is desired, `deps.lock` what was decided, the storage what is there.
//! `plan` shows the difference, `apply` makes it so. ARCHITECTURE.md is the map of the rooms below;
//! a room names only rooms of lower floors, and `tests/architecture.rs` holds it to that.

// floor 0: nouns, and the steps at which a test may kill the program
pub mod failpoint;
pub mod model;
// between 0 and 1: templates
pub mod template;
// floor 1: text <-> nouns
pub mod config;
pub mod lock;
pub mod manifest;
pub mod wire;
// floor 2: decisions, views, what is known of products
pub mod catalog;
pub mod commit;
pub mod planner;
pub mod render;
// floor 3: the two hands
pub mod disk;
pub mod net;
pub mod signature;
// floor 4: drivers
pub mod source;
pub mod storage;
pub mod verify;
// between 4 and 5: drivers that are programs of the user's
pub mod external;
// beside it: the room that runs scripts
pub mod workshop;
// floor 5: published state
pub mod state;
// floor 6: verbs
pub mod ops;
// floor 7: the command line
pub mod cli;

//! Floor 4 and a half: external drivers. A program of the user's lists releases or keeps objects,
//! and is spoken to by JSON-RPC, one message a line, over its stdin and stdout.
//!
//! Nothing here runs a program that was not hashed and found to be the one that the user's own
//! configuration allows: a [`Program`] is the only thing that can be started, and there is no other
//! way to one than [`Program::take`]. A driver is trusted no further than to be what it is: what it
//! answers is checked as an upstream's answer is, and whatever it does, depstate goes on or says why
//! not.
//!
//! `examples/drivers/README.md` is the protocol for those who write drivers; its messages are the
//! types in `protocol`, and `schema/driver-protocol.schema.json` is made from those.

mod body;
pub mod conformance;
mod connection;
mod environment;
mod error;
mod find;
mod handshake;
mod keeper;
mod lines;
mod pending;
mod process;
mod program;
pub mod protocol;
mod setup;
mod source;
mod storage;
mod words;

pub use error::ExternalError;
pub use find::{Found, digest_of, find, scan};
pub use program::Program;
pub use protocol::{DriverKind, PROTOCOL, schema};
pub use setup::{Asked, Patience, Setup, Voice};
pub use source::ExternalSource;
pub use storage::ExternalStorage;

//! The messages of the driver protocol, version 1: what each request holds and what answers it.
//!
//! A request's answer belongs to its type, so that neither can be mistaken; [`schema`] is made from
//! the same list.

mod common;
mod envelope;
mod methods;
mod or_null;
mod schema;
mod source;
mod storage;

pub use common::{
    Body, Cancel, Capabilities, Close, DriverKind, Initialize, Nothing, Read, ReadAnswer, Shutdown,
    Welcome,
};
pub use envelope::{ConfigMistake, ErrorData, Reply, RpcError, code};
pub use methods::Method;
pub use schema::schema;
pub use source::{Open, OpenAnswer, Releases, ReleasesAnswer};
pub use storage::{
    AbortUpload, Begin, Begun, Condition, Delete, Discard, FinishUpload, Get, GetAnswer, Head,
    HeadAnswer, List, ListAnswer, Listed, Meta, Put, Range, Unfinished, UnfinishedAnswer,
    UnfinishedUpload, WriteUpload, Written,
};

/// The version of the protocol that this depstate speaks.
pub const PROTOCOL: u32 = 1;
/// Longest a message may be, in bytes, its line feed not counted.
pub const LONGEST_LINE: usize = 4 << 20;
/// Most bytes of a body in one message, before base64.
pub const CHUNK: usize = 256 << 10;
/// Largest object that is written by one `storage/put`; a larger one goes as an upload.
pub const LARGEST_PUT: usize = 1 << 20;

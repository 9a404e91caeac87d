//! Floor 3: HTTP. The only room that names reqwest.
//!
//! [`Client::index`] reads a version index whole, decoded and through a conditional cache;
//! [`Client::open`] streams a file as it was served, never decoded. Both follow redirects by hand,
//! retry what may pass, and say in every error which address answered what, and how often it was
//! tried.

mod backoff;
mod body;
mod client;
mod conditional;
mod error;
mod limit;
mod memory;
mod resume;
mod retry;
mod secret;
mod send;
mod transport;

#[cfg(test)]
mod tests;

pub use backoff::{Backoff, Budget};
pub use body::{ByteStream, StreamError};
pub use client::{Answer, Client, ClientConfig, Request};
pub use conditional::HttpCache;
pub use error::{NetError, TransportKind};
pub use retry::retry_after;
pub use secret::Secret;

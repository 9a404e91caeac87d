//! Floor 3: HTTP. The only room that names reqwest.
//!
//! [`Client::index`] reads a version index whole, decoded and through a conditional cache;
//! [`Client::open`] streams a file as it was served, never decoded. Both follow redirects by hand,
//! retry what may pass, and say in every error which address answered what, and how often it was
//! tried.
//!
//! Whom a request may reach and what it carries there the user's [`Rules`] say: every hop is looked
//! up in them, and its address is checked where it is dialled.

mod address;
mod backoff;
mod body;
mod client;
mod conditional;
mod error;
mod limit;
mod logins;
mod memory;
mod pace;
mod resolve;
mod resume;
mod retry;
mod routes;
mod rules;
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
pub use logins::Logins;
pub use pace::LeastPace;
pub use resolve::Lookup;
pub use retry::retry_after;
pub use routes::check_certificates;
pub use rules::{HostRule, ProxyRule, Rules};
pub use secret::Secret;

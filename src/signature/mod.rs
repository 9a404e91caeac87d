//! Floor 3: signatures. Bytes in, a signer out; nothing is fetched and nothing decided.

mod error;
pub mod openpgp;
pub mod openpgp_export;

pub use error::SignatureError;

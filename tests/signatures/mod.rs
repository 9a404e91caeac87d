//! Signatures made by other programs, and what is done to them on the way.

mod clearsigned;
pub(crate) mod gpg;
mod locking;
pub(crate) mod minisign;
mod openpgp;
mod openpgp_keys;
mod services;
mod sigstore;

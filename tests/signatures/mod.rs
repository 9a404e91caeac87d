//! Signatures made by other programs, and what is done to them on the way.

mod clearsigned;
mod gpg;
mod locking;
mod minisign;
mod openpgp;
mod openpgp_keys;
mod services;
mod sigstore;

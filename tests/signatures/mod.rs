//! Signatures made by other programs, and what is done to them on the way.

mod clearsigned;
mod gpg;
mod openpgp;
mod openpgp_keys;

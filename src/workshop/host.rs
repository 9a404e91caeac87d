//! The executor `host`.

//! (room commit)

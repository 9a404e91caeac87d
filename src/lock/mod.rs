//! (room lock)

//! (room manifest)

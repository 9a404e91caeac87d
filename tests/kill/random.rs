//! Killed at any moment, not only at named ones.

//! Builds and tests of artifacts, with the real program and, where nothing else is said, in the
//! sandbox of this machine.

mod failing;
mod keeping;
mod needing;
mod rebuilding;
mod sources;
mod trying;
mod workplace;
mod workstation;

//! The room that runs scripts.

mod collect;
mod pack;

//! The room that runs scripts.

mod build;
mod collect;
mod container;
mod container_fake;
mod pack;
mod repack;
mod shop;

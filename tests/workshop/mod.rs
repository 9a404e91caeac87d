//! The room that runs scripts.

mod build;
mod collect;
mod container;
mod container_fake;
mod licenses;
mod pack;
mod repack;
mod shop;
mod smoke;
mod smoke_http;
mod trial;
mod unpack;

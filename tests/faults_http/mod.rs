//! What the `s3` driver makes of a bad network and a bad store: every fault that can happen on the
//! way, at every request that matters, over TCP, with what is in the store afterwards.

mod deed;
mod listings;
mod matrix;
mod past_the_driver;

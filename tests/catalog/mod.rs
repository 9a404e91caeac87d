//! The catalogue: its entries as data, and each of them over a recorded index.

mod add;
mod entries;
mod lines;
mod recorded;

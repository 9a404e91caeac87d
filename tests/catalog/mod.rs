//! The catalogue: its entries as data, and each of them over a recorded index.

mod add;
mod demonstration;
mod entries;
mod killed;
mod lines;
mod recorded;
mod signed;

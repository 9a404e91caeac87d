//! The catalogue: its entries as data, and each of them over a recorded index.

mod add;
mod demonstration;
mod entries;
mod every_signed;
mod killed;
mod lines;
mod recorded;
mod signed;

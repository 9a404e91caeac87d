//! The catalogue: its entries as data, and each of them over an index in its upstream's
//! shape.

mod add;
mod demonstration;
mod entries;
mod every_signed;
mod killed;
mod lines;
mod recorded;
mod signed;

//! Seeded runs of several appliers, readers and collectors against a store that loses, delays and doubles
//! requests. A seed decides everything; one that fails is printed with the line that runs it again.

mod actor;
mod applier;
mod collector;
mod last;
mod profile;
mod reader;
mod run;
mod seeds;
mod shoddy;
mod wishes;

pub(crate) use seeds::write_figures;

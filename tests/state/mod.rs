//! Published state against a store in memory: commits, races, lost answers, bookkeeping, views.

mod begin;
mod bookkeeping;
mod commit;
mod fixture;
mod meddler;
mod probe;
mod read;
mod views;

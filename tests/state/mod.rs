//! Published state against a store in memory: commits, races, lost answers, bookkeeping, views.

mod begin;
mod bookkeeping;
mod commit;
pub(crate) mod fixture;
mod gc;
mod history;
mod meddler;
mod outputs;
mod probe;
mod read;
mod restore;
mod rollback;
mod side;
mod verify;
mod views;

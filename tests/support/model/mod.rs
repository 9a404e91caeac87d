//! A store in memory in which every request waits until a scheduler decides what becomes of it.
//!
//! It is linearizable: a request takes effect at one instant, when it is granted, or later, or never,
//! or twice. It keeps the history of HEAD and checks after every step that nothing is lost.

mod chain;
mod handle;
mod laws;
mod listing;
mod request;
mod rng;
mod views;
mod world;

pub(crate) use chain::{Chain, State};
pub(crate) use handle::{Lens, ModelStore};
pub(crate) use laws::{Intent, Laws};
pub(crate) use listing::{Etags, Quirks};
pub(crate) use request::{Request, Verdict};
pub(crate) use rng::Rng;
pub(crate) use views::check_views;
pub(crate) use world::{Pick, Stored, World};

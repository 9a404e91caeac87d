//! Floor 2: the commit protocol as a machine. Events in, effects out; no I/O, no clock, no chance.
//!
//! One [`Machine`] is one transaction: HEAD is created where there is none, the journal is opened,
//! the caller uploads, documents are written, HEAD is swapped under a condition, and whatever the
//! store answers is followed up until the outcome is certain or can't be known. Whoever drives it
//! carries each [`Effect`] out once and hands the answer back as an [`Event`]; ids, nonces and the
//! time come in with events. The same code runs against a real store and in the explorer's tests.
//!
//! Who drives it promises: effects of one step may run at the same time; an effect is one attempt;
//! a read is of a store that shows every finished write.

mod begin;
mod chain;
mod collect;
mod effect;
mod event;
mod fence;
mod later;
mod machine;
mod outcome;
mod publish;
mod rebase;
mod resolve;
mod restore;
mod sweep;

#[cfg(test)]
mod explore;
#[cfg(test)]
mod tests;

pub use chain::LISTED;
pub use collect::{Collection, Generations, Owned, Rules, Survey, collect, past_grace, reached};
pub use effect::{Effect, End, Failure, NotCommitted, Swept};
pub use event::{Answer, Base, Comparison, Event, Proposal};
pub use fence::fence;
pub use later::{Later, newest_lost};
pub use machine::{Machine, Setup};
pub use outcome::{Chain, Outcome, outcome};
pub use restore::{Restore, restored};
pub use sweep::{Sweep, Sweeper};

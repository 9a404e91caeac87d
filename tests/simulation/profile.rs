//! What kind of a run a seed is, and which bug is planted in it.

use crate::support::model::{Etags, Lens, Quirks, Rng};

/// A bug that the simulation must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plant {
    /// In the store: `If-Match` is not looked at.
    StoreIgnoresMatch,
    /// In the store: `If-None-Match` is not looked at.
    StoreIgnoresAbsent,
    /// Between an applier and the store.
    Lens(Lens),
    /// An applier that lost a race commits what it planned on the old snapshot.
    OldSnapshot,
    /// An applier names an artifact that it did not upload.
    NotUploaded,
    /// A reader keeps HEAD.
    CachedHead,
    /// A collector deletes what is condemned, and does not doom it first.
    NotDoomed,
    /// A collector deletes what is doomed, and does not make it so with a condition.
    DoomedByWord,
    /// A collector sweeps a dead apply without a fence.
    NoFence,
    /// A collector sweeps an apply whose journal is open, and does not mark it.
    NotMarked,
}

/// The weather of one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Profile {
    /// How many requests in a thousand fail.
    pub(crate) faults: usize,
    /// How many moments in a thousand kill somebody.
    pub(crate) kills: usize,
    /// How many moments in a thousand move a clock.
    pub(crate) jumps: usize,
    /// How many moments in a thousand let something late land, or vanish.
    pub(crate) landings: usize,
    /// How many appliers there are: where there is one, nobody else moves HEAD.
    pub(crate) appliers: usize,
    /// After so many moments the network falls quiet.
    pub(crate) moments: usize,
    /// How long what is condemned is kept, in seconds.
    pub(crate) grace: u64,
    /// How long an apply may be silent, in seconds.
    pub(crate) patience: u64,
    /// How long generations are kept, in seconds.
    pub(crate) history: u64,
    pub(crate) quirks: Quirks,
}

impl Profile {
    /// The weather when all is over.
    pub(crate) fn calm() -> Self {
        Self {
            faults: 0,
            kills: 0,
            jumps: 0,
            landings: 0,
            appliers: 1,
            moments: 0,
            grace: 86_400,
            patience: 86_400,
            history: 86_400,
            quirks: Quirks {
                etags: Etags::Unique,
                lag: 0,
                page: 1000,
                ignores_match: false,
                ignores_absent: false,
            },
        }
    }

    pub(crate) fn of(rng: &mut Rng, plant: Option<Plant>) -> Self {
        Self {
            faults: *rng.pick(&[0, 10, 30, 60, 120, 200]),
            kills: *rng.pick(&[0, 0, 5, 15, 30]),
            jumps: *rng.pick(&[0, 5, 20]),
            landings: *rng.pick(&[20, 60, 150]),
            appliers: *rng.pick(&[1, 2, 3, 3, 3]),
            moments: *rng.pick(&[150, 250, 400]),
            grace: *rng.pick(&[0, 60, 600, 100_000]),
            patience: *rng.pick(&[0, 20, 200, 86_400]),
            history: *rng.pick(&[0, 100, 1000, 1_000_000]),
            quirks: Quirks {
                etags: *rng.pick(&[Etags::Unique, Etags::Content, Etags::Md5Like]),
                lag: *rng.pick(&[0, 0, 10, 40]),
                page: *rng.pick(&[2, 5, 1000]),
                ignores_match: plant == Some(Plant::StoreIgnoresMatch),
                ignores_absent: plant == Some(Plant::StoreIgnoresAbsent),
            },
        }
    }
}

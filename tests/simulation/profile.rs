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
    /// After so many moments the network falls quiet.
    pub(crate) moments: usize,
    pub(crate) quirks: Quirks,
}

impl Profile {
    pub(crate) fn of(rng: &mut Rng, plant: Option<Plant>) -> Self {
        Self {
            faults: *rng.pick(&[0, 10, 30, 60, 120, 200]),
            kills: *rng.pick(&[0, 0, 5, 15, 30]),
            jumps: *rng.pick(&[0, 5, 20]),
            landings: *rng.pick(&[20, 60, 150]),
            moments: *rng.pick(&[150, 250, 400]),
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

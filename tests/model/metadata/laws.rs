//! What must be true of every state.

use super::{
    Metadata,
    objects::{FIRST_Y, Is},
    state::State,
};
use crate::search::Broken;

impl Metadata {
    pub(super) fn law(&self, state: &State) -> Option<Broken> {
        let generation = self.objects.of_head(state.head);
        let dangling =
            if self.world.meddled { self.names_anew(state) } else { self.dangles(state) };
        if dangling {
            return Some(Broken::Dangling);
        }
        if state.acked & !generation.chain != 0 {
            return Some(Broken::CommitLost);
        }
        if self.world.keeps_history && self.history_lost(state) {
            return Some(Broken::HistoryLost);
        }
        if state.failed & generation.chain != 0 && !self.world.meddled {
            return Some(Broken::FailureCommitted);
        }
        None
    }

    fn dangles(&self, state: &State) -> bool {
        let head = self.objects.head(state.head);
        let generation = self.objects.generation(head.generation);
        let named = self.objects.live(generation) | generation.condemned;
        let metadata = self.sets.members(state.metadata);
        named & !state.artifacts != 0
            || metadata.binary_search(&u32::from(head.generation)).is_err()
            || metadata.binary_search(&u32::from(generation.document)).is_err()
    }

    /// What goes by hand is nobody's fault, until the rollback makes it live again.
    fn names_anew(&self, state: &State) -> bool {
        let generation = self.objects.of_head(state.head);
        let rolled_back = generation.chain & 0b1111_0000 != 0;
        rolled_back && self.objects.live(generation) & FIRST_Y & !state.artifacts != 0
    }

    /// Whether a committed transaction has no generation left.
    fn history_lost(&self, state: &State) -> bool {
        let mut kept = 0_u8;
        for number in self.sets.members(state.metadata) {
            let object = self.objects.get(*number as u16);
            if matches!(object.is, Is::Generation(_)) && object.owner < 8 {
                kept |= 1 << object.owner;
            }
        }
        self.objects.of_head(state.head).chain & !kept != 0
    }
}

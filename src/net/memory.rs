//! Answers of earlier runs in place of new ones, for one source at a time.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use jiff::Timestamp;

/// Whether a source is asked, or answered from what was kept; and how old that was.
#[derive(Debug, Default)]
pub(super) struct Memory {
    only: AtomicBool,
    oldest: Mutex<Option<Timestamp>>,
}

impl Memory {
    pub(super) fn is_only(&self) -> bool {
        self.only.load(Ordering::Acquire)
    }

    pub(super) fn only(&self, only: bool) {
        self.only.store(only, Ordering::Release);
    }

    /// Notes that a kept answer was used.
    pub(super) fn used(&self, right_at: Timestamp) {
        let mut oldest = self.oldest.lock().unwrap_or_else(PoisonError::into_inner);
        *oldest = Some(oldest.map_or(right_at, |oldest| oldest.min(right_at)));
    }

    pub(super) fn oldest(&self) -> Option<Timestamp> {
        *self.oldest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

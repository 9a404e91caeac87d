//! How long to wait before something is tried again, and how often that may be in all.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder as _, ExponentialBuilder};

/// So many tries beyond the first ones may fail, of all who ask one store or host, before nothing is
/// tried again there.
const SPARE: u32 = 60;

/// So many answers give one spare try back.
const ANSWERS: u32 = 5;

/// How often something is tried, and the waits between: each a uniform share, from nothing on, of a
/// bound that doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// How often, the first time included.
    pub tries: u32,
    /// Upper bound of the wait before the second try.
    pub first: Duration,
    /// Upper bound of any wait.
    pub longest: Duration,
}

impl Backoff {
    /// Returns the waits before the second try and each further one. It ends after the last try.
    pub fn waits(self) -> impl Iterator<Item = Duration> + Send + use<> {
        let bounds = ExponentialBuilder::new()
            .with_min_delay(self.first)
            .with_max_delay(self.longest)
            .with_max_times(self.tries.saturating_sub(1) as usize);
        // backon adds its jitter to the bound; many clients that failed together spread best over
        // all of it, from nothing on.
        let jittered = bounds.with_jitter().build();
        jittered.zip(bounds.build()).map(|(with, bound)| with.saturating_sub(bound))
    }
}

/// The spare tries that all who ask one store or host share. A store that is down is so asked a few
/// times more than once by each, not by each of many as often as it would be alone.
#[derive(Debug)]
pub struct Budget {
    /// Spare tries, in [`ANSWERS`]ths.
    left: Mutex<u32>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: Mutex::new(SPARE * ANSWERS) }
    }
}

impl Budget {
    /// Takes a spare try, and tells whether there was one.
    pub fn take(&self) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = left.checked_sub(ANSWERS);
        *left = rest.unwrap_or(*left);
        rest.is_some()
    }

    /// Notes an answer: what was taken to get it is given back, and a little of what others took.
    pub fn answered(&self, taken: u32) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let back = taken.saturating_mul(ANSWERS).saturating_add(1);
        *left = left.saturating_add(back).min(SPARE * ANSWERS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_below_a_bound_that_doubles() {
        let backoff = Backoff {
            tries: 4,
            first: Duration::from_millis(100),
            longest: Duration::from_millis(300),
        };
        let bounds = [100, 200, 300].map(Duration::from_millis);
        let mut least = Duration::MAX;
        let mut most = Duration::ZERO;
        for _ in 0..200 {
            let waits: Vec<_> = backoff.waits().collect();
            assert_eq!(waits.len(), 3, "four tries have three waits between them");
            assert!(waits.iter().zip(bounds).all(|(wait, bound)| *wait <= bound), "{waits:?}");
            least = least.min(waits[2]);
            most = most.max(waits[2]);
        }
        // All of the bound is used: the chance that this fails is nil.
        assert!(least < bounds[2] / 4 && most > bounds[2] / 4 * 3, "{least:?} to {most:?}");
    }

    #[test]
    fn a_budget_runs_out_and_answers_fill_it_again() {
        let budget = Budget::default();
        assert_eq!((0..1000).filter(|_| budget.take()).count(), SPARE as usize);
        for _ in 0..ANSWERS {
            assert!(!budget.take());
            budget.answered(0);
        }
        assert!(budget.take());
        // Who got an answer in the end has cost nothing.
        budget.answered(1);
        assert!(budget.take());
        for _ in 0..10_000 {
            budget.answered(3);
        }
        assert_eq!((0..1000).filter(|_| budget.take()).count(), SPARE as usize, "it has a top");
    }
}

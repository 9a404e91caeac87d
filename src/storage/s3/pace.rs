//! How fast a store is asked: so many requests at a time, fewer when it says that it is too much.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::net::Budget;

/// Requests at a time at first, and at most.
const MOST: usize = 64;

/// What all requests to a store share.
#[derive(Debug)]
pub(super) struct Pace {
    turns: Arc<Semaphore>,
    state: Mutex<State>,
    /// Tries beyond the first ones.
    pub(super) budget: Budget,
}

#[derive(Debug)]
struct State {
    /// Requests at a time.
    limit: usize,
    /// Turns that are to vanish as they come back.
    owed: usize,
    /// How often the limit fell.
    falls: u64,
    /// Answers since the limit last changed.
    answers: usize,
    /// Nothing is asked before: the store said so.
    not_before: Option<Instant>,
}

impl Default for Pace {
    fn default() -> Self {
        let state = State { limit: MOST, owed: 0, falls: 0, answers: 0, not_before: None };
        let turns = Arc::new(Semaphore::new(MOST));
        Self { turns, state: Mutex::new(state), budget: Budget::default() }
    }
}

impl Pace {
    /// Waits until a request may be sent.
    pub(super) async fn turn(&self) -> Turn<'_> {
        // Nobody closes the semaphore: there always is a permit.
        let permit = Arc::clone(&self.turns).acquire_owned().await.ok();
        loop {
            let until = self.state().not_before.filter(|until| *until > Instant::now());
            let Some(until) = until else { break };
            tokio::time::sleep_until(until).await;
        }
        let falls = self.state().falls;
        Turn { pace: self, permit, falls }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn grow(&self, state: &mut State) {
        state.limit += 1;
        match state.owed.checked_sub(1) {
            Some(owed) => state.owed = owed,
            None => self.turns.add_permits(1),
        }
    }
}

/// The right to have one request under way.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pace: &'a Pace,
    permit: Option<OwnedSemaphorePermit>,
    /// How often the limit had fallen when it began.
    falls: u64,
}

impl Turn<'_> {
    /// Notes that the store answered, whatever it said but "slower". So many answers as there may be
    /// requests at a time let one more be under way.
    pub(super) fn answered(&self) {
        let mut state = self.pace.state();
        state.answers += 1;
        if state.answers >= state.limit && state.limit < MOST {
            state.answers = 0;
            self.pace.grow(&mut state);
        }
    }

    /// Notes that the store wants to be asked more slowly: half as many requests are under way from
    /// now on, and none for as long as it says. What was under way when the limit last fell does not
    /// let it fall again: it tells nothing new.
    pub(super) fn throttled(&self, wait: Option<Duration>) {
        let mut state = self.pace.state();
        if let Some(until) = wait.and_then(|wait| Instant::now().checked_add(wait)) {
            state.not_before = Some(state.not_before.map_or(until, |before| before.max(until)));
        }
        if self.falls != state.falls || state.limit == 1 {
            return;
        }
        let limit = state.limit / 2;
        state.owed += state.limit - limit;
        state.owed -= self.pace.turns.forget_permits(state.owed);
        state.limit = limit;
        state.falls += 1;
        state.answers = 0;
        tracing::debug!(limit, "the store wants fewer requests at a time");
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        if let Some(owed) = state.owed.checked_sub(1)
            && let Some(permit) = self.permit.take()
        {
            state.owed = owed;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes as many turns as there are.
    async fn all(pace: &Pace) -> Vec<Turn<'_>> {
        let mut turns = Vec::new();
        while let Ok(turn) = tokio::time::timeout(Duration::from_millis(1), pace.turn()).await {
            turns.push(turn);
        }
        turns
    }

    #[tokio::test(start_paused = true)]
    async fn one_answer_of_a_round_halves_and_the_others_do_not() {
        let pace = Pace::default();
        let turns = all(&pace).await;
        assert_eq!(turns.len(), 64);
        for turn in &turns {
            turn.throttled(None);
        }
        drop(turns);
        assert_eq!(all(&pace).await.len(), 32);
        for wanted in [16, 8, 4, 2, 1, 1] {
            pace.turn().await.throttled(None);
            assert_eq!(all(&pace).await.len(), wanted);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_answers_as_turns_give_one_more() {
        let pace = Pace::default();
        pace.turn().await.throttled(None);
        for more in 0..3 {
            for _ in 0..32 + more {
                assert_eq!(pace.state().limit, 32 + more);
                pace.turn().await.answered();
            }
        }
        assert_eq!(all(&pace).await.len(), 35);
        for _ in 0..10_000 {
            pace.turn().await.answered();
        }
        assert_eq!(all(&pace).await.len(), MOST, "it has a top");
    }

    #[tokio::test(start_paused = true)]
    async fn growing_while_turns_are_out_gives_no_turn_too_many() {
        let pace = Pace::default();
        let mut turns = all(&pace).await;
        turns[0].throttled(None);
        for _ in 0..32 {
            turns[0].answered();
        }
        // 64 are out and 33 may be.
        turns.truncate(33);
        assert_eq!(all(&pace).await.len(), 0);
        drop(turns);
        assert_eq!(all(&pace).await.len(), 33);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_asks_before_the_time_that_the_store_named() {
        let pace = Pace::default();
        let since = Instant::now();
        pace.turn().await.throttled(Some(Duration::from_secs(7)));
        pace.turn().await.throttled(Some(Duration::ZERO));
        let _turn = pace.turn().await;
        assert_eq!(since.elapsed().as_secs(), 7);
    }
}

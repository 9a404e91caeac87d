//! What every actor has: a connection, a clock of its own, a cache, and chance that follows from the
//! seed. All of it outlives the process that is killed.

use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use depstate::{
    state::{Author, Chance, DocumentCache},
    storage::StorageWriter,
};
use jiff::{Timestamp, ToSpan as _};

use super::{
    profile::{Plant, Profile},
    wishes::Wish,
};
use crate::{
    state::fixture::{MemoryCache, PROJECT},
    support::model::{Laws, Lens, ModelStore, Rng, World},
};

#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) store: ModelStore,
    pub(crate) plant: Option<Plant>,
    pub(crate) profile: Profile,
    pub(crate) wishes: Arc<Vec<Wish>>,
    /// How many wishes are done with.
    pub(crate) progress: Arc<AtomicUsize>,
    cache: Arc<MemoryCache>,
    /// Seconds that the own clock is ahead.
    ahead: Arc<AtomicI64>,
    chance: Chance,
    rng: Arc<Mutex<Rng>>,
}

impl Actor {
    pub(crate) fn new(
        world: &Arc<Mutex<World>>,
        number: usize,
        seed: u64,
        plant: Option<Plant>,
        wishes: Vec<Wish>,
    ) -> Self {
        let own = seed.wrapping_mul(31).wrapping_add(number as u64);
        let lens = match plant {
            Some(Plant::Lens(lens)) => Some(lens),
            Some(_) | None => None,
        };
        Self {
            store: ModelStore { world: Arc::clone(world), actor: number, lens },
            plant,
            profile: Profile::calm(),
            wishes: Arc::new(wishes),
            progress: Arc::default(),
            cache: Arc::default(),
            ahead: Arc::default(),
            chance: Chance::seeded(own),
            rng: Arc::new(Mutex::new(Rng::new(own ^ 0xac70))),
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.store.world.lock().unwrap()
    }

    pub(crate) fn storage(&self) -> Arc<dyn StorageWriter> {
        Arc::new(self.store.clone())
    }

    pub(crate) fn cache(&self) -> Arc<dyn DocumentCache> {
        Arc::clone(&self.cache) as _
    }

    pub(crate) fn chance(&self) -> &Chance {
        &self.chance
    }

    pub(crate) fn rng(&self) -> MutexGuard<'_, Rng> {
        self.rng.lock().unwrap()
    }

    pub(crate) fn jump(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    /// The time by the own clock.
    pub(crate) fn now(&self) -> Timestamp {
        let ahead = self.ahead.load(Ordering::Relaxed);
        self.world().now.checked_add(ahead.seconds()).unwrap()
    }

    pub(crate) fn author(&self) -> Author {
        Author {
            project: PROJECT.to_owned(),
            by: Some(format!("a{}", self.store.actor)),
            tool: "depstate simulation".to_owned(),
            now: self.now(),
            single_writer: false,
            chance: self.chance.clone(),
        }
    }

    /// The world has no lens for who only looks, and none for the end.
    pub(crate) fn with_lens(mut self, lens: Option<Lens>) -> Self {
        self.store.lens = lens;
        self
    }

    pub(crate) fn done(&self) -> bool {
        self.progress.load(Ordering::Relaxed) >= self.wishes.len()
    }

    /// Tells what the program said, and checks that it is true.
    pub(crate) fn tell(&self, said: impl FnOnce(&mut Laws) -> Result<(), String>) {
        let mut world = self.world();
        if let Err(why) = said(&mut world.laws) {
            world.breach(why);
        }
    }
}

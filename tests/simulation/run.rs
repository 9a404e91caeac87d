//! One seed: who goes on, and what becomes of each request, all from one generator.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Waker},
    time::Duration,
};

use super::{
    actor::Actor,
    applier, collector, last,
    profile::{Plant, Profile},
    reader,
    wishes::Wish,
};
use crate::support::model::{Pick, Rng, Verdict, World};

const APPLIERS: usize = 3;
const READERS: usize = 1;
const COLLECTORS: usize = 2;

/// What came of a seed.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) seed: u64,
    pub(crate) steps: u64,
    pub(crate) faults: u64,
    pub(crate) kills: u64,
    pub(crate) jumps: u64,
    pub(crate) commits: u64,
    pub(crate) fences: u64,
    pub(crate) acknowledged: u64,
    /// The law that was broken.
    pub(crate) broken: Option<String>,
    pub(crate) log: Vec<String>,
}

type Process = Pin<Box<dyn Future<Output = ()>>>;

/// One that can be killed and started again.
struct Running {
    actor: Actor,
    start: fn(Actor) -> Process,
    process: Option<Process>,
}

struct Simulation {
    rng: Rng,
    profile: Profile,
    world: Arc<Mutex<World>>,
    all: Vec<Running>,
    outcome: Outcome,
}

/// Runs one seed.
pub(crate) fn run(seed: u64, plant: Option<Plant>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(tokio::task::unconstrained(async {
        let mut simulation = Simulation::new(seed, plant);
        let broken = match simulation.weather().await {
            Err(Broken) => Err(Broken),
            Ok(()) => simulation.quiet().await,
        };
        let Simulation { world, all, mut outcome, .. } = simulation;
        drop(all);
        let world = &mut *world.lock().unwrap();
        outcome.steps = world.step;
        outcome.commits = world.laws.chain.commits.len() as u64;
        outcome.fences = world.laws.chain.fences;
        outcome.acknowledged = world.laws.acknowledgements() as u64;
        outcome.broken = broken.err().and_then(|Broken| world.broken.take());
        outcome.log = std::mem::take(&mut world.log);
        outcome
    }))
}

/// A law is broken; the world says which.
pub(super) struct Broken;

impl Simulation {
    fn new(seed: u64, plant: Option<Plant>) -> Self {
        let mut rng = Rng::new(seed);
        let profile = Profile::of(&mut rng, plant);
        let mut world = World::new(profile.quirks, seed);
        // A collector that takes everybody for dead may take the objects of a probe away.
        world.lied = profile.patience < 86_400;
        let world = Arc::new(Mutex::new(world));
        let mut all = Vec::new();
        for number in 0..APPLIERS {
            // Numbers stay, so that everything else is found where it is.
            let most = if number < profile.appliers { 4 } else { 0 };
            let wishes = (0..most).map(|_| Wish::some(&mut rng)).collect();
            let actor = Actor::new(&world, number, seed, plant, wishes);
            let start: fn(Actor) -> Process = |actor| Box::pin(applier::run(actor));
            all.push(Running { actor, start, process: None });
        }
        for number in (APPLIERS..).take(READERS) {
            let actor = Actor::new(&world, number, seed, plant, Vec::new()).with_lens(None);
            let start: fn(Actor) -> Process = |actor| Box::pin(reader::run(actor));
            all.push(Running { actor, start, process: None });
        }
        for number in (APPLIERS + READERS..).take(COLLECTORS) {
            let mut actor = Actor::new(&world, number, seed, plant, Vec::new()).with_lens(None);
            actor.profile = profile;
            let start: fn(Actor) -> Process = |actor| Box::pin(collector::run(actor));
            all.push(Running { actor, start, process: None });
        }
        let outcome = Outcome { seed, ..Outcome::default() };
        Self { rng, profile, world, all, outcome }
    }

    /// Tells whether a law is broken.
    fn held(&self) -> Result<(), Broken> {
        if self.world.lock().unwrap().broken.is_some() { Err(Broken) } else { Ok(()) }
    }

    /// Lets everybody who is alive go on as far as they can.
    fn poll(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        for running in &mut self.all {
            if let Some(process) = &mut running.process
                && process.as_mut().poll(&mut cx).is_ready()
            {
                running.process = None;
            }
        }
    }

    fn start(&mut self, n: usize) {
        let running = &mut self.all[n];
        running.process = Some((running.start)(running.actor.clone()));
    }

    /// The network is bad, processes die, clocks jump.
    async fn weather(&mut self) -> Result<(), Broken> {
        for n in 0..self.all.len() {
            self.start(n);
        }
        self.poll();
        let Profile { kills, jumps, landings, moments, .. } = self.profile;
        for _ in 0..moments {
            if self.all[..APPLIERS].iter().all(|running| running.actor.done()) {
                break;
            }
            let late = self.world.lock().unwrap().late();
            if late > 0 && self.rng.chance(landings) {
                let (n, lands) = (self.rng.below(late), self.rng.chance(700));
                self.world.lock().unwrap().land(n, lands);
            } else if self.rng.chance(kills) {
                let n = self.rng.below(self.all.len());
                if self.all[n].process.take().is_some() {
                    self.outcome.kills += 1;
                    self.world.lock().unwrap().note(format!("a{n}   is killed"));
                    self.start(n);
                }
            } else if self.rng.chance(jumps) {
                self.jump();
            } else {
                self.step().await;
            }
            self.poll();
            self.held()?;
        }
        Ok(())
    }

    fn jump(&mut self) {
        self.outcome.jumps += 1;
        let seconds = i64::try_from(self.rng.below(400_000)).unwrap() - 200_000;
        let n = self.rng.below(self.all.len() + 1);
        match self.all.get(n) {
            // A collector whose clock is wrong by more than an hour refuses to work.
            Some(running) if n >= APPLIERS + READERS => running.actor.jump(seconds / 100),
            Some(running) => running.actor.jump(seconds),
            None => self.world.lock().unwrap().pass(seconds.abs()),
        }
    }

    /// Grants one request, or lets time pass for who waits for it.
    async fn step(&mut self) {
        let picks = self.world.lock().unwrap().picks();
        if picks.is_empty() || self.rng.chance(50) {
            let span = self.rng.below(400) as u64 + 1;
            tokio::time::advance(Duration::from_millis(span)).await;
            return;
        }
        let actors: Vec<usize> = {
            let mut actors: Vec<usize> = picks.iter().map(|pick| pick.actor).collect();
            actors.dedup();
            actors.sort_unstable();
            actors.dedup();
            actors
        };
        let actor = *self.rng.pick(&actors);
        let own: Vec<Pick> = picks.into_iter().filter(|pick| pick.actor == actor).collect();
        let pick = *self.rng.pick(&own);
        let verdict = self.verdict(pick);
        if verdict != Verdict::Answered {
            self.outcome.faults += 1;
        }
        self.world.lock().unwrap().settle(pick.id, verdict);
    }

    fn verdict(&mut self, pick: Pick) -> Verdict {
        if !self.rng.chance(self.profile.faults) {
            return Verdict::Answered;
        }
        let applied = self.rng.chance(500);
        if pick.conditional {
            match self.rng.below(20) {
                0..4 => Verdict::Dropped,
                4..8 => Verdict::Lost,
                8..12 => Verdict::Late,
                12..14 => Verdict::Twice,
                14..16 => Verdict::Conflict { applied },
                16..18 => Verdict::Server { applied },
                18 => Verdict::Refused,
                _ => Verdict::False412,
            }
        } else if pick.writes {
            *self.rng.pick(&[
                Verdict::Dropped,
                Verdict::Lost,
                Verdict::Late,
                Verdict::Twice,
                Verdict::Refused,
                Verdict::Server { applied },
            ])
        } else {
            *self.rng.pick(&[Verdict::Dropped, Verdict::Cut, Verdict::Server { applied: false }])
        }
    }

    /// Everybody is gone, what was late has landed or is lost; one more apply alone brings what it
    /// wants, and a second one has nothing to do.
    async fn quiet(&mut self) -> Result<(), Broken> {
        for running in &mut self.all {
            running.process = None;
        }
        loop {
            let late = self.world.lock().unwrap().late();
            if late == 0 {
                break;
            }
            let (n, lands) = (self.rng.below(late), self.rng.chance(500));
            self.world.lock().unwrap().land(n, lands);
            self.held()?;
        }
        let wish = Wish::all(&mut self.rng);
        for run in 1..=2 {
            self.world.lock().unwrap().note(format!("the last apply, run {run}"));
            self.all.clear();
            let seed = self.outcome.seed ^ 0x1a57;
            let actor = Actor::new(&self.world, 9, seed + run, None, vec![wish.clone()]);
            let start: fn(Actor) -> Process = |actor| Box::pin(applier::run(actor));
            self.all.push(Running { actor, start, process: None });
            self.start(0);
            let mut writes = 0;
            for _ in 0..2000 {
                self.poll();
                self.held()?;
                if self.all[0].process.is_none() {
                    break;
                }
                let pick = self.world.lock().unwrap().picks().first().copied();
                match pick {
                    Some(pick) => {
                        writes += u32::from(pick.writes);
                        self.world.lock().unwrap().settle(pick.id, Verdict::Answered);
                    }
                    None => tokio::time::advance(Duration::from_millis(100)).await,
                }
            }
            let mut world = self.world.lock().unwrap();
            let found = last::check(&world, &wish);
            if let Err(why) = found {
                world.breach(format!("at the end, run {run}: {why}"));
            } else if run == 2 && writes > 0 {
                world.breach(format!("at the end a second run writes {writes} objects"));
            }
            drop(world);
            self.held()?;
        }
        self.swept().await
    }

    /// Long after: one collector alone leaves nothing behind that nobody reaches.
    async fn swept(&mut self) -> Result<(), Broken> {
        self.world.lock().unwrap().quirks.lag = 0;
        for run in 1..=6 {
            self.world.lock().unwrap().pass(400 * 86_400);
            self.world.lock().unwrap().note(format!("the last collector, run {run}"));
            self.all.clear();
            let seed = self.outcome.seed ^ 0x9c;
            let actor = Actor::new(&self.world, 9, seed + run, None, Vec::new());
            let start: fn(Actor) -> Process = |actor| Box::pin(collector::once(actor));
            self.all.push(Running { actor, start, process: None });
            self.start(0);
            for _ in 0..3000 {
                self.poll();
                self.held()?;
                if self.all[0].process.is_none() {
                    break;
                }
                let pick = self.world.lock().unwrap().picks().first().copied();
                match pick {
                    Some(pick) => self.world.lock().unwrap().settle(pick.id, Verdict::Answered),
                    None => tokio::time::advance(Duration::from_millis(100)).await,
                }
            }
        }
        let mut world = self.world.lock().unwrap();
        if let Err(why) = last::clean(&world) {
            world.breach(format!("after the last collector: {why}"));
        }
        drop(world);
        self.held()
    }
}

//! Many seeds, and the bugs that they must find.

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use super::{
    profile::Plant,
    run::{Outcome, run},
};
use crate::support::model::Lens;

/// How many seeds run when nothing else is said.
const SEEDS: u64 = 2000;
const THREADS: usize = 2;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

fn story(outcome: &Outcome) -> String {
    let from = outcome.log.len().saturating_sub(40);
    let seed = outcome.seed;
    format!(
        "seed {seed}: {}\n{}\nrun it again:\n  DEPSTATE_SEED={seed} cargo test --test depstate simulation:: -- --nocapture\n",
        outcome.broken.as_deref().unwrap_or("every law holds"),
        outcome.log[from..].join("\n"),
    )
}

#[test]
fn seeds() {
    if let Some(seed) = number("DEPSTATE_SEED") {
        let outcome = run(seed, None);
        println!("{}", outcome.log.join("\n"));
        assert!(outcome.broken.is_none(), "{}", story(&outcome));
        return;
    }
    let count = number("DEPSTATE_SEEDS").unwrap_or(SEEDS);
    let since = Instant::now();
    let next = AtomicU64::new(1);
    let sum = Mutex::new(Outcome::default());
    let stories = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > count {
                        return;
                    }
                    let outcome = run(seed, None);
                    if outcome.broken.is_some() {
                        stories.lock().unwrap().push(outcome);
                        continue;
                    }
                    let mut sum = sum.lock().unwrap();
                    sum.steps += outcome.steps;
                    sum.faults += outcome.faults;
                    sum.kills += outcome.kills;
                    sum.jumps += outcome.jumps;
                    sum.commits += outcome.commits;
                    sum.fences += outcome.fences;
                    sum.acknowledged += outcome.acknowledged;
                }
            });
        }
    });
    let seconds = since.elapsed().as_secs_f64();
    let Outcome { steps, faults, kills, jumps, commits, fences, acknowledged, .. } =
        sum.into_inner().unwrap();
    let mut stories = stories.into_inner().unwrap();
    stories.sort_by_key(|outcome: &Outcome| outcome.log.len());
    for outcome in &stories {
        println!("seed {}: {}", outcome.seed, outcome.broken.as_deref().unwrap_or_default());
    }
    assert!(
        stories.is_empty(),
        "{} of {count} seeds broke a law; the shortest run: {}",
        stories.len(),
        story(&stories[0])
    );
    let figures = serde_json::json!({
        "seeds": count, "steps": steps, "faults": faults, "kills": kills, "jumps": jumps,
        "commits": commits, "acknowledged": acknowledged, "fences": fences,
        "seconds": (seconds * 10.0).round() / 10.0,
        "seeds_per_second": (f64::from(u32::try_from(count).unwrap()) / seconds).round(),
    });
    println!("simulation: {figures}");
    write_figures("simulation.json", &figures);
}

/// Leaves figures where whoever tells of them finds them.
pub(crate) fn write_figures(name: &str, figures: &serde_json::Value) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../reliability");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), format!("{figures}\n")).unwrap();
}

#[test]
fn a_seed_is_the_same_run_every_time() {
    for seed in 1..=20 {
        assert_eq!(run(seed, None).log, run(seed, None).log, "seed {seed}");
    }
    assert_ne!(run(1, None).log, run(2, None).log);
}

/// The first seed that finds a bug.
fn found(plant: Plant) -> Option<(u64, String)> {
    (1..=400).find_map(|seed| run(seed, Some(plant)).broken.map(|why| (seed, why)))
}

#[test]
fn every_planted_bug_is_found() {
    let mut missed = Vec::new();
    for plant in [
        Plant::StoreIgnoresMatch,
        Plant::StoreIgnoresAbsent,
        Plant::Lens(Lens::UnknownIsRefused),
        Plant::Lens(Lens::UnknownIsDone),
        Plant::Lens(Lens::HeadUnconditional),
        Plant::Lens(Lens::ViewsUnconditional),
        Plant::Lens(Lens::NoDocuments),
        Plant::OldSnapshot,
        Plant::NotUploaded,
        Plant::CachedHead,
        Plant::Lens(Lens::NoJournal),
        Plant::NotDoomed,
        Plant::DoomedByWord,
        Plant::NoFence,
        Plant::NotMarked,
    ] {
        match found(plant) {
            Some((seed, why)) => println!("{plant:?}: seed {seed}: {why}"),
            None => missed.push(plant),
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}

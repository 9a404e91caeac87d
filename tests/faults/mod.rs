//! Every single fault at every step: each request of each scenario fails once in each way.

mod cell;
mod fault;
mod scenarios;
mod site;
mod store;

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use self::{cell::Came, fault::Fault, scenarios::Scenario};
use crate::simulation::write_figures;

const THREADS: usize = 2;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// Which requests of a run fail in turn: all; of the many equal parts of one upload the first, one
/// in the middle and the last.
fn places(asked: &[String]) -> Vec<usize> {
    let parts: Vec<usize> = (0..asked.len()).filter(|n| asked[*n].starts_with("PART")).collect();
    let some = [0, parts.len() / 2, parts.len().saturating_sub(1)];
    (0..asked.len())
        .filter(|n| {
            !asked[*n].starts_with("PART") || some.iter().any(|at| parts.get(*at) == Some(n))
        })
        .collect()
}

#[test]
fn every_single_fault_at_every_step() {
    let since = Instant::now();
    let ready: Vec<_> = Scenario::ALL
        .into_iter()
        .map(|scenario| {
            runtime().block_on(async {
                let site = scenario.prepare().await;
                let (asked, ending) = cell::clean(scenario, &site.copy()).await;
                (scenario, site, asked, ending)
            })
        })
        .collect();
    let cells: Vec<(usize, usize, Fault)> = ready
        .iter()
        .enumerate()
        .flat_map(|(n, (_, _, asked, _))| places(asked).into_iter().map(move |at| (n, at)))
        .flat_map(|(n, at)| Fault::ALL.into_iter().map(move |fault| (n, at, fault)))
        .collect();
    let operations = cells.len() / Fault::ALL.len();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let sum = Mutex::new((0_u64, 0_u64));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((n, at, fault)) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (scenario, site, asked, ending) = &ready[*n];
                    let came = runtime().block_on(cell::cell(*scenario, site, *at, *fault, ending));
                    match came {
                        Ok(Came { failed, unknown }) => {
                            let swap =
                                asked.iter().position(|line| line == "PUT head.json if-match");
                            if unknown && swap.is_none_or(|swap| *at < swap) {
                                wrong.lock().unwrap().push(format!(
                                    "{scenario:?}, {fault:?} at request {at}: unknown, and HEAD was not swapped"
                                ));
                            }
                            let mut sum = sum.lock().unwrap();
                            sum.0 += u64::from(failed);
                            sum.1 += u64::from(unknown);
                        }
                        Err(why) => wrong.lock().unwrap().push(format!(
                            "{scenario:?}, {fault:?} at request {at} ({}): {why}",
                            asked[*at]
                        )),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let (failed, unknown) = sum.into_inner().unwrap();
    let seconds = since.elapsed().as_secs_f64();
    assert!(
        wrong.is_empty(),
        "{} of {} cells are wrong, the first of them:\n{}",
        wrong.len(),
        cells.len(),
        wrong[..wrong.len().min(12)].join("\n")
    );
    let figures = serde_json::json!({
        "scenarios": Scenario::ALL.len(), "operations": operations, "faults": Fault::ALL.len(),
        "cells": cells.len(), "runs_that_failed": failed, "outcomes_unknown": unknown,
        "seconds": (seconds * 10.0).round() / 10.0,
    });
    println!("faults: {figures}");
    write_figures("faults.json", &figures);
}

//! Every step × folder and bucket × first, second and last passing.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use super::{
    project::{Scenario, Template, upstream},
    run::{Reference, judge, start, steps},
};
use crate::support::{
    place::Kind,
    reliability::{asked, record},
};

/// Runs at the same time.
const AT_ONCE: usize = 3;

/// A step and its passing, in one of the templates.
struct Run {
    template: usize,
    step: String,
    nth: u64,
}

#[test]
fn killed_at_every_step_nothing_is_lost() {
    let since = Instant::now();
    let upstream = upstream();
    let mut templates = Vec::new();
    for kind in [Kind::Fs, Kind::S3] {
        for scenario in Scenario::STEPS {
            templates.push(Template::new(scenario, kind, &upstream));
        }
    }
    let passed: Vec<BTreeMap<String, u64>> = templates.iter().map(steps).collect();
    let reached: BTreeSet<&str> =
        passed.iter().flat_map(|p| p.keys().map(String::as_str)).collect();
    let named = named_in_the_source();
    let named: BTreeSet<&str> = named.iter().map(String::as_str).collect();
    assert_eq!(reached, named, "steps that no scenario passes, or that stand nowhere");
    assert!(named.len() >= 40, "{} steps", named.len());

    let runs = chosen(&templates, &passed);
    let references: Vec<Reference> = templates.iter().map(Reference::of).collect();
    let (next, wrong, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(run) = runs.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let (template, reference) =
                        (&templates[run.template], &references[run.template]);
                    match one(template, reference, run) {
                        Ok(true) => {}
                        Ok(false) => {
                            missed.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(why) => wrong.lock().unwrap().push(format!(
                            "{}:{} ({:?}, {:?}): {why}",
                            run.step, run.nth, template.scenario, template.kind
                        )),
                    }
                }
            });
        }
    });
    let (wrong, missed) = (wrong.into_inner().unwrap(), missed.into_inner());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), runs.len(), wrong.join("\n\n"));
    let killed = runs.len() - missed;
    if std::env::var("DEPSTATE_STEP").is_ok() {
        return;
    }
    assert!(killed >= 100, "{killed} kills");
    record(
        "kills",
        &serde_json::json!({
            "points": named.len(), "runs": killed, "seconds": since.elapsed().as_secs_f64(),
        }),
    );
}

/// Kills one run and judges it. False: this time the step was not passed so often, which transfers
/// that run side by side may bring about.
fn one(template: &Template, reference: &Reference, run: &Run) -> Result<bool, String> {
    let (sandbox, place) = template.copy();
    let mut running = start(template, &sandbox, &place, &format!("{}:{}", run.step, run.nth));
    let there = running.reaches(&run.step);
    running.kill();
    if !there && run.nth == 1 {
        return Err("the step was not passed".to_owned());
    }
    judge(template, &sandbox, &place, reference)?;
    Ok(there)
}

/// Which runs there are. The first apply (in a folder) and the next one take every step; of the
/// others those steps are taken that these do not pass, or that matter there as well.
fn chosen(templates: &[Template], passed: &[BTreeMap<String, u64>]) -> Vec<Run> {
    let everything = asked("DEPSTATE_KILLS", 0) > 0;
    let usual =
        |template: &Template| [Scenario::First, Scenario::Change].contains(&template.scenario);
    // To look at one step again: `DEPSTATE_STEP=journal/before-done`.
    let only = std::env::var("DEPSTATE_STEP").unwrap_or_default();
    let mut runs = Vec::new();
    for (template, (of, passed_here)) in templates.iter().zip(passed).enumerate() {
        for (step, &count) in passed_here {
            let passed_usually = templates.iter().zip(passed).any(|(other, passed)| {
                usual(other)
                    && other.kind == of.kind
                    && other.scenario != of.scenario
                    && passed.contains_key(step)
            });
            let writes = of.scenario == Scenario::Plan
                && of.kind == Kind::Fs
                && ["file/", "output/"].iter().any(|room| step.starts_with(room));
            let rooms = ["collect/", "fence/", "commit/", "generation/", "journal/"];
            let collects =
                of.scenario.collects() && rooms.iter().any(|room| step.starts_with(room));
            let turns = if everything || (of.scenario, of.kind) == (Scenario::Change, Kind::Fs) {
                BTreeSet::from([1, 2.min(count), count])
            } else if of.scenario == Scenario::Change || (collects && of.kind == Kind::Fs) {
                BTreeSet::from([1, count])
            } else if (of.scenario, of.kind) == (Scenario::First, Kind::Fs)
                || writes
                || collects
                || !passed_usually
            {
                BTreeSet::from([1])
            } else {
                BTreeSet::new()
            };
            if !step.starts_with(&only) {
                continue;
            }
            runs.extend(turns.into_iter().map(|nth| Run { template, step: step.clone(), nth }));
        }
    }
    runs
}

/// The steps that stand in the source.
fn named_in_the_source() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for found in text.split("failpoint::hit(\"").skip(1) {
                names.insert(found.split('"').next().unwrap().to_owned());
            }
        }
    }
    names
}

#[test]
fn a_step_has_one_place_and_a_name_of_its_room() {
    for name in named_in_the_source() {
        let (room, step) = name.split_once('/').unwrap();
        for part in [room, step] {
            let plain = part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            assert!(plain && !part.is_empty(), "`{name}`");
        }
    }
}

#[test]
fn no_released_program_has_steps() {
    let cargo = |edges: &str| {
        let ran = std::process::Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--locked", "--edges", edges, "--invert", "depstate"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    let released = cargo("features,no-dev");
    assert!(!released.contains("failpoints"), "{released}");
    // The look itself works: the tests have them.
    let tested = cargo("features");
    assert!(tested.contains("failpoints"), "{tested}");
}

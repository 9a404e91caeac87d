//! One run: to a step, killed there, judged, done again.

use std::collections::BTreeMap;

use depstate::{lock, model::Sha256, state};

use super::project::{Scenario, Template};
use crate::support::{
    child::Running,
    place::Place,
    published::{Published, published},
    sandbox::Sandbox,
};

/// What an undisturbed run leaves behind.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) published: Published,
    pub(super) lock: String,
}

impl Reference {
    pub(super) fn of(template: &Template) -> Self {
        let (sandbox, place) = template.copy();
        sandbox.write("deps.toml", template.wanted());
        let _applied = sandbox.run(["apply", "--yes"]).exits(0);
        let published = published(&place.objects()).unwrap().unwrap();
        Self { published, lock: sandbox.read("deps.lock") }
    }
}

/// Starts the program with these steps, and does what has to happen before it gets there.
pub(super) fn start(template: &Template, sandbox: &Sandbox, place: &Place, steps: &str) -> Running {
    let command = sandbox.command(template.scenario.command().iter().copied());
    if template.scenario != Scenario::Race {
        return Running::start(command, steps);
    }
    let go = sandbox.path("go");
    let mut running = Running::start(command, &format!("apply/uploaded>{},{steps}", go.display()));
    assert!(running.reaches("apply/uploaded"));
    let rival = template.checkout(place);
    let _faster = rival.run(["apply", "--yes", "extra"]).exits(0);
    sandbox.write("go", "");
    running
}

/// Passes all steps, and says how often each was passed.
pub(super) fn steps(template: &Template) -> BTreeMap<String, u64> {
    let (sandbox, place) = template.copy();
    let (_status, said) = start(template, &sandbox, &place, "?").end();
    let mut passed = BTreeMap::new();
    for line in said {
        if let Some(step) = line.strip_prefix("FAILPOINT ") {
            *passed.entry(step.to_owned()).or_default() += 1;
        }
    }
    passed
}

/// Judges what a killed program has left, then does it again and judges the end.
pub(super) fn judge(
    template: &Template,
    sandbox: &Sandbox,
    place: &Place,
    reference: &Reference,
) -> Result<(), String> {
    readable(sandbox, place, template, reference)?;
    sandbox.write("deps.toml", template.wanted());
    if template.scenario.collects() {
        collected(sandbox)?;
    }
    let again = sandbox.run(["apply", "--yes"]);
    if again.status != 0 {
        return Err(format!("done again: {}", again.all()));
    }
    let settled = sandbox.run(["plan", "--detailed-exitcode"]);
    if settled.status != 0 {
        return Err(format!("planned after it was done again: {}", settled.all()));
    }
    let found = published(&place.objects())?.ok_or("no HEAD")?;
    if found.live != reference.published.live {
        return Err(format!("published are {:?}", found.live));
    }
    if sandbox.read("deps.lock") != reference.lock {
        return Err(format!("deps.lock is another:\n{}", sandbox.read("deps.lock")));
    }
    let left: Vec<String> =
        sandbox.files("").into_iter().filter(|f| f.contains(".depstate-")).collect();
    if !left.is_empty() {
        return Err(format!("left in the project: {left:?}"));
    }
    Ok(())
}

/// Collects to the end: then nothing is left to be collected.
fn collected(sandbox: &Sandbox) -> Result<(), String> {
    for arguments in [&["gc", "--yes", "--older-than=0s"][..], &["gc", "--older-than=0s"]] {
        let ran = sandbox.run(arguments.iter().copied());
        let dry = arguments.len() == 2;
        if ran.status != 0 || (dry && !ran.stdout.contains("Nothing to collect")) {
            return Err(format!("{arguments:?}: {}", ran.all()));
        }
    }
    Ok(())
}

/// What must hold at the moment of death.
fn readable(
    sandbox: &Sandbox,
    place: &Place,
    template: &Template,
    reference: &Reference,
) -> Result<(), String> {
    let found = published(&place.objects())?;
    let live = found.as_ref().map_or(0, |found| found.live.len());
    match sandbox.exists("deps.lock").then(|| sandbox.read("deps.lock")) {
        None if template.lock().is_none() => {}
        Some(text) if Some(text.as_str()) == template.lock() || text == reference.lock => {
            lock::read(text.as_bytes()).map_err(|error| format!("deps.lock: {error}"))?;
        }
        other => return Err(format!("deps.lock is neither the old nor the new: {other:?}")),
    }
    for file in ["saved.json", "report.json"] {
        if sandbox.exists(file) {
            serde_json::from_str::<serde_json::Value>(&sandbox.read(file))
                .map_err(|error| format!("{file}: {error}"))?;
        }
    }
    // The program's own reading agrees.
    let storage = place.reader();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let read = runtime.block_on(state::read(&*storage, &NoCache));
    let read = read.map_err(|error| format!("a reader fails: {error}"))?;
    let count = read.map_or(0, |snapshot| snapshot.live.len());
    (count == live).then_some(()).ok_or(format!("a reader sees {count} of {live} records"))
}

struct NoCache;

#[async_trait::async_trait]
impl state::DocumentCache for NoCache {
    async fn get(&self, _: &Sha256) -> Option<bytes::Bytes> {
        None
    }
    async fn put(&self, _: &Sha256, _: &bytes::Bytes) {}
}

//! One cell: a scenario, one request of it, one way to fail. Run, look whether the report told the
//! truth, run again to the end, and compare with a run in which nothing failed.

use std::collections::{BTreeMap, BTreeSet};

use depstate::{
    lock,
    model::{Action, Report},
    ops::OpsError,
};

use super::{
    fault::Fault,
    scenarios::Scenario,
    site::{Deed, Site},
    store::Inner,
};
use crate::support::model::check_views;

/// How it ends when nothing fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    lock: String,
    inputs: BTreeMap<String, String>,
    /// After a collector: how much is left over.
    left: usize,
}

/// What a cell came to.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Came {
    /// The run failed, in whole or in part.
    pub(crate) failed: bool,
    pub(crate) unknown: bool,
}

/// Runs a scenario without faults. Returns its requests and its end.
pub(crate) async fn clean(scenario: Scenario, site: &Site) -> (Vec<String>, Ending) {
    site.store.arm(None);
    scenario.arm(site).await;
    let report = site.run().await;
    let asked = site.store.inner().asked.clone();
    let report = report.unwrap();
    assert!(report.failed.is_empty() && report.held.is_empty(), "{scenario:?}: {report:?}");
    again(site, true).await.unwrap();
    let ending = end(site).unwrap();
    (asked, ending)
}

/// Runs one cell.
pub(crate) async fn cell(
    scenario: Scenario,
    ready: &Site,
    nth: usize,
    fault: Fault,
    ending: &Ending,
) -> Result<Came, String> {
    let site = ready.copy();
    let before = site.store.inner().clone();
    site.store.arm(Some((nth, fault)));
    scenario.arm(&site).await;
    let ran = site.run().await;
    site.store.arm(None);
    site.store.meddle(Vec::new());
    let after = site.store.inner().clone();
    let came = truth(&before, &after, &ran).map_err(|why| format!("{why}\n{ran:?}"))?;
    site.store.settle();
    unbroken(&site)?;
    again(&site, !came.failed).await.map_err(|why| format!("{why}, after {ran:?}"))?;
    let found = end(&site)?;
    if found != *ending {
        return Err(format!("it ends with {found:?}, not {ending:?}, after {ran:?}"));
    }
    Ok(came)
}

/// Runs it again, to the end. `done`: the first run said that all is done.
async fn again(site: &Site, done: bool) -> Result<(), String> {
    let clean = |report: &Report| report.failed.is_empty() && report.held.is_empty();
    if site.deed != Deed::Apply {
        // A collector needs several runs: what it deletes last was needed to decide the rest.
        for _ in 0..3 {
            match site.run().await {
                Ok(report) if clean(&report) => {}
                other => return Err(format!("a further run came to {other:?}")),
            }
        }
        return Ok(());
    }
    match site.plan_and_apply().await {
        Ok((true, _)) if done => Err("all was said to be done, and a plan has changes".to_owned()),
        Ok((true, report)) if clean(&report) => settled(site).await,
        Ok((false, report)) if clean(&report) => Ok(()),
        other => Err(format!("the second run came to {other:?}")),
    }
}

fn unbroken(site: &Site) -> Result<(), String> {
    match site.store.inner().broken.first() {
        None => Ok(()),
        Some(why) => Err(why.clone()),
    }
}

/// A plan has nothing to do.
async fn settled(site: &Site) -> Result<(), String> {
    let project = site.open().await.map_err(|error| format!("{error:?}"))?;
    let planned = site.plan(&project).await.map_err(|error| format!("{error:?}"))?;
    if planned.plan.has_changes() {
        return Err(format!("a further plan has changes: {:?}", planned.plan.steps));
    }
    Ok(())
}

/// What is there at the end, once it is right.
fn end(site: &Site) -> Result<Ending, String> {
    unbroken(site)?;
    let inner = site.store.inner();
    // After a rollback the next apply makes the views, and it goes forward again.
    if !matches!(site.deed, Deed::Rollback(_)) {
        check_views(&inner.objects, &inner.chain)?;
    }
    let left = if site.deed == Deed::Collect { inner.left() } else { 0 };
    let text = site.read("deps.lock").ok_or("there is no deps.lock")?;
    let _parses = lock::read(text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(Ending { lock: text, inputs: inner.chain.state.inputs.clone(), left })
}

/// Whether a run told the truth.
fn truth(before: &Inner, after: &Inner, ran: &Result<Report, OpsError>) -> Result<Came, String> {
    if let Some(why) = after.broken.first() {
        return Err(why.clone());
    }
    let (old, new) = (&before.chain.state, &after.chain.state);
    let told: BTreeSet<String> = ran
        .iter()
        .flat_map(|report| &report.done)
        .filter(|done| done.action != Action::Adopt)
        .map(|done| done.address.to_string())
        .collect();
    let all: BTreeSet<&String> = old.live.keys().chain(new.live.keys()).collect();
    for address in all {
        let moved = old.live.get(address) != new.live.get(address);
        if moved && !told.contains(address) {
            return Err(format!("{address} changed, and the report does not say so"));
        }
    }
    let Ok(report) = ran else { return Ok(Came { failed: true, unknown: false }) };
    for done in &report.done {
        let live = new.live.contains_key(&done.address.to_string());
        if live == (done.action == Action::Retire) {
            return Err(format!(
                "{} was told of {}, and is not so",
                done.action.name(),
                done.address
            ));
        }
    }
    let serial = after.chain.last.as_ref().and_then(|head| head["serial"].as_u64());
    if !told.is_empty() && report.serial != serial {
        return Err(format!("HEAD is {serial:?}, the report says {:?}", report.serial));
    }
    let failed = !report.failed.is_empty() || !report.held.is_empty() || report.unknown.is_some();
    Ok(Came { failed, unknown: report.unknown.is_some() })
}

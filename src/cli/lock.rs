//! `depstate lock` and `depstate update`.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    args::{LockArgs, UpdateArgs},
    context::{Context, read_addresses},
    exit::{Exit, Stop},
};
use crate::{
    model::{DependencyId, Severity},
    ops::{self, Request},
    planner::{Options, Update},
    render,
    storage::StorageReader,
};

/// Decides what is missing.
pub(super) async fn run(args: &LockArgs, context: &Context) -> Result<Exit, Stop> {
    let accept = read_addresses(&args.accept)?.into_iter().collect();
    let options = Options { accept, ..context.no_options(&args.time) };
    decide(options, context).await
}

/// Decides everything anew.
pub(super) async fn update(args: &UpdateArgs, context: &Context) -> Result<Exit, Stop> {
    context.refuse_update_of_a_lock(true)?;
    let ids: Result<BTreeSet<DependencyId>, Stop> = args
        .ids
        .iter()
        .map(|id| DependencyId::new(id.as_str()).map_err(|error| Stop::Usage(error.to_string())))
        .collect();
    let ids = ids?;
    let update = if ids.is_empty() { Update::All } else { Update::Only(ids) };
    decide(Options { update, ..context.no_options(&args.time) }, context).await
}

async fn decide(mut options: Options, context: &Context) -> Result<Exit, Stop> {
    let (project, storage) = ops::open(context.setting(true)).await?;
    context.known_updates(&options, &project.manifest)?;
    // What is not locked yet can only be accepted as what an update finds.
    let new: BTreeSet<DependencyId> = options
        .accept
        .iter()
        .filter(|address| project.lock.artifact(address).is_none())
        .map(|address| address.dependency.clone())
        .collect();
    if !new.is_empty() {
        options.update = Update::Only(new);
    }
    let storage: Arc<dyn StorageReader> = storage;
    let request = Request {
        options,
        refresh: ops::Refresh::Index,
        locked: context.locked(),
        download: ops::Download::All,
    };
    let sink = context.sink();
    let before = ops::lock::versions(&project.lock);
    let decided = ops::lock::lock(&project, storage.as_ref(), &request, &sink).await?;
    drop(sink);
    let after = ops::lock::versions(&decided.lock);
    let mut lines = Vec::new();
    let mut changes = Vec::new();
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for id in ids {
        let empty = Vec::new();
        let (old, new) = (before.get(id).unwrap_or(&empty), after.get(id).unwrap_or(&empty));
        for version in new.iter().filter(|version| !old.contains(version)) {
            lines.push(format!("+ {id} {version}"));
            changes.push(serde_json::json!({"id": id, "version": version, "change": "added"}));
        }
        for version in old.iter().filter(|version| !new.contains(version)) {
            lines.push(format!("- {id} {version}"));
            changes.push(serde_json::json!({"id": id, "version": version, "change": "removed"}));
        }
    }
    let count: usize = after.values().map(Vec::len).sum();
    let size = render::count(count as u64, "version");
    let wrong = decided.plan.findings.iter().any(|f| f.severity != Severity::Warning)
        || decided.plan.blind.iter().any(|blind| blind.dependency.is_some());
    lines.push(match (decided.written, changes.is_empty()) {
        (false, _) if wrong => format!("deps.lock is as it was: {size}."),
        (false, _) => format!("deps.lock is right: {size}."),
        (true, true) => format!("deps.lock was written; the versions are the same ({size})."),
        (true, false) => format!("deps.lock was written: {size}."),
    });
    let text = lines.join("\n") + "\n";
    let mut exit = Exit::Done;
    for finding in &decided.plan.findings {
        // What the storage lacks is plan's business.
        match finding.severity {
            Severity::Error => exit = Exit::Failed,
            Severity::Refused if exit == Exit::Done => exit = Exit::Refused,
            Severity::Refused | Severity::Warning => {}
        }
        context.output.talk(&render::finding(finding, context.talk_style()));
    }
    for blind in decided.plan.blind.iter().filter(|blind| !render::told(&decided.plan, blind)) {
        if let Some(id) = &blind.dependency {
            context.output.talk(&format!("! could not check {id}: {}", blind.why));
            exit = Exit::Failed;
        }
    }
    let json = serde_json::json!({
        "format_version": "1", "written": decided.written, "changes": changes,
    });
    context.print(&json, |_| text.clone(), || text.clone())?;
    Ok(exit)
}

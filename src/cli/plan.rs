//! `depstate plan`.

use std::sync::Arc;

use super::{
    args::{PlanArgs, RefreshArg},
    context::{Context, is_plan_file},
    exit::{Exit, Stop},
};
use crate::{
    model::{Plan, Severity},
    ops::{self, Refresh, Request},
    planner::Update,
    render,
    storage::StorageReader,
    wire,
};

/// Shows what apply would do. The storage is handed on without its way to write.
pub(super) async fn run(args: &PlanArgs, context: &Context) -> Result<Exit, Stop> {
    let options = context.options(&args.filters, &args.planning)?;
    if let Some(file) = args.out.as_ref().filter(|file| !is_plan_file(&file.to_string_lossy())) {
        return Err(Stop::Usage(format!(
            "`--out {}`: a plan file's name ends in `.json`, so that `apply` knows it from a filter",
            file.display()
        )));
    }
    context.refuse_update_of_a_lock(args.planning.updates())?;
    let (project, storage) = ops::open(context.setting(false)).await?;
    context.known_updates(&options, &project.manifest)?;
    let storage: Arc<dyn StorageReader> = storage;
    let request = Request {
        options,
        refresh: match args.refresh {
            RefreshArg::Objects => Refresh::Objects,
            RefreshArg::Index => Refresh::Index,
            RefreshArg::None => Refresh::None,
        },
        locked: context.locked(),
        download: ops::Download::Nothing,
    };
    let sink = context.sink();
    let planned = ops::plan(&project, storage.as_ref(), &request, &sink).await?;
    drop(sink);
    let json = wire::plan::encode(&planned.plan, options_json(&request));
    if let Some(file) = &args.out {
        context.write_json(file, &json)?;
        context.output.talk(&format!("Saved: depstate apply {}", file.display()));
    }
    let digest = wire::plan::digest(&json).to_string();
    let changes = if context.global.verbose > 0 {
        ops::changed(&project, storage.as_ref(), &planned).await
    } else {
        render::InputChanges::new()
    };
    let (plan, location) = (&planned.plan, storage.location());
    context.print(
        &json,
        |style| render::plan_text_with(plan, &changes, &location, style),
        || render::plan_markdown_with(plan, &changes, &location, &digest),
    )?;
    Ok(exit(&planned.plan, args.detailed_exitcode))
}

/// What decides a plan beside the files: a saved plan is derived again with the same.
pub(super) fn options_json(request: &Request) -> serde_json::Value {
    let texts = |filters: &[crate::planner::Filter]| -> Vec<String> {
        filters.iter().map(|filter| filter.as_str().to_owned()).collect()
    };
    serde_json::json!({
        "as_of": request.options.as_of,
        "filters": texts(&request.options.filters),
        "exclude": texts(&request.options.exclude),
        "rebuild": texts(&request.options.rebuild),
        "update": match &request.options.update {
            Update::No => serde_json::json!(false),
            Update::All => serde_json::json!(true),
            Update::Only(ids) => serde_json::json!(ids),
        },
        "max_retire": request.options.max_retire,
        "refresh": match request.refresh {
            Refresh::Objects => "objects",
            Refresh::Index => "index",
            Refresh::None => "none",
        },
        "locked": request.locked,
    })
}

fn exit(plan: &Plan, detailed: bool) -> Exit {
    let worst: Vec<Severity> = plan
        .findings
        .iter()
        .map(|finding| finding.severity)
        .filter(|severity| *severity != Severity::Warning)
        .collect();
    if worst.contains(&Severity::Error) {
        Exit::Failed
    } else if worst.contains(&Severity::Refused) {
        Exit::Refused
    } else if detailed && plan.has_changes() {
        Exit::Changes
    } else {
        Exit::Done
    }
}

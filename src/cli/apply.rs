//! `depstate apply`.

use super::{
    args::ApplyArgs,
    ask::agreed,
    context::{Context, is_plan_file, read_filters},
    exit::{Exit, Stop},
    plan::options_json,
};
use crate::{
    model::{Code, DependencyId, Report, Severity},
    ops::{self, OpsError, Planned, Refresh, Request, apply::How},
    planner::{Options, Update},
    render, wire,
};

/// A plan older than this is not applied.
const OLDEST: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);

/// Clocks differ by less than this.
const NEWEST: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// Makes it so.
pub(super) async fn run(args: &ApplyArgs, context: &Context) -> Result<Exit, Stop> {
    context.refuse_update_of_a_lock(args.planning.updates())?;
    let saved = saved_plan(args, context)?;
    let request = match &saved {
        Some(saved) => saved_request(saved, context)?,
        None => Request {
            options: context.options(&args.what, &args.planning)?,
            refresh: Refresh::Objects,
            locked: context.locked(),
            download: ops::Download::Needed,
        },
    };
    let (project, storage) = ops::open(context.setting(true)).await?;
    if saved.is_none() {
        context.known_updates(&request.options, &project.manifest)?;
    }
    let location = storage.location();
    let sink = context.sink();
    let planned = ops::plan(&project, storage.as_ref(), &request, &sink).await?;
    drop(sink);
    if let Some(saved) = &saved {
        compare(saved, &planned, &request)?;
    }
    let changes = planned.plan.has_changes();
    if changes {
        // What is wrong is told at the end, beside what was done.
        let mut shown = planned.plan.clone();
        shown.findings.retain(|finding| finding.severity == Severity::Warning);
        context.output.talk(&render::plan_text(&shown, &location, context.talk_style()));
    }
    if changes && !args.yes && saved.is_none() && !agreed(context, "apply", "Apply this?")? {
        context.output.talk("Nothing was changed.");
        return Ok(Exit::Failed);
    }
    let interrupts = context.interrupts("ending transfers and committing what is whole");
    let sink = context.sink();
    let how = How { commit_every: args.commit_every, saved: saved.is_some() };
    let report =
        // On the heap: it holds a whole apply.
        Box::pin(ops::apply::apply(
            &project,
            storage,
            planned,
            &request,
            how,
            &sink,
            &interrupts.token,
        ))
        .await?;
    drop(sink);
    context.print(
        &json(&report),
        |style| render::report_text(&report, &location, style),
        || render::report_text(&report, &location, render::Style::new(false)),
    )?;
    let exit = Exit::of(&report, interrupts.exit());
    if let Some(code) = exit.closing_code()
        && let Some(page) = code.page()
    {
        context.output.complain(&format!("error[{code}]: {}", page.title));
    }
    Ok(exit)
}

/// Reads the plan file, if the arguments name one.
fn saved_plan(args: &ApplyArgs, context: &Context) -> Result<Option<wire::plan::SavedPlan>, Stop> {
    let [file] = args.what.as_slice() else {
        if let Some(file) = args.what.iter().find(|text| is_plan_file(text)) {
            return Err(Stop::Usage(format!(
                "`{file}` is a plan file: give it alone, its filters are in it"
            )));
        }
        return Ok(None);
    };
    if !is_plan_file(file) {
        return Ok(None);
    }
    if args.planning.updates()
        || !args.planning.exclude.is_empty()
        || !args.planning.rebuild.is_empty()
        || args.planning.time.as_of.is_some()
    {
        return Err(Stop::Usage(
            "a saved plan says what is planned: `--update`, `--exclude`, `--rebuild` and `--as-of` can't change it"
                .to_owned(),
        ));
    }
    let text = fs_err::read(context.folder().join(file))
        .map_err(|error| OpsError::said(Code::PLAN_FILE, error.to_string(), None))?;
    let saved = wire::plan::decode(&text).map_err(|error| {
        OpsError::said(
            Code::PLAN_FILE,
            format!("`{file}` is no plan: {error}"),
            Some("`depstate plan --out FILE.json` writes one"),
        )
    })?;
    Ok(Some(saved))
}

/// The dependencies that a saved plan looked for newer versions of.
fn only(ids: &[String]) -> Result<Update, Stop> {
    if ids.is_empty() {
        return Ok(Update::No);
    }
    let ids: Result<_, _> = ids.iter().map(|id| DependencyId::new(id.as_str())).collect();
    let ids = ids.map_err(|error| {
        OpsError::said(Code::PLAN_FILE, format!("the plan is not one: {error}"), None)
    })?;
    Ok(Update::Only(ids))
}

/// The request that a saved plan was made with, at the instant it was made.
fn saved_request(saved: &wire::plan::SavedPlan, context: &Context) -> Result<Request, Stop> {
    let options = &saved.options;
    let texts = |name: &str| -> Vec<String> {
        let list = options.get(name).and_then(serde_json::Value::as_array);
        list.into_iter().flatten().filter_map(|v| Some(v.as_str()?.to_owned())).collect()
    };
    let flag = |name: &str| options.get(name).and_then(serde_json::Value::as_bool) == Some(true);
    let bad = |what: &str| {
        Stop::from(OpsError::said(
            Code::PLAN_FILE,
            format!("the plan file has no `options.{what}`"),
            None,
        ))
    };
    let as_of: jiff::Timestamp =
        options.get("as_of").and_then(|v| v.as_str()?.parse().ok()).ok_or_else(|| bad("as_of"))?;
    let max_retire = options
        .get("max_retire")
        .and_then(serde_json::Value::as_u64)
        .ok_or_else(|| bad("max_retire"))?;
    let refresh = options.get("refresh").and_then(serde_json::Value::as_str);
    if refresh == Some("none") {
        return Err(OpsError::said(
            Code::PLAN_UNDECIDED,
            "the plan was made without looking at the storage (`--refresh=none`)",
            Some("plan again with access to the storage"),
        )
        .into());
    }
    if as_of.duration_since(context.now) > NEWEST {
        return Err(stale(&format!("it was made for {as_of}, which is still to come")).into());
    }
    if context.now.duration_since(as_of) > OLDEST {
        return Err(stale(&format!("it was made for {as_of}, more than seven days ago")).into());
    }
    Ok(Request {
        options: Options {
            rebuild: read_filters(&texts("rebuild"))?,
            update: if flag("update") { Update::All } else { only(&texts("update"))? },
            accept: std::collections::BTreeSet::new(),
            filters: read_filters(&texts("filters"))?,
            exclude: read_filters(&texts("exclude"))?,
            max_retire,
            as_of,
            decide: false,
        },
        refresh: if refresh == Some("index") { Refresh::Index } else { Refresh::Objects },
        locked: flag("locked"),
        download: ops::Download::Nothing,
    })
}

/// A plan is derived again, never obeyed.
fn compare(
    saved: &wire::plan::SavedPlan,
    planned: &Planned,
    request: &Request,
) -> Result<(), OpsError> {
    let again = wire::plan::encode(&planned.plan, options_json(request));
    let basis = &planned.plan.basis;
    let differs = [
        (basis.project != saved.project, "deps.toml names another project"),
        (basis.manifest_sha256 != saved.manifest_sha256, "deps.toml changed since"),
        (basis.lock_sha256 != saved.lock_sha256, "deps.lock changed since"),
        (basis.base != saved.base, "something was committed to the storage since"),
        (wire::plan::digest(&again) != saved.digest, "planning again gives other actions"),
    ];
    if let Some((_, why)) = differs.iter().find(|(differs, _)| *differs) {
        return Err(stale(why));
    }
    let undecided = planned.plan.steps.iter().find(|step| {
        step.action.moves_bytes() && step.after.as_ref().is_none_or(|after| after.input.is_none())
    });
    if let Some(step) = undecided {
        return Err(OpsError::said(
            Code::PLAN_UNDECIDED,
            format!(
                "the digest of {} is known only at apply, so the plan does not say what it is",
                step.address
            ),
            Some("run `depstate lock`, which downloads it once, and plan again"),
        ));
    }
    Ok(())
}

fn stale(why: &str) -> OpsError {
    OpsError::said(
        Code::STALE_PLAN,
        format!("the saved plan no longer holds: {why}"),
        Some("run `depstate plan --out …` again and have it approved again"),
    )
}

/// The report as JSON.
fn json(report: &Report) -> serde_json::Value {
    serde_json::json!({
        "format_version": "1",
        "serial": report.serial,
        "interrupted": report.interrupted,
        "stale": report.stale,
        "unknown": report.unknown.as_ref().map(ToString::to_string),
        "lock_written": report.lock_written,
        "unchanged": report.unchanged,
        "filtered": report.filtered,
        "done": report.done.iter().map(|done| serde_json::json!({
            "address": done.address, "action": done.action, "bytes": done.bytes,
        })).collect::<Vec<_>>(),
        "failed": report.failed.iter().map(|failure| serde_json::json!({
            "what": failure.what, "code": failure.code, "message": failure.message, "help": failure.help, "refused": failure.refused,
        })).collect::<Vec<_>>(),
        "held": report.held.iter().map(|held| serde_json::json!({
            "address": held.address, "action": held.action, "why": held.why,
        })).collect::<Vec<_>>(),
        "warnings": report.warnings,
    })
}

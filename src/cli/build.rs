//! `depstate build`.

use std::sync::Arc;

use super::{
    args::BuildArgs,
    context::{Context, read_filters},
    exit::{Exit, Stop},
};
use crate::{
    model::Failure,
    ops::{
        self,
        build::{Asked, BuildReport},
    },
    planner::Options,
    render,
    storage::StorageReader,
};

/// Builds, and says where the output is.
pub(super) async fn run(args: &BuildArgs, context: &Context) -> Result<Exit, Stop> {
    let asked = Asked {
        options: Options {
            filters: read_filters(&args.what)?,
            rebuild: read_filters(&args.rebuild)?,
            ..context.no_options(&args.time)
        },
        locked: context.locked(),
    };
    let (project, storage) = ops::open(context.setting(false)).await?;
    let storage: Arc<dyn StorageReader> = storage;
    let interrupts = context.interrupts("ending the build");
    let sink = context.sink_with_logs();
    let report =
        // On the heap: it holds a whole build.
        Box::pin(ops::build::build(&project, storage, &asked, &sink, &interrupts.token)).await?;
    drop(sink);
    let paths = || report.built.iter().map(|built| format!("{}\n", built.path.display()));
    context.print(&json(&report), |_| paths().collect(), || paths().collect())?;
    Ok(end(context, &report.failed, report.interrupted, interrupts.exit()))
}

/// Tells what failed, and how the command ends.
pub(super) fn end(
    context: &Context,
    failed: &[Failure],
    interrupted: bool,
    interrupted_by: Exit,
) -> Exit {
    let style = context.talk_style();
    for failure in failed {
        context.output.complain(render::failure_text(failure, style).trim_end());
    }
    if interrupted {
        interrupted_by
    } else if failed.is_empty() {
        Exit::Done
    } else if failed.iter().all(|failure| failure.refused) {
        Exit::Refused
    } else {
        Exit::Failed
    }
}

pub(super) fn failures(failed: &[Failure]) -> Vec<serde_json::Value> {
    let one = |failure: &Failure| {
        serde_json::json!({
            "what": failure.what, "code": failure.code, "message": failure.message,
            "help": failure.help, "refused": failure.refused,
        })
    };
    failed.iter().map(one).collect()
}

fn json(report: &BuildReport) -> serde_json::Value {
    serde_json::json!({
        "format_version": "1",
        "interrupted": report.interrupted,
        "built": report.built.iter().map(|built| serde_json::json!({
            "address": built.address,
            "path": built.path.display().to_string(),
            "size": built.size,
            "sha256": built.sha256,
            "input": built.input,
            "from": built.from,
            "build": built.build,
            "licenses": built.licenses,
            "log": built.log,
        })).collect::<Vec<_>>(),
        "failed": failures(&report.failed),
    })
}

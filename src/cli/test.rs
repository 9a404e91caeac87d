//! `depstate test`.

use std::{fmt::Write as _, sync::Arc};

use super::{
    args::TestArgs,
    build::{end, failures},
    context::{Context, read_filters},
    exit::{Exit, Stop},
};
use crate::{
    ops::{self, build::Asked, test::TestReport},
    planner::Options,
    storage::StorageReader,
};

/// Tries files, and says which hold what is asked of them.
pub(super) async fn run(args: &TestArgs, context: &Context) -> Result<Exit, Stop> {
    let asked = Asked {
        options: Options { filters: read_filters(&args.what)?, ..context.no_options(&args.time) },
        locked: context.locked(),
    };
    let (project, storage) = ops::open(context.setting(false)).await?;
    let storage: Arc<dyn StorageReader> = storage;
    let interrupts = context.interrupts("ending the test");
    let sink = context.sink_with_logs();
    let report =
        // On the heap: it may hold a whole build.
        Box::pin(ops::test::test(&project, storage, &asked, &sink, &interrupts.token)).await?;
    drop(sink);
    context.print(&json(&report), |_| text(&report), || text(&report))?;
    Ok(end(context, &report.failed, report.interrupted, interrupts.exit()))
}

fn text(report: &TestReport) -> String {
    let mut text = String::new();
    for tested in &report.tested {
        let what = if tested.published { "published" } else { "not published" };
        // Writing to a String can't fail.
        let _infallible = writeln!(text, "ok {} ({what})", tested.address);
    }
    text
}

fn json(report: &TestReport) -> serde_json::Value {
    serde_json::json!({
        "format_version": "1",
        "interrupted": report.interrupted,
        "tested": report.tested.iter().map(|tested| serde_json::json!({
            "address": tested.address,
            "sha256": tested.sha256,
            "published": tested.published,
            "test": tested.test,
            "log": tested.log,
        })).collect::<Vec<_>>(),
        "failed": failures(&report.failed),
    })
}

//! `depstate outdated`.

use std::collections::BTreeSet;

use super::{
    args::OutdatedArgs,
    context::Context,
    exit::{Exit, Stop},
    freshness,
};
use crate::{model::DependencyId, ops, render};

/// Says which lines are behind what their sources list. Decides nothing.
pub(super) async fn run(args: &OutdatedArgs, context: &Context) -> Result<Exit, Stop> {
    let (project, storage) = ops::open(context.setting(false)).await?;
    let named = context.dependencies(&args.ids, &project.manifest)?;
    let ids: BTreeSet<DependencyId> = if named.is_empty() {
        project.manifest.dependencies.keys().cloned().collect()
    } else {
        named
    };
    let sink = context.sink();
    let looked = ops::look(&project, storage.as_ref(), &ids, &sink).await?;
    drop(sink);
    let options = context.no_options(&args.time);
    let fresh = freshness::of(&project, &looked, &ids, &options);
    let rows: Vec<(String, String)> = fresh
        .lines
        .iter()
        .filter(|line| line.behind > 0 || line.decided.is_none())
        .map(|line| {
            (format!("{} {}", line.id, line.line), freshness::sentence(line, options.as_of))
        })
        .chain(fresh.beyond.iter().map(|(id, version)| {
            (id.to_string(), format!("`{version}` is out, and no line takes it"))
        }))
        .collect();
    let behind = fresh.lines.iter().filter(|line| line.behind > 0).count() as u64;
    let total = fresh.lines.len() as u64;
    let sentence = match behind {
        0 if !looked.blind.is_empty() => {
            let unseen = render::count(looked.blind.len() as u64, "source");
            format!("Nothing is behind of what could be seen: {unseen} could not be read.")
        }
        0 => format!("Up to date: {}.", render::count(total, "line")),
        n => format!(
            "{n} of {} behind. `depstate update` takes what is new.",
            render::count(total, "line")
        ),
    };
    let text = format!("{}{sentence}\n", render::release_lines(&rows));
    let json = serde_json::json!({
        "format_version": "1",
        "lines": fresh.lines.iter().map(freshness::json).collect::<Vec<_>>(),
        "beyond": fresh.beyond.iter()
            .map(|(id, version)| serde_json::json!({"id": id, "version": version}))
            .collect::<Vec<_>>(),
        "blind": looked.blind,
    });
    freshness::tell(&looked, context);
    context.print(&json, |_| text.clone(), || format!("```text\n{text}```\n"))?;
    Ok(match (looked.blind.is_empty(), args.detailed_exitcode && behind > 0) {
        (false, _) => Exit::Failed,
        (true, true) => Exit::Changes,
        (true, false) => Exit::Done,
    })
}

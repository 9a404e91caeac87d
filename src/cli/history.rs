//! `depstate history`.

use super::{
    args::HistoryArgs,
    context::Context,
    exit::{Exit, Stop},
};
use crate::{
    ops::{
        self,
        history::{Ending, Told},
    },
    render,
};

/// Tells what was committed, newest first.
pub(super) async fn run(args: &HistoryArgs, context: &Context) -> Result<Exit, Stop> {
    let (project, storage) = ops::open(context.setting(false)).await?;
    let told = ops::history::history(&project, storage.as_ref(), args.number as usize).await?;
    let location = storage.location();
    let text = |style| human(&told, &location, style);
    context.print(&json(&told, &location), text, || {
        format!("```text\n{}```\n", text(render::Style::new(false)))
    })?;
    Ok(Exit::Done)
}

fn human(told: &Told, location: &str, style: render::Style) -> String {
    let generations = told.past.iter().map(|past| &past.generation);
    let mut text = render::history_text(generations, style);
    let closing = match (&told.head, &told.end) {
        (None, _) => format!("{location}: nothing published yet."),
        (Some(head), Ending::Whole) if told.past.is_empty() => {
            format!("{location} is at serial {}; nothing was committed yet.", head.serial)
        }
        (Some(head), Ending::Whole) => format!("{location} is at serial {}.", head.serial),
        (Some(head), Ending::More) => format!(
            "{location} is at serial {}; there are older ones (`-n {}`).",
            head.serial,
            told.past.len().saturating_mul(5)
        ),
        (Some(head), Ending::Collected(at)) => format!(
            "{location} is at serial {}; what was before is not kept any more (`{}` is gone).",
            head.serial, at.key
        ),
        (Some(head), Ending::Lost(at)) => format!(
            "{location} is at serial {}; what was before can't be reached: `{}` is gone, and it is \
             younger than `retention.history` (`depstate doctor`).",
            head.serial, at.key
        ),
    };
    text.push_str(&closing);
    text.push('\n');
    text
}

fn json(told: &Told, location: &str) -> serde_json::Value {
    let past: Vec<serde_json::Value> = told
        .past
        .iter()
        .map(|past| {
            let generation = &past.generation;
            serde_json::json!({
                "serial": generation.serial,
                "at": generation.at,
                "by": generation.by,
                "tx": generation.tx,
                "summary": generation.summary,
                "generation": past.at.key,
                "sha256": past.at.sha256,
                "fences": past.fences(),
            })
        })
        .collect();
    serde_json::json!({
        "format_version": "1",
        "location": location,
        "lineage": told.head.as_ref().map(|head| &head.lineage),
        "serial": told.head.as_ref().map(|head| head.serial),
        "history": past,
        "end": match &told.end {
            Ending::Whole => "beginning",
            Ending::More => "more",
            Ending::Collected(_) | Ending::Lost(_) => "not-kept",
        },
    })
}

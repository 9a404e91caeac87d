//! `depstate rollback`.

use super::{
    args::RollbackArgs,
    ask::agreed,
    context::Context,
    exit::{Exit, Stop},
};
use crate::{
    model::{Code, Summary, Tx},
    ops::{
        self,
        rollback::{Ended, Prepared},
    },
    render::{self, Style},
};

/// Makes what is published what it was at an older serial, by a new commit.
pub(super) async fn run(args: &RollbackArgs, context: &Context) -> Result<Exit, Stop> {
    let (project, storage) = ops::open(context.setting(true)).await?;
    let location = storage.location();
    let prepared =
        ops::rollback::prepare(&project, storage.as_ref(), args.serial, args.max_retire).await?;
    if prepared.back.steps.is_empty() {
        let text = format!(
            "No changes. {location}, serial {}, has what serial {} had: {}.\n",
            prepared.base.head.serial,
            args.serial,
            render::count(prepared.back.unchanged, "artifact")
        );
        let json = json(&prepared, Some(prepared.base.head.serial), false, None);
        context.print(&json, |_| text.clone(), || text.clone())?;
        return Ok(Exit::Done);
    }
    let style = context.talk_style();
    let shown = format!(
        "{}\n{}",
        render::steps_text(&prepared.back.steps, style),
        render::summary_sentence("Rollback:", &summary(&prepared), true, style)
    );
    context.output.talk(&shown);
    if !args.yes && !agreed(context, "rollback", "Go back to this?")? {
        context.output.talk("Nothing was changed.");
        return Ok(Exit::Failed);
    }
    let sink = context.sink();
    let told = prepared.clone();
    let ended =
        // On the heap: it holds a whole commit.
        Box::pin(ops::rollback::carry_out(
            &project,
            storage,
            prepared,
            args.max_retire,
            !args.yes,
            &sink,
        ))
        .await?;
    drop(sink);
    match ended {
        Ended::Committed(head) => {
            let json = json(&told, Some(head.serial), true, None);
            let text = |style| human(&told, &location, head.serial, style);
            context.print(&json, text, || text(Style::new(false)))?;
            Ok(Exit::Done)
        }
        Ended::Unknown(tx) => {
            let text = format!(
                "Whether the commit landed is not known. Ask `depstate status --tx {tx}`, or run \
                 rollback again: that is safe.\n"
            );
            context.print(
                &json(&told, None, false, Some(&tx)),
                |_| text.clone(),
                || text.clone(),
            )?;
            if let Some(page) = Code::COMMIT_UNKNOWN.page() {
                context.output.complain(&format!("error[{}]: {}", page.code, page.title));
            }
            Ok(Exit::Unknown)
        }
    }
}

fn summary(prepared: &Prepared) -> Summary {
    let mut summary = Summary { unchanged: prepared.back.unchanged, ..Summary::default() };
    for step in &prepared.back.steps {
        *summary.actions.entry(step.action).or_default() += 1;
    }
    summary
}

fn human(prepared: &Prepared, location: &str, serial: u64, style: Style) -> String {
    let sentence = render::summary_sentence("Rolled back:", &summary(prepared), false, style);
    let was = match &prepared.past {
        None => "before anything was published".to_owned(),
        Some(past) => {
            let generation = &past.generation;
            let by = generation.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            format!(
                "committed {}{by} in transaction {}",
                render::when(generation.at),
                generation.tx
            )
        }
    };
    let then = prepared.then.head.serial;
    render::plain(&format!(
        "{sentence} {location} is at serial {serial}, with what serial {then} had ({was}).\n\
         deps.toml and deps.lock still say otherwise: the next apply goes forward again, unless \
         both are put back\nto what they were when serial {then} was committed.\n"
    ))
}

fn json(
    prepared: &Prepared,
    serial: Option<u64>,
    committed: bool,
    unknown: Option<&Tx>,
) -> serde_json::Value {
    let generation = prepared.past.as_ref().map(|past| &past.generation);
    serde_json::json!({
        "format_version": "1",
        "serial": serial,
        "committed": committed,
        "unknown": unknown,
        "to": {
            "serial": prepared.then.head.serial,
            "at": generation.map(|generation| generation.at),
            "by": generation.and_then(|generation| generation.by.as_ref()),
            "tx": generation.map(|generation| &generation.tx),
        },
        "unchanged": prepared.back.unchanged,
        "actions": prepared.back.steps.iter().map(|step| serde_json::json!({
            "address": step.address,
            "action": step.action,
            "reason": step.reason.code(),
            "key": prepared.back.set.get(&step.address).or(step.record.as_ref()).map(|record| &record.key),
        })).collect::<Vec<_>>(),
    })
}

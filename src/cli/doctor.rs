//! `depstate doctor`.

use super::{
    args::DoctorArgs,
    ask::agreed,
    context::Context,
    exit::{Exit, Stop},
};
use crate::{
    model::Code,
    ops::{
        self,
        doctor::{Candidate, Check, Examined, Prepared, Standing},
    },
    render::{self, Style},
};

/// Looks at everything and says what to do.
pub(super) async fn run(args: &DoctorArgs, context: &Context) -> Result<Exit, Stop> {
    if let Some(which) = &args.restore_head {
        return restore(which, args.yes, context).await;
    }
    let found = ops::doctor::examine(context.setting(false), args.probe).await;
    let text = |style| human(&found, style);
    context.print(&json(&found), text, || format!("```text\n{}```\n", text(Style::new(false))))?;
    Ok(if found.has_problems() { Exit::Failed } else { Exit::Done })
}

fn human(found: &Examined, style: Style) -> String {
    let width = found.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut line = |mark: &str, name: &str, rest: &str| {
        let row = format!("{mark:<7}  {name:<width$}  {rest}");
        text.push_str(row.trim_end());
        text.push('\n');
    };
    for Check { name, standing, text, code, help } in &found.checks {
        // Padded before it is coloured: a colour has a width of its own.
        let mark = match standing {
            Standing::Fine => style.good("ok     "),
            Standing::Note => style.bold("note   "),
            Standing::Problem => style.error("problem"),
        };
        let code = code.map_or_else(String::new, |code| format!(" [{code}]"));
        let words = render::plain(text).replace('\n', "\n             ");
        line(&mark, name, &format!("{words}{code}"));
        if let Some(help) = help {
            line("", "", &format!("help: {}", render::plain(help)));
        }
    }
    if !found.candidates.is_empty() {
        text.push_str("\nGenerations that HEAD could be restored from, newest first:\n");
        let rows: Vec<(String, String)> = found.candidates.iter().map(row).collect();
        text.push_str(&render::release_lines(&rows));
    }
    let count = |standing| found.checks.iter().filter(|it| it.standing == standing).count() as u64;
    let (problems, notes) = (count(Standing::Problem), count(Standing::Note));
    let verdict = if problems == 0 {
        style.good("No problems.")
    } else {
        style.error(&format!("{}.", render::count(problems, "problem")))
    };
    let notes =
        if notes == 0 { String::new() } else { format!(" {}.", render::count(notes, "note")) };
    text + &format!("\n{verdict}{notes}\n")
}

fn row(candidate: &Candidate) -> (String, String) {
    let at = candidate.at.map_or_else(|| "-".to_owned(), render::when);
    let by = candidate.by.as_deref().unwrap_or("-");
    let state = if !candidate.lacks.is_empty() {
        format!("not whole: {}", candidate.lacks.join("; "))
    } else if candidate.committed {
        format!("whole, {}", render::count(candidate.artifacts as u64, "artifact"))
    } else {
        format!(
            "whole, {}; whether it was ever HEAD's is not known",
            render::count(candidate.artifacts as u64, "artifact")
        )
    };
    (candidate.key.to_string(), format!("{at}   {by}   {state}"))
}

fn json(found: &Examined) -> serde_json::Value {
    serde_json::json!({
        "format_version": "1",
        "location": found.location,
        "problems": found.has_problems(),
        "head": found.head.as_ref().map(|head| serde_json::json!({
            "lineage": head.lineage, "serial": head.serial, "kind": head.kind,
            "project": head.project, "single_writer": head.single_writer, "probe": head.probe,
        })),
        "checks": found.checks.iter().map(|check| serde_json::json!({
            "name": check.name,
            "standing": match check.standing {
                Standing::Fine => "ok",
                Standing::Note => "note",
                Standing::Problem => "problem",
            },
            "text": check.text, "code": check.code, "help": check.help,
        })).collect::<Vec<_>>(),
        "generations": found.candidates.iter().map(|candidate| serde_json::json!({
            "key": candidate.key, "serial": candidate.serial, "tx": candidate.tx,
            "at": candidate.at, "by": candidate.by, "artifacts": candidate.artifacts,
            "committed": candidate.committed, "lacks": candidate.lacks,
        })).collect::<Vec<_>>(),
        "probed": found.probed,
        "restored": null,
    })
}

/// Makes an older generation HEAD again.
async fn restore(which: &str, yes: bool, context: &Context) -> Result<Exit, Stop> {
    let (project, storage) = ops::open(context.setting(true)).await?;
    let prepared = ops::doctor::prepare(&project, storage.as_ref(), which).await?;
    let location = storage.location();
    context.output.talk(&told(&prepared, &location));
    if !yes && !agreed(context, "doctor --restore-head", "Write this HEAD?")? {
        context.output.talk("Nothing was changed.");
        return Ok(Exit::Failed);
    }
    let sink = context.sink();
    let done = Box::pin(ops::doctor::carry_out(&project, &storage, &prepared, &sink)).await;
    drop(sink);
    match done {
        Err(error) if error.code() == Some(Code::COMMIT_UNKNOWN) => {
            context.complain(&Stop::Ops(error));
            return Ok(Exit::Unknown);
        }
        other => other.map_err(Stop::from)?,
    }
    let (head, key) = (&prepared.head, prepared.head.r#gen.as_ref().map(|at| &at.key));
    let json = serde_json::json!({
        "format_version": "1",
        "location": location,
        "problems": false,
        "head": { "lineage": head.lineage, "serial": head.serial, "kind": head.kind,
            "project": head.project, "single_writer": head.single_writer, "probe": head.probe },
        "checks": [],
        "generations": [],
        "probed": null,
        "restored": { "generation": key, "serial": prepared.serial, "replaces": prepared.replaces },
    });
    let text = format!(
        "{location} is at serial {}, with what serial {} had ({}).\nRun `depstate verify` and \
         `depstate plan` before the next apply.\n",
        head.serial,
        prepared.serial,
        render::count(prepared.artifacts as u64, "artifact")
    );
    context.print(&json, |_| text.clone(), || text.clone())?;
    Ok(Exit::Done)
}

fn told(prepared: &Prepared, location: &str) -> String {
    let by = prepared.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    let over = prepared.replaces.map_or_else(
        || "there is no HEAD that can be read".to_owned(),
        |serial| format!("HEAD is at serial {serial} now"),
    );
    render::plain(&format!(
        "{location}: {over}; it would be at serial {}, with what serial {} had: {}, made {}{by}.",
        prepared.head.serial,
        prepared.serial,
        render::count(prepared.artifacts as u64, "artifact"),
        render::when(prepared.at)
    ))
}

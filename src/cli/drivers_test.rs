//! `depstate drivers test NAME`.

use super::{
    args::Format,
    context::Context,
    exit::{Exit, Stop},
};
use crate::{
    external::{
        DriverKind,
        conformance::{self, Seen, Verdict},
    },
    ops::drivers,
    render,
};

/// Holds a driver to its promises: one line for each, as it comes.
pub(super) async fn run(name: &str, set: &[String], context: &Context) -> Result<Exit, Stop> {
    let setting = context.setting(false);
    let setup = drivers::ready(&setting, name, &set.join("\n"))?;
    let program = setup.program.name().to_owned();
    let mut tell = |verdict: &Verdict| {
        if context.global.format == Format::Human {
            // Whether anybody reads is found out at the end.
            let _closed = context.output.data(&format!("{}\n", line(verdict)));
        }
    };
    let verdicts = match setup.kind {
        DriverKind::Source => {
            conformance::of_source(setup, drivers::client(&setting)?, &mut tell).await
        }
        DriverKind::Storage => conformance::of_storage(setup, &mut tell).await,
    };
    let failed = verdicts.iter().filter(|verdict| verdict.is_broken()).count();
    let untried = verdicts.iter().filter(|v| matches!(v.seen, Seen::Untried(_))).count();
    let kept = verdicts.len() - failed - untried;
    let text = format!("{program}: {kept} kept, {failed} broken, {untried} not tried\n");
    let promises: Vec<_> = verdicts.iter().map(described).collect();
    let json = serde_json::json!({
        "format_version": "1", "program": program, "promises": promises, "failed": failed,
    });
    let lines = || verdicts.iter().map(|verdict| line(verdict) + "\n").collect::<String>();
    context.print(&json, |_| text.clone(), || format!("```text\n{}{text}```\n", lines()))?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}

fn line(verdict: &Verdict) -> String {
    let promise = verdict.promise;
    match &verdict.seen {
        Seen::Kept => format!("ok      {promise}"),
        Seen::Broken(why) => format!("FAILED  {promise}: {}", render::plain(why)),
        Seen::Untried(why) => format!("-       {promise}: {}", render::plain(why)),
    }
}

fn described(verdict: &Verdict) -> serde_json::Value {
    let (result, why) = match &verdict.seen {
        Seen::Kept => ("ok", None),
        Seen::Broken(why) => ("failed", Some(why)),
        Seen::Untried(why) => ("untried", Some(why)),
    };
    serde_json::json!({ "promise": verdict.promise, "result": result, "why": why })
}

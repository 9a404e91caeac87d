//! `depstate gc`.

use serde_json::{Value, json};

use super::{
    args::GcArgs,
    context::Context,
    exit::{Exit, Stop},
};
use crate::{
    model::{Code, ObjectKey},
    ops::{
        self,
        gc::{Found, Gathered, Request},
    },
    render::{self, Style},
    state::outputs::Outputs,
};

/// Shows what may be taken away, or takes it away.
pub(super) async fn run(args: &GcArgs, context: &Context) -> Result<Exit, Stop> {
    let (project, storage) = ops::open(context.setting(args.yes)).await?;
    let location = storage.location();
    let request =
        Request { carry_out: args.yes, max_delete: args.max_delete, dead_after: args.older_than };
    let gathered = Box::pin(ops::gc::gc(&project, storage, &request)).await?;
    let json = json(&gathered, &location);
    let text = |style: Style| human(&gathered, &location, style);
    context.print(&json, text, || format!("```text\n{}```\n", text(Style::new(false))))?;
    let Some(did) = &gathered.did else { return Ok(Exit::Done) };
    if let Some(tx) = &did.unknown {
        context.output.complain(&format!(
            "error[{}]: whether the commit of transaction {tx} landed is not known; run gc again",
            Code::COMMIT_UNKNOWN
        ));
        return Ok(Exit::Unknown);
    }
    for left in &did.left {
        context.output.complain(&format!(
            "error[{}]: {}",
            Code::STORAGE_FAILED,
            render::plain(left)
        ));
    }
    match (
        did.left.is_empty(),
        did.deleted + did.doomed + did.discarded + gathered.swept.unwrap_or_default() > 0,
    ) {
        (true, _) => Ok(Exit::Done),
        (false, true) => Ok(Exit::Partly),
        (false, false) => Ok(Exit::Failed),
    }
}

fn human(gathered: &Gathered, location: &str, style: Style) -> String {
    let Some(found) = &gathered.findings else {
        return format!("Nothing to collect: nothing was ever published in {location}.\n");
    };
    let mut text = String::new();
    for (what, keys, why) in groups(found, &gathered.outputs) {
        if keys.is_empty() {
            continue;
        }
        text.push_str(&style.bold(&format!("{what}: {why}")));
        text.push('\n');
        for key in keys {
            text.push_str("  - ");
            text.push_str(&render::plain(&key));
            text.push('\n');
        }
    }
    for key in &found.unreadable {
        let key = render::plain(&key.to_string());
        text.push_str(&key);
        text.push_str(
            " can't be read as a journal: what carries its transaction's name is left alone. Remove \
             it once no apply runs.\n",
        );
    }
    if found.collection.broken {
        text.push_str(
            "The chain of generations breaks off within `retention.history`: no index document and \
             no generation is collected. `depstate verify` tells more.\n",
        );
    }
    let deletes = (found.collection.deletes() + gathered.outputs.stale.len()) as u64;
    let what = format!(
        "{} of {} ({})",
        render::count(deletes, "object"),
        found.objects + gathered.outputs.objects,
        render::bytes(found.bytes + gathered.outputs.stale_bytes)
    );
    let whole = format!("{what} in {location}, serial {}", found.serial);
    let sentence = match &gathered.did {
        None if found.collection.is_empty() && gathered.outputs.is_clean() => {
            format!("Nothing to collect in {location}, serial {}.", found.serial)
        }
        None => format!(
            "Would delete {whole}. Nothing was deleted: this was a dry run, `depstate gc --yes` does it."
        ),
        Some(did) => {
            let mut parts = vec![format!(
                "Deleted {}",
                render::count(did.deleted + gathered.swept.unwrap_or_default(), "object")
            )];
            if did.discarded > 0 {
                parts.push(format!("threw away {}", render::count(did.discarded, "upload")));
            }
            match did.swept.len() {
                0 => {}
                1 => parts.push("swept 1 dead apply".to_owned()),
                many => parts.push(format!("swept {many} dead applies")),
            }
            format!("{}. {location} was at serial {}.", parts.join(", "), found.serial)
        }
    };
    text.push_str(&sentence);
    text.push('\n');
    if found.foreign > 0 {
        text.push_str(&render::count(found.foreign as u64, "object"));
        text.push_str(" that depstate did not write: left alone.\n");
    }
    text
}

/// What would go, by reason.
fn groups(found: &Found, outputs: &Outputs) -> Vec<(&'static str, Vec<String>, &'static str)> {
    let of = |keys: &std::collections::BTreeSet<ObjectKey>| {
        keys.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let collection = &found.collection;
    let swept = collection
        .sweep
        .iter()
        .flat_map(|(tx, keys)| std::iter::once(format!("transaction {tx}")).chain(of(keys)));
    vec![
        ("grace is over", of(&collection.doom), "retired, and kept long enough"),
        ("doomed", of(&collection.doomed), "an earlier run began to delete them"),
        ("dead applies", swept.collect(), "they neither committed nor moved for too long"),
        (
            "unclosed",
            collection.unclosed.iter().map(ToString::to_string).collect(),
            "transactions that committed and were killed before they could say so",
        ),
        ("left over", of(&collection.leftover), "nothing that is kept names them"),
        (
            "unfinished uploads",
            found.uploads.iter().map(ToString::to_string).collect(),
            "whoever began them has come to an end",
        ),
        (
            "old journals",
            collection.journals.iter().map(ToString::to_string).collect(),
            "older than `retention.history`",
        ),
        (
            "outputs of builds",
            of(&outputs.stale),
            "kept for other machines longer, or more, than `retention` says",
        ),
    ]
}

fn json(gathered: &Gathered, location: &str) -> Value {
    let found = gathered.findings.as_ref().map(|found| {
        let collection = &found.collection;
        json!({
            "serial": found.serial,
            "objects": found.objects,
            "foreign": found.foreign,
            "deletes": collection.deletes(),
            "bytes": found.bytes,
            "past_grace": collection.doom,
            "doomed": collection.doomed,
            "dead": collection.sweep.iter().map(|(tx, keys)| json!({ "tx": tx, "objects": keys })).collect::<Vec<_>>(),
            "leftover": collection.leftover,
            "uploads": found.uploads,
            "journals": collection.journals,
            "unclosed": collection.unclosed,
            "unreadable": found.unreadable,
            "broken": collection.broken,
        })
    });
    let did = gathered.did.as_ref().map(|did| {
        json!({
            "deleted": did.deleted,
            "doomed": did.doomed,
            "discarded": did.discarded,
            "swept": did.swept,
            "committed": did.committed,
            "left": did.left,
            "unknown": did.unknown,
        })
    });
    let outputs = &gathered.outputs;
    let outputs = json!({
        "objects": outputs.objects,
        "bytes": outputs.bytes,
        "stale": outputs.stale,
        "stale_bytes": outputs.stale_bytes,
        "deleted": gathered.swept,
    });
    json!({ "format_version": "1", "location": location, "found": found, "did": did, "outputs": outputs })
}

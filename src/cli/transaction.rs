//! `depstate status --tx`.

use super::{
    context::Context,
    exit::{Exit, Stop},
};
use crate::{
    commit::Outcome,
    model::{Code, Tx},
    ops::{self, OpsError, transaction::Became},
};

/// Says what became of a transaction. Only reads.
pub(super) async fn run(id: &str, context: &Context) -> Result<Exit, Stop> {
    let id = ulid::Ulid::from_string(id).map_err(|_| {
        Stop::Usage(format!("`{id}` is no transaction: it has 26 letters and digits"))
    })?;
    let tx = Tx(id.to_string());
    let (project, storage) = ops::open(context.setting(false)).await?;
    let became = ops::transaction::became(&project, storage.as_ref(), &tx).await?;
    let location = storage.location();
    let (word, text, exit) = told(&tx, &became, &location);
    let json = serde_json::json!({
        "format_version": "1",
        "location": location,
        "tx": tx,
        "outcome": word,
        "serial": became.outcome.serial(),
        "head": became.head,
        "journal": became.journal.as_ref().map(|journal| serde_json::json!({
            "state": journal.state,
            "base_serial": journal.base_serial,
            "at": journal.at,
            "by": journal.by,
        })),
    });
    context.print(&json, |_| text.clone(), || text.clone())?;
    if became.outcome == Outcome::Forgotten {
        return Err(OpsError::said(
            Code::UNKNOWN_TX,
            format!("{tx} is in no generation that is kept, and has no journal"),
            Some(
                "it is older than what is kept, or of another bucket, or somebody removed its journal",
            ),
        )
        .into());
    }
    Ok(exit)
}

fn told(tx: &Tx, became: &Became, location: &str) -> (&'static str, String, Exit) {
    let head = became.head.map_or_else(
        || format!("{location} has no HEAD"),
        |serial| format!("{location} is at serial {serial}"),
    );
    match became.outcome {
        Outcome::Committed { serial: Some(serial) } => {
            ("committed", format!("{tx} is committed: serial {serial} ({head}).\n"), Exit::Done)
        }
        Outcome::Committed { serial: None } => (
            "committed",
            format!("{tx} is committed; its generation is not kept any more ({head}).\n"),
            Exit::Done,
        ),
        Outcome::NotCommitted => {
            let base = became.journal.as_ref().map_or(0, |journal| journal.base_serial);
            let why = format!("it stood on serial {base}");
            (
                "not-committed",
                format!("{tx} is not committed, and what it sent never will be: {why} ({head}).\n"),
                Exit::Done,
            )
        }
        Outcome::Undecided { base } => (
            "undecided",
            format!(
                "{tx} is not committed, and what it sent may still land: it stands on serial {base} \
                 ({head}).\nThe next apply or gc decides it.\n"
            ),
            Exit::Unknown,
        ),
        Outcome::Forgotten | Outcome::Lost => {
            ("unknown", format!("What became of {tx} can't be told ({head}).\n"), Exit::Failed)
        }
    }
}

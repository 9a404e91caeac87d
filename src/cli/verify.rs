//! `depstate verify`.

use super::{
    args::VerifyArgs,
    context::{Context, read_filters},
    exit::{Exit, Stop},
};
use crate::{
    model::Severity,
    ops::{self, verify::Verified},
    render,
    storage::StorageReader,
};

/// Checks what is published, or what upstream serves. Changes nothing.
pub(super) async fn run(args: &VerifyArgs, context: &Context) -> Result<Exit, Stop> {
    if args.upstream && context.offline() {
        return Err(Stop::Usage(
            "`--upstream` asks the sources, and `--offline` forbids it".to_owned(),
        ));
    }
    let filters = read_filters(&args.filters)?;
    let (project, storage) = ops::open(context.setting(false)).await?;
    // Without its way to write.
    let storage: std::sync::Arc<dyn StorageReader> = storage;
    let location = storage.location();
    let sink = context.sink();
    let verified = if args.upstream {
        ops::verify::upstream(&project, &filters, &sink).await?
    } else {
        ops::verify::bucket(&project, storage.as_ref(), &filters, args.deep, &sink).await?
    };
    drop(sink);
    let text = |style| {
        let mut text = String::new();
        for finding in &verified.findings {
            text.push_str(&render::finding(finding, style));
            text.push('\n');
        }
        text.push_str(&closing(&verified, &location, args, style));
        text.push('\n');
        text
    };
    context.print(&json(&verified, &location, args), text, || {
        format!("```text\n{}```\n", text(render::Style::new(false)))
    })?;
    Ok(exit(&verified))
}

/// Wrong bytes outweigh what could not be read: they are sure.
fn exit(verified: &Verified) -> Exit {
    let any = |severity| verified.findings.iter().any(|finding| finding.severity == severity);
    if any(Severity::Refused) {
        Exit::Refused
    } else if any(Severity::Error) {
        Exit::Failed
    } else {
        Exit::Done
    }
}

fn closing(verified: &Verified, location: &str, args: &VerifyArgs, style: render::Style) -> String {
    let wrong = verified.findings.iter().filter(|it| it.severity == Severity::Refused).count();
    let unread = verified.findings.iter().filter(|it| it.severity == Severity::Error).count();
    let verdict = match (wrong, unread) {
        (0, 0) => style.good("Verified:"),
        (0, n) => {
            style.error(&format!("{} could not be checked:", render::count(n as u64, "thing")))
        }
        (n, _) => style.error(&format!("{} wrong:", render::count(n as u64, "thing"))),
    };
    let read = format!(
        "{} read and hashed, {}",
        render::count(verified.read, "file"),
        render::bytes(verified.bytes)
    );
    if args.upstream {
        return format!("{verdict} deps.lock against what upstream serves ({read}).");
    }
    let Some(serial) = verified.serial else {
        return format!("{location}: nothing published yet.");
    };
    let deep = if args.deep { format!(", {read}") } else { String::new() };
    format!(
        "{verdict} {location}, serial {serial}: {}, {} listed{deep}.",
        render::count(verified.documents, "document"),
        render::count(verified.listed, "object"),
    )
}

fn json(verified: &Verified, location: &str, args: &VerifyArgs) -> serde_json::Value {
    serde_json::json!({
        "format_version": "1",
        "location": location,
        "checked": if args.upstream { "upstream" } else if args.deep { "deep" } else { "index" },
        "serial": verified.serial,
        "documents": verified.documents,
        "objects": verified.listed,
        "read": verified.read,
        "bytes": verified.bytes,
        "findings": verified.findings,
    })
}

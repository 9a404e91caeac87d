//! `depstate show`.

use super::{
    args::ShowArgs,
    context::{Context, is_plan_file, read_filters},
    exit::{Exit, Stop},
};
use crate::{
    model::{Code, Over, Record},
    ops::{self, OpsError},
    render, wire,
};

/// Shows a saved plan, or what is published.
pub(super) async fn run(args: &ShowArgs, context: &Context) -> Result<Exit, Stop> {
    if let Some(file) = args.what.as_deref().filter(|text| is_plan_file(text)) {
        return saved(file, context);
    }
    let filters = read_filters(args.what.as_slice())?;
    let (project, storage) = ops::open(context.setting(false)).await?;
    let snapshot = ops::read(&project, storage.as_ref()).await?;
    let records: Vec<&Record> = snapshot
        .iter()
        .flat_map(|snapshot| snapshot.live.values())
        .filter(|record| filters.is_empty() || filters.iter().any(|f| f.matches(&record.address)))
        .collect();
    let json = serde_json::json!({
        "format_version": "1",
        "location": storage.location(),
        "serial": snapshot.as_ref().map(|snapshot| snapshot.head.serial),
        "records": records,
    });
    let location = storage.location();
    let human = |_| {
        if let [record] = records.as_slice() {
            return one(record);
        }
        let rows: Vec<(String, String)> = records
            .iter()
            .map(|record| {
                let text = format!(
                    "{:>10}  sha256:{}  {}",
                    render::bytes(record.size),
                    record.sha256.short(),
                    record.evidence.name()
                );
                (record.address.to_string(), text)
            })
            .collect();
        let count = render::count(records.len() as u64, "artifact");
        let place = match &snapshot {
            None => format!("{location}, nothing published yet"),
            Some(snapshot) => format!("{location}, serial {}", snapshot.head.serial),
        };
        format!("{}{count} in {place}.\n", render::release_lines(&rows))
    };
    let text = human(context.style());
    context.print(&json, |_| text.clone(), || format!("```text\n{text}```\n"))?;
    if records.is_empty() && args.what.is_some() {
        return Err(OpsError::said(
            Code::BAD_FILTER,
            "nothing that is published has this address",
            Some("`depstate show` lists what there is"),
        )
        .into());
    }
    Ok(Exit::Done)
}

fn one(record: &Record) -> String {
    let mut rows = vec![
        ("address".to_owned(), record.address.to_string()),
        ("upstream".to_owned(), record.upstream.clone()),
        ("key".to_owned(), record.key.to_string()),
        ("size".to_owned(), render::count(record.size, "byte")),
        ("sha256".to_owned(), record.sha256.to_string()),
        ("evidence".to_owned(), record.evidence.name().to_owned()),
        ("source".to_owned(), record.source.url.clone()),
        ("published".to_owned(), record.published.to_string()),
    ];
    if let Some(signer) = &record.signer {
        let over = match signer.over {
            Over::Artifact => "",
            Over::Checksum => ", over its checksums",
            Over::Index => ", over the index",
        };
        rows.insert(6, ("signed by".to_owned(), format!("{}{over}", signer.who)));
    }
    if let Some(released) = record.released {
        rows.push(("released".to_owned(), released.to_string()));
    }
    if let Some(digest) = &record.source.upstream_digest {
        rows.push(("upstream digest".to_owned(), digest.to_string()));
    }
    if let Ok(serde_json::Value::Object(metadata)) = serde_json::to_value(&record.metadata) {
        for (name, value) in metadata {
            rows.push((name, value.to_string()));
        }
    }
    rows.extend(made(record));
    render::release_lines(&rows)
}

/// What the bytes were made of and how, how they were tried, and what else is said of them.
fn made(record: &Record) -> Vec<(String, String)> {
    let mut rows = vec![("input digest".to_owned(), record.input.0.to_string())];
    let seconds = |ms: u64| format!("{}.{:03} s", ms / 1000, ms % 1000);
    if let Some(build) = &record.build {
        let image = build.image.as_ref().map_or_else(String::new, |it| format!(", image {it}"));
        let network = if build.network { ", with the network" } else { "" };
        let again = match build.reproduced {
            Some(true) => ", a second build gave the same bytes",
            Some(false) => ", a second build gave other bytes",
            None => "",
        };
        let text = format!(
            "{}{image}{network}, contract {}, {}{again}",
            build.executor,
            build.contract,
            seconds(build.duration_ms)
        );
        rows.push(("built".to_owned(), text));
        rows.push(("build log".to_owned(), format!("sha256:{}", build.log_sha256)));
    }
    if let Some(test) = &record.test {
        let image = test.image.as_ref().map_or_else(String::new, |it| format!(", image {it}"));
        let text = format!("{}{image}, {}", test.executor, seconds(test.duration_ms));
        rows.push(("tested".to_owned(), text));
        rows.push(("test log".to_owned(), format!("sha256:{}", test.log_sha256)));
    }
    for (id, extra) in &record.source.extra {
        rows.push(("extra".to_owned(), format!("{id} {} {}", extra.version, extra.url)));
    }
    for (name, digest) in &record.inputs {
        rows.push(("input".to_owned(), format!("{digest}  {name}")));
    }
    rows.extend(record.side.iter().map(|key| ("side".to_owned(), key.to_string())));
    rows
}

/// Shows a saved plan. It needs neither deps.toml nor the storage, and a stale one can be looked at.
fn saved(file: &str, context: &Context) -> Result<Exit, Stop> {
    let text = fs_err::read(context.folder().join(file))
        .map_err(|error| OpsError::said(Code::PLAN_FILE, error.to_string(), None))?;
    let plan = wire::plan::decode(&text).map_err(|error| {
        OpsError::said(Code::PLAN_FILE, format!("`{file}` is no plan: {error}"), None)
    })?;
    let rows: Vec<(String, String)> = plan
        .actions
        .iter()
        .map(|action| {
            let text = format!("{:<7}  {}", action.action.name(), action.reason.code);
            (action.address.to_string(), text)
        })
        .collect();
    let json = serde_json::from_slice(&text).unwrap_or_default();
    let human = || {
        let count = render::count(rows.len() as u64, "action");
        format!("{}{count}, digest {}.\n", render::release_lines(&rows), plan.digest)
    };
    context.print(&json, |_| human(), || format!("```text\n{}```\n", human()))?;
    Ok(Exit::Done)
}

//! `depstate why`.

use std::collections::BTreeSet;

use super::{
    args::WhyArgs,
    context::Context,
    exit::{Exit, Stop},
    freshness,
};
use crate::{
    model::{Code, DependencyId, Target},
    ops::{self, Looked, OpsError, Project},
    planner::{self, Filter, Verdict},
    render,
};

/// How many names of a group are shown unless more is asked for.
const SHOWN: usize = 6;

/// Explains every version of a dependency, or one address. Decides nothing.
pub(super) async fn run(args: &WhyArgs, context: &Context) -> Result<Exit, Stop> {
    let front = args.what.split(['@', '/']).next().unwrap_or_default();
    let (project, storage) = ops::open(context.setting(false)).await?;
    let named = context.dependencies(&[front.to_owned()], &project.manifest)?;
    let Some(id) = named.first() else { return Ok(Exit::Done) };
    let sink = context.sink();
    let looked = ops::look(&project, storage.as_ref(), &named, &sink).await?;
    drop(sink);
    let options = context.no_options(&args.time);
    let mut verdicts = planner::why(
        &project.manifest,
        &project.lock,
        looked.snapshot.as_ref(),
        id,
        looked.listings.get(id),
        &options,
    );
    freshness::tell(&looked, context);
    let version = args.what.split_once('@').map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
    if let Some(version) = version {
        let filter = Filter::new(version).map_err(|error| Stop::Usage(error.to_string()))?;
        verdicts.retain(|it| {
            let shown = it.version.as_ref().map_or(it.upstream.as_str(), |it| it.as_str());
            shown == version || it.upstream == version || filter.takes_text(shown)
        });
        if verdicts.is_empty() {
            return Err(OpsError::said(
                Code::BAD_FILTER,
                format!("nobody knows a version `{version}` of `{id}`: it is not listed, locked or published"),
                Some("`depstate why ID` shows every version that there is"),
            )
            .into());
        }
    }
    let text = match verdicts.as_slice() {
        [one] if version.is_some() => single(one, id, &project, &looked),
        _ => groups(&verdicts, context.global.verbose > 0),
    };
    let json = serde_json::json!({
        "format_version": "1",
        "id": id,
        "source": project.sources.get(id).map(|source| source.origin()),
        "asked": looked.listings.contains_key(id),
        "versions": verdicts.iter().map(json).collect::<Vec<_>>(),
    });
    context.print(&json, |_| text.clone(), || format!("```text\n{text}```\n"))?;
    Ok(if looked.blind.is_empty() || context.offline() { Exit::Done } else { Exit::Failed })
}

fn json(it: &Verdict) -> serde_json::Value {
    serde_json::json!({
        "upstream": it.upstream,
        "version": it.version,
        "released": it.released,
        "wanted": it.wanted,
        "locked": it.locked,
        "published": it.published,
        "rule": it.rule,
        "why": it.why,
    })
}

/// One line a wanted version, then one line a rule for all that it left out in a row.
fn groups(verdicts: &[Verdict], all: bool) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut rest = verdicts;
    while let Some(first) = rest.first() {
        let same = |it: &&Verdict| (it.rule, &it.why) == (first.rule, &first.why);
        let alone = all || first.wanted || first.locked || first.published;
        let count = if alone {
            1
        } else {
            let plain = |it: &&Verdict| !it.wanted && !it.locked && !it.published;
            rest.iter().take_while(|it| same(it) && plain(it)).count()
        };
        let (group, after) = rest.split_at(count);
        rest = after;
        let names: Vec<&str> = group.iter().take(SHOWN).map(name).collect();
        let more = match count.saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let sign = if first.wanted { '+' } else { ' ' };
        let state = state(first);
        rows.push((
            format!("{sign} {}{more}", render::plain(&names.join(", "))),
            format!("{}{state}", render::plain(&first.why)),
        ));
    }
    let wanted = verdicts.iter().filter(|it| it.wanted).count() as u64;
    let names = render::count(verdicts.len() as u64, "name");
    format!("{}{wanted} of {names} wanted.\n", lines(&rows))
}

/// The reason below a long list of names, beside a short one.
fn lines(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|row| row.0.chars().count()).filter(|n| *n <= 32).max();
    let width = width.unwrap_or(0);
    rows.iter()
        .map(|(name, why)| {
            if name.chars().count() > width {
                format!("{name}\n{:width$}   {why}\n", "")
            } else {
                format!("{name:width$}   {why}\n")
            }
        })
        .collect()
}

fn name(it: &Verdict) -> &str {
    it.version.as_ref().map_or(&it.upstream, |version| version.as_str())
}

fn state(it: &Verdict) -> &'static str {
    match (it.locked, it.published) {
        (true, true) => " · locked, published",
        (true, false) => " · locked",
        (false, true) => " · published",
        (false, false) => "",
    }
}

/// All that is known of one version.
fn single(it: &Verdict, id: &DependencyId, project: &Project, looked: &Looked) -> String {
    let mut rows = vec![
        ("version".to_owned(), name(it).to_owned()),
        ("upstream".to_owned(), render::plain(&it.upstream)),
        ("wanted".to_owned(), if it.wanted { "yes" } else { "no" }.to_owned()),
        ("because".to_owned(), render::plain(&it.why)),
    ];
    if let Some(source) = project.sources.get(id) {
        rows.push(("source".to_owned(), source.origin()));
    }
    if let Some(released) = it.released {
        rows.push(("released".to_owned(), released.to_string()));
    }
    let locked = project.lock.dependencies.get(id);
    let release = it.version.as_ref().and_then(|version| locked?.release(version));
    let targets: BTreeSet<_> = release.into_iter().flat_map(|it| it.artifacts.keys()).collect();
    for (target, file) in release.into_iter().flat_map(|it| &it.artifacts) {
        let place = if targets.len() == 1 { String::new() } else { format!(" {target}") };
        rows.push((format!("file{place}"), file.url.clone()));
        rows.push((format!("sha256{place}"), file.sha256.to_string()));
        let by = file.signer.as_ref().map_or_else(String::new, |signer| format!(" by {signer}"));
        rows.push((format!("evidence{place}"), format!("{}{by}", file.evidence.name())));
    }
    let live = looked.snapshot.iter().flat_map(|snapshot| snapshot.live.values());
    let here = live.filter(|record| {
        record.address.dependency == *id && Some(&record.version) == it.version.as_ref()
    });
    for record in here {
        rows.push(("published".to_owned(), format!("{} as {}", record.published, record.key)));
    }
    let wanted = project.manifest.dependencies.get(id).into_iter().flat_map(|it| &it.targets);
    let missing: Vec<String> = wanted
        .filter(|target| !targets.contains(target) && release.is_some())
        .map(|target| match project.manifest.targets.get(target) {
            Some(Target { os: Some(os), arch: Some(arch), .. }) => {
                format!("{target} ({os}/{arch})")
            }
            Some(_) | None => target.to_string(),
        })
        .collect();
    if !missing.is_empty() {
        rows.push(("no file for".to_owned(), missing.join(", ")));
    }
    render::release_lines(&rows)
}

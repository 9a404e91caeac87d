//! `depstate status`.

use std::collections::BTreeSet;

use super::{
    args::Time,
    context::Context,
    exit::{Exit, Stop},
    freshness,
};
use crate::{
    model::{Code, DependencyId},
    ops, render,
};

/// Says how the three stand, in a few lines. Asks only the sources of dependencies that limit how old
/// what was decided may be.
pub(super) async fn run(time: &Time, context: &Context) -> Result<Exit, Stop> {
    let (project, storage) = ops::open(context.setting(false)).await?;
    let options = context.no_options(time);
    let limited: BTreeSet<DependencyId> = project
        .manifest
        .dependencies
        .values()
        .filter(|it| it.max_staleness.is_some())
        .map(|it| it.id.clone())
        .collect();
    let sink = context.sink();
    let looked = ops::look(&project, storage.as_ref(), &limited, &sink).await?;
    drop(sink);
    let fresh = freshness::of(&project, &looked, &limited, &options);
    let snapshot = &looked.snapshot;
    let dependencies = project.manifest.dependencies.len() as u64;
    let targets: BTreeSet<&crate::model::TargetName> =
        project.manifest.dependencies.values().flat_map(|wanted| &wanted.targets).collect();
    let (mut versions, mut files) = (0, 0);
    for release in project.lock.dependencies.values().flat_map(|locked| &locked.releases) {
        versions += 1;
        files += release.artifacts.len() as u64;
    }
    let unsettled: Vec<String> = project
        .manifest
        .dependencies
        .keys()
        .filter(|id| {
            let asked = crate::planner::asked(&project.manifest, id);
            project.lock.dependencies.get(id).and_then(|locked| locked.asked) != Some(asked)
        })
        .map(ToString::to_string)
        .collect();
    let mut rows = vec![
        ("project".to_owned(), project.manifest.project.clone()),
        (
            "deps.toml".to_owned(),
            format!(
                "{dependencies} {}, {}",
                if dependencies == 1 { "dependency" } else { "dependencies" },
                render::count(targets.len() as u64, "target")
            ),
        ),
    ];
    let lock = match (&project.lock_text, unsettled.as_slice()) {
        (None, _) => "there is none; `depstate lock` writes it".to_owned(),
        (Some(_), []) => {
            format!("{}, {}", render::count(versions, "version"), render::count(files, "file"))
        }
        (Some(_), ids) => format!("does not answer what deps.toml asks of {}", ids.join(", ")),
    };
    rows.push(("deps.lock".to_owned(), lock));
    let location = storage.location();
    let published = match snapshot {
        None => format!("{location}: nothing published yet"),
        Some(snapshot) => {
            let bytes = snapshot.live.values().map(|record| record.size).sum();
            let owner = &snapshot.head.project;
            let whose = if *owner == project.manifest.project {
                String::new()
            } else {
                format!("belongs to project {owner}, ")
            };
            format!(
                "{location}: {whose}serial {}, {}, {}{}",
                snapshot.head.serial,
                render::count(snapshot.live.len() as u64, "artifact"),
                render::bytes(bytes),
                if snapshot.condemned.is_empty() {
                    String::new()
                } else {
                    format!(", {} retired and still there", snapshot.condemned.len())
                }
            )
        }
    };
    rows.push(("storage".to_owned(), published));
    for line in &fresh.lines {
        let what = format!("{} {}", line.id, line.line);
        rows.push((what, freshness::sentence(line, options.as_of)));
    }
    let stale = fresh.lines.iter().filter(|line| line.stale).count() as u64;
    freshness::tell(&looked, context);
    let json = serde_json::json!({
        "format_version": "1",
        "project": project.manifest.project,
        "dependencies": dependencies,
        "locked": { "versions": versions, "files": files, "unsettled": unsettled },
        "storage": {
            "location": location,
            "serial": snapshot.as_ref().map(|snapshot| snapshot.head.serial),
            "artifacts": snapshot.as_ref().map(|snapshot| snapshot.live.len()),
            "owner": snapshot.as_ref().map(|snapshot| snapshot.head.project.clone()),
        },
        "freshness": fresh.lines.iter().map(freshness::json).collect::<Vec<_>>(),
        "blind": looked.blind,
    });
    let text = render::release_lines(&rows);
    context.print(&json, |_| text.clone(), || format!("```text\n{text}```\n"))?;
    if stale > 0 {
        let lines = render::count(stale, "line");
        let verb = if stale == 1 { "has" } else { "have" };
        context.output.complain(&format!(
            "error[{}]: {lines} {verb} waited longer than `max-staleness`; `depstate update` takes what is new",
            Code::STALE
        ));
        return Ok(Exit::Refused);
    }
    Ok(if looked.blind.is_empty() || context.offline() { Exit::Done } else { Exit::Failed })
}

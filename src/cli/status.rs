//! `depstate status`.

use std::collections::BTreeSet;

use super::{
    context::Context,
    exit::{Exit, Stop},
};
use crate::{ops, render};

/// Says how the three stand, in a few lines. Asks no source.
pub(super) async fn run(context: &Context) -> Result<Exit, Stop> {
    let (project, storage) = ops::open(context.setting(false)).await?;
    let snapshot = ops::read(&project, storage.as_ref()).await?;
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
    let published = match &snapshot {
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
    });
    let text = render::release_lines(&rows);
    context.print(&json, |_| text.clone(), || format!("```text\n{text}```\n"))?;
    Ok(Exit::Done)
}

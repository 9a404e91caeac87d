//! How far behind the lines are, in words: what `outdated` and `status` have in common.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::context::Context;
use crate::{
    model::{DependencyId, Version},
    ops::{Looked, Project},
    planner::{self, Freshness, Options},
    render,
};

/// Every line, and what no line takes.
pub(super) struct Fresh {
    pub(super) lines: Vec<Freshness>,
    pub(super) beyond: BTreeMap<DependencyId, Version>,
}

/// Lays what was decided beside what was seen.
pub(super) fn of(
    project: &Project,
    looked: &Looked,
    ids: &BTreeSet<DependencyId>,
    options: &Options,
) -> Fresh {
    let mut fresh = Fresh { lines: Vec::new(), beyond: BTreeMap::new() };
    for id in ids {
        let Some(listing) = looked.listings.get(id) else { continue };
        let (lines, beyond) = planner::freshness(
            &project.manifest,
            &project.lock,
            looked.snapshot.as_ref(),
            id,
            listing,
            options,
        );
        fresh.lines.extend(lines);
        fresh.beyond.extend(beyond.map(|version| (id.clone(), version)));
    }
    fresh
}

/// Says how one line stands.
pub(super) fn sentence(line: &Freshness, as_of: Timestamp) -> String {
    let show = |version: &Option<Version>| {
        version.as_ref().map_or_else(|| "none".to_owned(), Version::to_string)
    };
    if line.behind == 0 {
        return match &line.decided {
            Some(version) => format!("{version}, the newest"),
            None => "no version is decided, and none is listed".to_owned(),
        };
    }
    let since = line.since.map_or_else(String::new, |since| {
        format!(", for {}", render::count(days(since, as_of), "day"))
    });
    let limit = match line.limit {
        Some(limit) if line.stale => format!(" (stale: more than {})", age(limit)),
        Some(_) if line.since.is_none() => {
            " (the source gives no dates, so `max-staleness` can't be judged)".to_owned()
        }
        Some(limit) => format!(" (may wait {})", age(limit)),
        None => String::new(),
    };
    format!(
        "{} -> {}, {} newer{since}{limit}",
        show(&line.decided),
        show(&line.newest),
        line.behind
    )
}

fn days(since: Timestamp, as_of: Timestamp) -> u64 {
    as_of.duration_since(since).unsigned_abs().as_secs() / 86_400
}

fn age(limit: std::time::Duration) -> String {
    match limit.as_secs() {
        seconds if seconds >= 86_400 => render::count(seconds / 86_400, "day"),
        seconds => render::count(seconds / 3600, "hour"),
    }
}

/// The same for programs.
pub(super) fn json(line: &Freshness) -> Value {
    json!({
        "id": line.id,
        "line": line.line,
        "decided": line.decided,
        "newest": line.newest,
        "behind": line.behind,
        "since": line.since,
        "max_staleness": line.limit.map(|limit| limit.as_secs()),
        "stale": line.stale,
    })
}

/// Says on stderr what could not be looked at, and what stood in for it.
pub(super) fn tell(looked: &Looked, context: &Context) {
    for (id, why) in &looked.blind {
        context.output.talk(&format!("! could not check {id}: {}", render::plain(why)));
    }
    for (id, listing) in &looked.listings {
        let Some(why) = &listing.why else { continue };
        let how = match listing.kept_since {
            Some(since) => format!("an old answer of {since} stands in"),
            None => format!("fallback {} answered", listing.fallback),
        };
        context.output.talk(&format!("! {id}: {how}: {}", render::plain(why)));
    }
}

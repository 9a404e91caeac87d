//! What is refused: an index that shrank, bytes that changed, too many retires, halves.

use std::collections::{BTreeMap, BTreeSet};

use super::{findings, past::Past, releases::Release, rules};
use crate::model::{
    Action, Address, Code, Conditions, Coverage, Dependency, DependencyId, Finding, LockedArtifact,
    Manifest, OrderKey, Reason, Severity, Snapshot, Step, Version, VersionLine,
};

/// Refuses an index that lists nothing, or lacks the newest version that was decided for a line.
pub(super) fn index_shrank(
    dependency: &Dependency,
    past: &Past<'_>,
    listed: &[Release<'_>],
) -> Option<Finding> {
    if past.is_empty() {
        return None;
    }
    if listed.is_empty() {
        let decided = past.kept.keys().chain(past.published.keys()).copied().take(5);
        let message = format!(
            "the source of `{}` lists no release; decided before: {}",
            dependency.id,
            findings::listed(decided)
        );
        return Some(shrank(dependency, message, dependency.source.driver.span));
    }
    if dependency.source.coverage == Coverage::Recent {
        return None;
    }
    let there: BTreeSet<&Version> = listed.iter().map(|release| &release.version).collect();
    dependency.lines.iter().find_map(|line| {
        let newest = newest_decided(dependency, past, line)?;
        if there.contains(newest) {
            return None;
        }
        let best = listed
            .iter()
            .filter(|it| rules::fits(line, &it.order, it.upstream, it.prerelease))
            .max_by(|a, b| a.order.cmp(&b.order));
        let best = best.map_or_else(
            || "nothing that the line takes".to_owned(),
            |release| format!("`{}` as the newest", release.version),
        );
        let message = format!(
            "`{newest}` of `{}` was decided for line `{}`, and its source now lists {best}",
            dependency.id,
            line.label(),
        );
        Some(shrank(dependency, message, line.span))
    })
}

fn newest_decided<'a>(
    dependency: &Dependency,
    past: &Past<'a>,
    line: &VersionLine,
) -> Option<&'a Version> {
    let order = |version: &Version| -> OrderKey { dependency.scheme.order(version) };
    past.kept
        .iter()
        .map(|(version, before)| (order(version), *version, before.upstream))
        .filter(|(order, _, upstream)| rules::fits(line, order, upstream, order.is_prerelease()))
        .filter(|(order, ..)| !rules::wanting(dependency, order).is_empty())
        .max_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)))
        .map(|(_, version, _)| version)
}

fn shrank(dependency: &Dependency, message: String, span: (usize, usize)) -> Finding {
    let it = findings::finding(Severity::Refused, Code::INDEX_SHRANK, &dependency.id, message);
    findings::help(
        findings::at(it, span),
        "look at the source; if the version is really gone, `exclude` it with a reason",
    )
}

/// Refuses other bytes for what was decided.
pub(super) fn upstream_changed(
    address: &Address,
    decided: &LockedArtifact,
    found: &str,
    url: &str,
) -> Finding {
    let known = match &decided.upstream_digest {
        Some(digest) if digest.algorithm().name() == found.split(':').next().unwrap_or("") => {
            digest.to_string()
        }
        _ => format!("sha256:{}", decided.sha256),
    };
    let message = format!(
        "upstream has other bytes for `{address}`: decided `{known}` from {}, now `{found}` from {}",
        findings::shown(&decided.url),
        findings::shown(url),
    );
    let it = findings::about(Severity::Refused, Code::UPSTREAM_CHANGED, address, message);
    let way = format!("find out why, then run `depstate lock --accept {address}`, or exclude it");
    findings::help(it, way)
}

/// Warns of a release that lacks a file.
pub(super) fn incomplete(address: &Address, why: &str) -> Finding {
    let message = format!("`{address}` waits: {why}");
    findings::about(Severity::Warning, Code::INCOMPLETE, address, message)
}

/// Warns of a decided file that its release does not list any more.
pub(super) fn stays_decided(address: &Address, why: &str) -> Finding {
    let message =
        format!("`{address}` stays as it was decided, though its release now lists {why}");
    findings::about(Severity::Warning, Code::INCOMPLETE, address, message)
}

/// Says that there are no other bytes to accept.
pub(super) fn nothing_to_accept(address: &Address) -> Finding {
    let message =
        format!("the source does not list `{address}`, so nothing can be accepted for it");
    findings::about(Severity::Error, Code::INCOMPLETE, address, message)
}

/// Refuses more retires than the limit lets through.
pub(super) fn max_retire(steps: &[Step], limit: u64) -> Option<Finding> {
    let retires = steps.iter().filter(|step| step.action == Action::Retire).count() as u64;
    (retires > limit).then(|| Finding {
        severity: Severity::Refused,
        code: Code::MAX_RETIRE,
        dependency: None,
        address: None,
        message: format!("{retires} artifacts would be retired, and the limit is {limit}"),
        help: Some(format!("if that is meant, give `--max-retire {retires}`")),
        span: None,
    })
}

/// Says in every plan that nothing protects the prefix from a second writer.
pub(super) fn single_writer(manifest: &Manifest, published: Option<&Snapshot>) -> Option<Finding> {
    let head = published.map(|snapshot| &snapshot.head);
    let recorded = head.is_some_and(|head| head.single_writer);
    let message = match (manifest.storage.single_writer, recorded) {
        (false, false) => return None,
        (true, _) => {
            let found = head.and_then(|head| head.probe.as_ref());
            let found = found.map_or("were not probed yet", |probe| match probe.conditions {
                Conditions::Atomic => "are kept, so it is not needed",
                Conditions::Raced => "are raced",
                Conditions::Ignored => "are ignored",
                Conditions::Broken => "are broken",
            });
            format!(
                "deps.toml says `single-writer = true` (the store's conditions {found}): two applies \
                 at once may lose each other's work"
            )
        }
        (false, true) => "the storage was last written with `single-writer = true`, and deps.toml \
                          does not say so any more: the next apply asks the store again"
            .to_owned(),
    };
    Some(Finding {
        severity: Severity::Warning,
        code: Code::SINGLE_WRITER,
        dependency: None,
        address: None,
        message,
        help: None,
        span: None,
    })
}

/// Takes out the steps of new versions that the filters would publish in part.
pub(super) fn half_a_version(
    steps: &mut Vec<Step>,
    filtered: &[Step],
    is_new: impl Fn(&Address) -> bool,
) -> Vec<Finding> {
    let mut missing: BTreeMap<(&DependencyId, &Version), Vec<&Address>> = BTreeMap::new();
    for step in filtered.iter().filter(|step| enters(step) && is_new(&step.address)) {
        let version = (&step.address.dependency, &step.address.version);
        missing.entry(version).or_default().push(&step.address);
    }
    let mut halves: BTreeSet<(DependencyId, Version)> = BTreeSet::new();
    steps.retain(|step| {
        let version = (&step.address.dependency, &step.address.version);
        let half = enters(step) && missing.contains_key(&version);
        if half {
            halves.insert((version.0.clone(), version.1.clone()));
        }
        !half
    });
    let tell = |(id, version): (DependencyId, Version)| {
        let out = missing.get(&(&id, &version)).into_iter().flatten();
        let message = format!(
            "`{id}@{version}` is new and enters whole; the filters leave out {}",
            findings::listed(out)
        );
        let it = findings::finding(Severity::Error, Code::HALF_A_VERSION, &id, message);
        findings::help(it, format!("choose the whole version: `{id}@{version}`"))
    };
    halves.into_iter().map(tell).collect()
}

/// Takes out retires whose successors the filters leave out; how many there were is counted by the
/// caller where it was `--exclude` that left them out.
pub(super) fn needs_successor(
    steps: &mut Vec<Step>,
    filtered: &[Step],
    chosen_by_filter: bool,
) -> (Vec<Finding>, u64) {
    let out: BTreeSet<&Address> = filtered.iter().map(|step| &step.address).collect();
    let mut told = Vec::new();
    let mut stay = 0;
    steps.retain(|step| {
        let lacking: Vec<&Address> = step.needs.iter().filter(|it| out.contains(it)).collect();
        if lacking.is_empty() {
            return true;
        }
        if chosen_by_filter {
            let message = format!(
                "`{}` is retired only together with its successor {}",
                step.address,
                findings::listed(lacking)
            );
            let code = Code::NEEDS_SUCCESSOR;
            let it = findings::about(Severity::Error, code, &step.address, message);
            told.push(findings::help(it, "choose both, or none"));
        } else {
            stay += 1;
        }
        false
    });
    (told, stay)
}

/// Takes out the steps whose build or test needs what is left out, with the rest of their versions
/// where those are new; says of each why.
pub(super) fn needs_built(
    steps: &mut Vec<Step>,
    out: &mut Vec<Step>,
    is_new: impl Fn(&Address) -> bool,
) -> Vec<Finding> {
    let mut told = Vec::new();
    let mut halves: BTreeSet<(DependencyId, Version)> = BTreeSet::new();
    loop {
        let gone: BTreeSet<&Address> = out.iter().map(|step| &step.address).collect();
        let mut leave = BTreeSet::new();
        for step in steps.iter().filter(|step| step.action.moves_bytes()) {
            let version = (step.address.dependency.clone(), step.address.version.clone());
            let new = enters(step) && is_new(&step.address);
            if let Some(need) = step.needs.iter().find(|need| gone.contains(need)) {
                let address = &step.address;
                let message = format!("`{address}` needs `{need}`, which the filters leave out");
                let it = findings::about(Severity::Error, Code::NEED_MISSING, address, message);
                told.push(findings::help(it, "choose both, or none"));
                leave.insert(address.clone());
                halves.extend(Some(version).filter(|_| new));
            } else if new && halves.contains(&version) {
                leave.insert(step.address.clone());
            }
        }
        if leave.is_empty() {
            return told;
        }
        out.extend(steps.extract_if(.., |step| leave.contains(&step.address)));
    }
}

/// Says that a build or test needs what is neither published nor planned.
pub(super) fn unmet(address: &Address, need: &Address) -> Finding {
    let message = format!("`{address}` waits for `{need}`, which it needs");
    findings::about(Severity::Error, Code::NEED_MISSING, address, message)
}

/// Warns, once for a dependency, of builds and tests that have the network.
pub(super) fn network(steps: &[Step]) -> Vec<Finding> {
    let has = |step: &&Step| {
        step.action.moves_bytes()
            && step.artifact.as_ref().is_some_and(|it| {
                it.recipe.as_ref().is_some_and(|recipe| recipe.network)
                    || it.trial.as_ref().is_some_and(|trial| trial.network)
            })
    };
    let ids: BTreeSet<&DependencyId> =
        steps.iter().filter(has).map(|step| &step.address.dependency).collect();
    let warning = |id: &DependencyId| {
        let message = "its build or test has the network: what it fetches is in no digest";
        findings::finding(Severity::Warning, Code::BUILD_NETWORK, id, message.to_owned())
    };
    ids.into_iter().map(warning).collect()
}

/// Tells whether a step brings an address into the index.
pub(super) fn enters(step: &Step) -> bool {
    step.action == Action::Create || step.reason == Reason::WantedAgain
}

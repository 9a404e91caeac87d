//! What a dependency's lines and rules say of a version.

use crate::model::{Dependency, Keep, NotWanted, OrderKey, Rule, TargetName, Version, VersionLine};

/// Tells whether a line takes a version: by constraint, name and regex; pre-releases only if it
/// asks; nothing that was dropped after its end.
pub(super) fn fits(line: &VersionLine, order: &OrderKey, upstream: &str, prerelease: bool) -> bool {
    could(line, order, upstream, prerelease) && line.standing.takes(order)
}

/// Tells whether a line could take a version if there were no rules of time.
pub(super) fn could(
    line: &VersionLine,
    order: &OrderKey,
    upstream: &str,
    prerelease: bool,
) -> bool {
    (line.prereleases || !prerelease)
        && line.constraint.as_ref().is_none_or(|it| it.value.matches_key(order))
        && line.pattern.as_ref().is_none_or(|it| it.is_match(upstream))
}

/// Returns the rule that leaves a version out on a target, if one does.
pub(super) fn leaves_out<'a>(
    dependency: &'a Dependency,
    order: &OrderKey,
    target: &TargetName,
) -> Option<&'a Rule> {
    let excluded = dependency
        .exclude
        .iter()
        .find(|rule| rule.covers(target) && rule.constraint.matches_key(order));
    excluded.or_else(|| {
        dependency
            .only
            .iter()
            .find(|rule| rule.covers(target) && !rule.constraint.matches_key(order))
    })
}

/// Returns the targets that want a version, once a line takes it.
pub(super) fn wanting<'a>(dependency: &'a Dependency, order: &OrderKey) -> Vec<&'a TargetName> {
    if dependency.exclude.is_empty() && dependency.only.is_empty() {
        return dependency.targets.iter().collect();
    }
    dependency.targets.iter().filter(|it| leaves_out(dependency, order, it).is_none()).collect()
}

/// Says why something that was published or locked is not wanted.
pub(super) fn not_wanted(
    dependency: Option<&Dependency>,
    version: &Version,
    upstream: &str,
    target: &TargetName,
) -> NotWanted {
    let Some(dependency) = dependency else { return NotWanted::DependencyGone };
    if !dependency.targets.contains(target) {
        return NotWanted::TargetGone;
    }
    let order = dependency.scheme.order(version);
    let Some(line) = fitting(dependency, &order, upstream).next() else {
        return past_its_end(dependency, &order, upstream).unwrap_or(NotWanted::NoLine);
    };
    if let Some(rule) = leaves_out(dependency, &order, target) {
        return NotWanted::Excluded { reason: rule.reason.clone() };
    }
    let keep = match line.keep {
        Keep::Newest(n) => n,
        Keep::All => u32::MAX,
    };
    NotWanted::LineKeeps { line: line.label().to_owned(), keep }
}

/// Says that a version was dropped after the end of its line, if it was.
pub(super) fn past_its_end(
    dependency: &Dependency,
    order: &OrderKey,
    upstream: &str,
) -> Option<NotWanted> {
    let prerelease = order.is_prerelease();
    let mut lines = dependency.lines.iter();
    lines.find_map(|line| {
        let ended = line.standing.dropped(order)?;
        let could = could(line, order, upstream, prerelease);
        could.then_some(NotWanted::LineEol { line: ended.line, day: ended.day })
    })
}

/// Returns the lines that take a version, as far as the scheme can tell. A named line counts for
/// every version: what it stood for before leaves it as older versions do.
pub(super) fn fitting<'a>(
    dependency: &'a Dependency,
    order: &'a OrderKey,
    upstream: &'a str,
) -> impl Iterator<Item = &'a VersionLine> {
    let prerelease = order.is_prerelease();
    dependency.lines.iter().filter(move |line| {
        could(line, order, upstream, prerelease) && line.standing.dropped(order).is_none()
    })
}

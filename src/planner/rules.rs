//! What a dependency's lines and rules say of a version.

use crate::model::{Dependency, Keep, NotWanted, OrderKey, Rule, TargetName, Version, VersionLine};

/// Tells whether a line takes a version: by constraint and regex; pre-releases only if it asks.
pub(super) fn fits(line: &VersionLine, order: &OrderKey, upstream: &str, prerelease: bool) -> bool {
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
        return NotWanted::NoLine;
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

/// Returns the lines that take a version, as far as the scheme can tell.
pub(super) fn fitting<'a>(
    dependency: &'a Dependency,
    order: &'a OrderKey,
    upstream: &'a str,
) -> impl Iterator<Item = &'a VersionLine> {
    let prerelease = order.is_prerelease();
    dependency.lines.iter().filter(move |line| fits(line, order, upstream, prerelease))
}

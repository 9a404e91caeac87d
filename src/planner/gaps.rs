//! What is wanted and not to be had, and how that is told.

use std::collections::BTreeSet;

use super::{findings, guard, pick::Picker};
use crate::model::{Address, Code, Dependency, Finding, Severity, TargetName, VersionLine};

/// Something wanted that is not to be had.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// No version of the line with this index.
    Line(usize),
    /// No version of the line on this target.
    Target(usize, TargetName),
    /// A kept version has no file for a target; the text says why.
    File(Address, String),
}

/// Returns what a gap is called in a message.
pub(super) fn name(lines: &[VersionLine], gap: &Gap) -> String {
    let label = |line: &usize| lines.get(*line).map_or("", VersionLine::label);
    match gap {
        Gap::Line(line) => format!("line `{}`", label(line)),
        Gap::Target(line, target) => format!("line `{}` on `{target}`", label(line)),
        Gap::File(address, _) => format!("`{address}`"),
    }
}

/// Turns a gap into the warning that it is while the source can be trusted.
pub(super) fn warning(picker: &Picker<'_>, gap: &Gap) -> Finding {
    let dependency = picker.finder.dependency;
    let empty = |line: usize, message: String| {
        let span = dependency.lines.get(line).map_or(dependency.span, |line| line.span);
        let code = Code::TARGET_EMPTY;
        findings::at(findings::finding(Severity::Warning, code, &dependency.id, message), span)
    };
    let called = name(&dependency.lines, gap);
    match gap {
        Gap::Line(line) => empty(*line, format!("{called} of `{}` has no version", dependency.id)),
        Gap::Target(line, target) => because(
            dependency,
            target,
            empty(
                *line,
                format!(
                    "`{target}` is left without any version of line `{}` of `{}`",
                    dependency.lines.get(*line).map_or("", VersionLine::label),
                    dependency.id
                ),
            ),
        ),
        Gap::File(address, why) => guard::incomplete(address, why),
    }
}

/// Adds why the maintainer leaves versions out on a target.
fn because(dependency: &Dependency, target: &TargetName, finding: Finding) -> Finding {
    let rules = dependency.exclude.iter().chain(&dependency.only);
    let reasons: BTreeSet<&str> = rules
        .filter(|rule| rule.covers(target))
        .filter_map(|rule| rule.reason.as_deref())
        .collect();
    if reasons.is_empty() {
        return finding;
    }
    let reasons: Vec<&str> = reasons.into_iter().collect();
    findings::help(finding, format!("left out there: {}", reasons.join("; ")))
}

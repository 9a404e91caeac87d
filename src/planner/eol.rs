//! Ends of life: what is past its end, what is dropped for it, and what is told of it.

use std::{collections::BTreeSet, time::Duration};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

use super::{ChosenRelease, findings, past::Past, rules, schedule::begin, standing};
use crate::model::{
    Change, Code, Dependency, End, EolRule, Finding, LockedLine, LockedLines, Severity, Version,
    VersionLine,
};

/// Tells whether deps.toml says anywhere that versions are dropped after an end.
pub(super) fn drops(dependency: &Dependency) -> bool {
    dependency.settings.eol.drop_after.is_some()
        || dependency.lines.iter().any(|line| line.eol_rule.drop_after.is_some())
        || dependency.overrides.iter().any(|o| o.patch.eol_drop_after != Change::Keep)
}

/// Tells whether support is over: the last day belongs to it.
pub(super) fn is_past(end: End, as_of: Timestamp) -> bool {
    match end {
        End::Past => true,
        End::Day(_) => over(end).is_some_and(|over| over <= as_of),
    }
}

/// Returns the first instant without support, where the day is told.
fn over(end: End) -> Option<Timestamp> {
    let day = end.day()?;
    Some(day.checked_add(1.day()).map_or(Timestamp::MAX, begin))
}

/// Tells whether an end lies so far back that its versions are dropped. Of one without a day it is
/// known only that it lies behind.
fn is_dropped(end: End, rule: EolRule, as_of: Timestamp) -> bool {
    let Some(after) = rule.drop_after else { return false };
    match over(end) {
        Some(over) => over.checked_add(after).is_ok_and(|from| from <= as_of),
        None => after.is_zero(),
    }
}

/// Returns the rule of a dependency for a version: of several targets the one that drops last.
fn rule(dependency: &Dependency, version: Option<&Version>) -> EolRule {
    let Some(version) = version.filter(|_| !dependency.overrides.is_empty()) else {
        return dependency.settings.eol;
    };
    let rules: Vec<EolRule> = dependency
        .targets
        .iter()
        .map(|target| dependency.settings_for(version, target).eol)
        .collect();
    let all: Option<Vec<Duration>> = rules.iter().map(|rule| rule.drop_after).collect();
    EolRule {
        warn: rules.iter().filter_map(|rule| rule.warn).max(),
        drop_after: all.and_then(|all| all.into_iter().max()),
    }
}

/// Marks what is to be dropped, of the lines of deps.toml and of those of the schedule.
pub(super) fn mark(
    dependency: &Dependency,
    past: &Past<'_>,
    as_of: Timestamp,
    lines: &mut LockedLines,
) {
    let dropped = |line: &&VersionLine| {
        let Some(day) = line.eol else { return false };
        let order = |version: &Version| dependency.scheme.order(version);
        let fits = |version: &&&Version| {
            let order = order(version);
            line.constraint.as_ref().is_none_or(|it| it.value.matches_key(&order))
        };
        let newest = past.kept.keys().filter(fits).max_by_key(|version| order(version));
        let rule = line.eol_rule.or(rule(dependency, newest.copied()));
        is_dropped(End::Day(day), rule, as_of)
    };
    let ended: BTreeSet<String> =
        dependency.lines.iter().filter(dropped).map(VersionLine::mark).collect();
    lines.ended = ended.into_iter().collect();
    for row in &mut lines.rows {
        row.ended = row.end.is_some_and(|end| is_dropped(end, of_row(dependency, row), as_of));
    }
}

/// Returns the rule for a scheduled line: of the lines of deps.toml that may take its versions, the
/// one that drops last.
fn of_row(dependency: &Dependency, row: &LockedLine) -> EolRule {
    let front = Version::new(row.line.as_str()).ok();
    let base = rule(dependency, front.as_ref());
    let order = front.map(|front| dependency.scheme.order(&front));
    let takes = |line: &&VersionLine| {
        let constraint = line.constraint.as_ref();
        line.eol.is_none()
            && constraint.zip(order.as_ref()).is_none_or(|(it, order)| it.value.matches_key(order))
    };
    let rules: Vec<EolRule> =
        dependency.lines.iter().filter(takes).map(|line| line.eol_rule.or(base)).collect();
    let all: Option<Vec<Duration>> = rules.iter().map(|rule| rule.drop_after).collect();
    match all {
        Some(all) if !all.is_empty() => EolRule { drop_after: all.into_iter().max(), ..base },
        Some(_) => base,
        None => EolRule { drop_after: None, ..base },
    }
}

/// Leaves of what is known only what the lock has to say: what names stand for, the ends of the
/// versions that are wanted, and what was dropped.
pub(super) fn matters(
    dependency: &Dependency,
    past: &Past<'_>,
    before: Option<&LockedLines>,
    releases: &[ChosenRelease],
    mut lines: LockedLines,
) -> LockedLines {
    let part = |release: &ChosenRelease| {
        let order = dependency.scheme.order(&release.version);
        let part = picked_by(dependency, release)?.standing.part(&order)?;
        Some(part.line.clone())
    };
    let used: BTreeSet<String> = releases.iter().filter_map(part).collect();
    let had = |row: &LockedLine| {
        let told =
            before.is_some_and(|it| it.rows.iter().any(|it| it.line == row.line && it.ended));
        told || standing::front(&row.line, &dependency.scheme).is_some_and(|front| {
            past.kept.iter().any(|(version, before)| {
                let order = dependency.scheme.order(version);
                front.matches_key(&order)
                    && dependency.lines.iter().any(|line| {
                        rules::could(line, &order, before.upstream, order.is_prerelease())
                    })
            })
        })
    };
    lines
        .rows
        .retain(|row| !row.names.is_empty() || used.contains(&row.line) || (row.ended && had(row)));
    lines
}

/// Returns the line that picked a version.
fn picked_by<'a>(dependency: &'a Dependency, release: &ChosenRelease) -> Option<&'a VersionLine> {
    dependency.lines.iter().find(|line| line.label() == release.line)
}

/// Tells whether a line without versions is so because they were dropped.
pub(super) fn is_emptied(dependency: &Dependency, line: &VersionLine) -> bool {
    let of_line = |text: &str| {
        let order = Version::new(text).ok().map(|front| dependency.scheme.order(&front));
        let constraint = line.constraint.as_ref();
        constraint.zip(order).is_none_or(|(it, order)| it.value.matches_key(&order))
    };
    line.standing.ended.is_some()
        || line.standing.parts.iter().any(|part| part.ended && of_line(&part.line))
}

/// Warns of lines that end soon, or have ended, while versions of them are wanted.
pub(super) fn warnings(
    dependency: &Dependency,
    releases: &[ChosenRelease],
    as_of: Timestamp,
) -> Vec<Finding> {
    let mut told = BTreeSet::new();
    let mut all = Vec::new();
    for release in releases {
        let Some(line) = picked_by(dependency, release) else { continue };
        let order = dependency.scheme.order(&release.version);
        let (called, end) = match (line.eol, line.standing.part(&order)) {
            (Some(day), _) => (line.label(), End::Day(day)),
            (None, Some(part)) => match part.end {
                Some(end) => (part.line.as_str(), end),
                None => continue,
            },
            (None, None) => continue,
        };
        let rule = line.eol_rule.or(rule(dependency, Some(&release.version)));
        if told.insert((called.to_owned(), end)) {
            all.extend(warning(dependency, line, called, end, rule, as_of));
        }
    }
    all
}

fn warning(
    dependency: &Dependency,
    line: &VersionLine,
    called: &str,
    end: End,
    rule: EolRule,
    as_of: Timestamp,
) -> Option<Finding> {
    let id = &dependency.id;
    let past = is_past(end, as_of);
    let soon = rule
        .warn
        .zip(over(end))
        .is_some_and(|(warn, over)| over.checked_sub(warn).is_ok_and(|from| from <= as_of));
    let (code, mut message) = match (past, end) {
        (true, End::Day(day)) => {
            (Code::LINE_EOL, format!("line `{called}` of `{id}` ended on {day}"))
        }
        (true, End::Past) => (Code::LINE_EOL, format!("line `{called}` of `{id}` is past its end")),
        (false, End::Day(day)) if soon => {
            (Code::LINE_EOL_SOON, format!("line `{called}` of `{id}` ends on {day}"))
        }
        (false, _) => return None,
    };
    let from =
        rule.drop_after.zip(over(end)).and_then(|(after, over)| over.checked_add(after).ok());
    if let Some(from) = from {
        let day = from.to_zoned(TimeZone::UTC).date();
        let when = if from <= as_of {
            "; the next `depstate lock` drops its versions".to_owned()
        } else {
            format!("; `depstate lock` drops its versions from {day} on")
        };
        message.push_str(&when);
    }
    let it = findings::finding(Severity::Warning, code, id, message);
    let it = findings::at(it, line.span);
    Some(match &line.eol_link {
        Some(link) => findings::help(it, format!("upstream says so at {link}")),
        None => it,
    })
}

//! `min-age`: a release is left alone until it is so old.

use std::time::Duration;

use jiff::Timestamp;

use super::{findings, releases::Release};
use crate::model::{Change, Code, Dependency, Finding, Located, Severity, TargetName};

/// What the rule says of a release.
#[derive(Debug)]
pub(super) enum Age {
    /// It may be taken.
    Enough,
    /// It is left alone: the finding says until when.
    Young(Box<Finding>),
}

/// Judges a release that nobody has decided for yet.
pub(super) fn judge(
    dependency: &Dependency,
    release: &Release<'_>,
    listed: &[Release<'_>],
    wanting: &[&TargetName],
    as_of: Timestamp,
) -> Age {
    let Some(age) = wanted(dependency, release, wanting) else { return Age::Enough };
    let id = &dependency.id;
    let shown = shown(age.value);
    let Some(released) = release.released else {
        let none = listed.iter().all(|release| release.released.is_none());
        let (severity, code, message) = if none {
            let message =
                format!("`min-age = \"{shown}\"` of `{id}` needs dates, and its source gives none");
            (Severity::Error, Code::NO_DATES, message)
        } else {
            let message = format!(
                "`{id}@{}` waits: its source gives it no date, and `min-age` is `{shown}`",
                release.version
            );
            (Severity::Warning, Code::TOO_YOUNG, message)
        };
        let it = findings::at(findings::finding(severity, code, id, message), age.span);
        let help = "let the source give `released`, or write `min-age = \"0d\"`";
        return Age::Young(Box::new(findings::help(it, help)));
    };
    let from = released.checked_add(age.value).unwrap_or(Timestamp::MAX);
    if from <= as_of {
        return Age::Enough;
    }
    let message = format!(
        "`{id}@{}` waits until {}: released {}, and `min-age` is `{shown}`",
        release.version,
        second(from),
        second(released),
    );
    let it = findings::finding(Severity::Warning, Code::TOO_YOUNG, id, message);
    Age::Young(Box::new(findings::at(it, age.span)))
}

/// Returns the greatest age that a target asks for: a version enters for all its targets.
fn wanted(
    dependency: &Dependency,
    release: &Release<'_>,
    wanting: &[&TargetName],
) -> Option<Located<Duration>> {
    let overridden = dependency.overrides.iter().any(|o| o.patch.min_age != Change::Keep);
    let age = if overridden {
        let of = |target: &&TargetName| dependency.settings_for(&release.version, target).min_age;
        wanting.iter().filter_map(of).max()
    } else {
        dependency.settings.min_age.clone()
    };
    age.filter(|age| !age.value.is_zero())
}

/// An instant without parts of a second.
fn second(instant: Timestamp) -> String {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant).to_string()
}

/// A duration in the greatest unit that has no rest.
fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm')];
    let unit = units.iter().find(|(size, _)| seconds.is_multiple_of(*size));
    unit.map_or_else(|| format!("{seconds}s"), |(size, unit)| format!("{}{unit}", seconds / size))
}

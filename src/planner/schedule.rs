//! What a schedule decides: which line a name stands for, and when lines end.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    Hold, Options, ask, eol, findings,
    past::{Past, Records},
    question, standing,
};
use crate::model::{
    Blind, Code, Dependency, DependencyId, Finding, Lock, LockedDependency, LockedLine,
    LockedLines, Manifest, Observed, ScheduleRow, Severity, Since, VersionLine, Why,
};

/// What the schedules that were asked say.
pub type Schedules = BTreeMap<DependencyId, Observed<Vec<ScheduleRow>>>;

/// What was decided of one dependency's lines.
#[derive(Debug, Default)]
pub(super) struct Timing {
    /// All that is known of them.
    pub(super) lines: LockedLines,
    /// Whether it was decided now; else it is what the lock says, letter for letter.
    pub(super) anew: bool,
    /// The names that stand for another line than the lock says: name, line before, line now.
    pub(super) moved: Vec<(String, String, String)>,
    /// Why nothing can be decided.
    pub(super) hold: Option<Hold>,
    /// Whether the schedule should have been asked, and could not be.
    pub(super) unsettled: bool,
    pub(super) findings: Vec<Finding>,
    pub(super) blind: Vec<Blind>,
}

/// See [`super::ask_schedules`].
pub(super) fn to_ask(
    manifest: &Manifest,
    lock: &Lock,
    options: &Options,
) -> BTreeSet<DependencyId> {
    let asks = |(id, dependency): &(&DependencyId, &Dependency)| {
        let asked = || question::asked(manifest, id);
        dependency.schedule.is_some()
            && (options.decide
                || options.update.names(id)
                || !ask::answers(lock.dependencies.get(*id), asked()))
    };
    manifest.dependencies.iter().filter(asks).map(|(id, _)| id.clone()).collect()
}

/// Decides the lines of every dependency that has rules of time, or had.
pub(super) fn decide<'a>(
    manifest: &Manifest,
    lock: &'a Lock,
    records: &Records<'a>,
    schedules: &Schedules,
    options: &Options,
) -> BTreeMap<DependencyId, Timing> {
    let mut all = BTreeMap::new();
    for (id, dependency) in &manifest.dependencies {
        let locked = lock.dependencies.get(id);
        let timed = dependency.schedule.is_some() || eol::drops(dependency);
        if !timed && locked.is_none_or(|locked| locked.lines.is_empty()) {
            continue;
        }
        let answers = ask::answers(locked, question::asked(manifest, id));
        let past = Past::new(locked, records.get(id));
        let it = Deciding { dependency, locked, answers, past: &past, options };
        all.insert(id.clone(), it.decide(schedules.get(id)));
    }
    all
}

struct Deciding<'a> {
    dependency: &'a Dependency,
    locked: Option<&'a LockedDependency>,
    /// Whether the lock answers today's question.
    answers: bool,
    past: &'a Past<'a>,
    options: &'a Options,
}

impl Deciding<'_> {
    fn decide(&self, schedule: Option<&Observed<Vec<ScheduleRow>>>) -> Timing {
        let options = self.options;
        let old = self.locked.map(|locked| locked.lines.clone()).unwrap_or_default();
        let asks = options.decide || !self.answers || options.update.names(&self.dependency.id);
        if !asks {
            return Timing { lines: old, ..Timing::default() };
        }
        let mut timing = Timing { anew: true, ..Timing::default() };
        if self.dependency.schedule.is_some() {
            match schedule {
                Some(Observed::Known(rows)) => self.read(&old, rows, &mut timing),
                Some(Observed::Unknown(why)) => self.unseen(&old, why, &mut timing),
                None => self.unseen(&old, &Why::NotAsked, &mut timing),
            }
        }
        if timing.hold.is_some() {
            (timing.lines, timing.anew) = (old, false);
            return timing;
        }
        eol::mark(self.dependency, self.past, options.as_of, &mut timing.lines);
        timing
    }

    /// The lock's word holds. It is an error for whoever decides, and where the lock has none.
    fn unseen(&self, old: &LockedLines, why: &Why, timing: &mut Timing) {
        timing.lines.rows.clone_from(&old.rows);
        let id = &self.dependency.id;
        let code = match why {
            Why::NotAsked => Code::SOURCE_FAILED,
            Why::Failed(failure) => failure.code,
        };
        let why = match why {
            // What is right stays right without a network.
            Why::NotAsked if self.answers => return,
            Why::NotAsked => "its schedule was not asked".to_owned(),
            Why::Failed(failure) => format!("its schedule could not be read: {}", failure.message),
        };
        timing.unsettled = true;
        timing.blind.push(Blind { dependency: Some(id.clone()), why: why.clone() });
        let unknown = self.named().find(|(_, name)| old.named(name).is_none());
        if unknown.is_none()
            && !self.options.decide
            && !self.options.update.names(id)
            && !code.is_refusal()
        {
            return;
        }
        let message = match unknown {
            Some((_, name)) => {
                format!("nobody knows what line `{name}` of `{id}` stands for: {why}")
            }
            None => format!("the lines of `{id}` can't be decided anew: {why}"),
        };
        timing.refuse(self.at(self.finding(Severity::of(code), code, message)));
    }

    /// Takes what the schedule says.
    fn read(&self, old: &LockedLines, rows: &[ScheduleRow], timing: &mut Timing) {
        if let Some(finding) = self.shrank(old, rows) {
            timing.hold = Some(Hold::Shrank);
            timing.findings.push(finding);
            return;
        }
        let mut lines: BTreeMap<&str, LockedLine> = BTreeMap::new();
        // A line that the schedule lists no more ends when it was said to.
        for row in &old.rows {
            lines.insert(&row.line, LockedLine { names: Vec::new(), ended: false, ..row.clone() });
        }
        for row in rows {
            let (line, end) = (row.line.clone(), row.end);
            lines.insert(&row.line, LockedLine { line, end, names: Vec::new(), ended: false });
        }
        let names: BTreeSet<&str> = self.named().map(|(_, name)| name).collect();
        for name in names {
            let before = old.named(name).map(|row| row.line.as_str());
            let now = self.bearer(rows, name).map(|row| row.line.as_str());
            // Where the last line that bore the name has ended, it goes on standing for that one.
            let Some(line) = now.or(before) else {
                timing.refuse(self.unnamed(rows, name));
                return;
            };
            if let Some(before) = before.filter(|before| *before != line) {
                timing.moved.push((name.to_owned(), before.to_owned(), line.to_owned()));
            }
            if let Some(row) = lines.get_mut(line) {
                row.names.push(name.to_owned());
            }
        }
        timing.lines.rows = sorted(lines.into_values().collect());
    }

    /// Returns the newest line that bears a name and is not past its end.
    fn bearer<'r>(&self, rows: &'r [ScheduleRow], name: &str) -> Option<&'r ScheduleRow> {
        let as_of = self.options.as_of;
        rows.iter()
            .filter(|row| match row.names.get(name) {
                None => false,
                Some(Since::Ever) => true,
                Some(Since::Day(day)) => begin(*day) <= as_of,
            })
            .filter(|row| row.end.is_none_or(|end| !eol::is_past(end, as_of)))
            .filter(|row| standing::front(&row.line, &self.dependency.scheme).is_some())
            .max_by_key(|row| (standing::numbers(&row.line), &row.line))
    }

    /// Refuses a schedule that lacks the line that a name stood for, or everything.
    fn shrank(&self, old: &LockedLines, rows: &[ScheduleRow]) -> Option<Finding> {
        let id = &self.dependency.id;
        let lacks = |line: &str| !rows.iter().any(|row| row.line == line);
        let lost = self.named().find_map(|(_, name)| {
            let row = old.named(name).filter(|row| lacks(&row.line))?;
            Some(format!("the schedule of `{id}` lacks line `{}`, the `{name}` one", row.line))
        });
        let empty = (rows.is_empty() && !old.rows.is_empty())
            .then(|| format!("the schedule of `{id}` lists no line any more"));
        let it = self.finding(Severity::Refused, Code::INDEX_SHRANK, lost.or(empty)?);
        let way = "look at the document; if it is meant, write a `constraint` in place of the name";
        Some(findings::help(self.at(it), way))
    }

    fn unnamed(&self, rows: &[ScheduleRow], name: &str) -> Finding {
        let id = &self.dependency.id;
        let names: BTreeSet<&str> =
            rows.iter().flat_map(|row| row.names.keys().map(String::as_str)).collect();
        let message = if names.contains(name) {
            let day = self.options.as_of.to_zoned(TimeZone::UTC).date();
            format!("no line of the schedule of `{id}` bears the name `{name}` on {day}")
        } else {
            format!("no line of the schedule of `{id}` bears the name `{name}`")
        };
        let it = self.finding(Severity::Error, Code::NO_SUCH_NAME, message);
        let span = self.named().find(|(_, it)| *it == name).map(|(line, _)| line.span);
        let it = findings::at(it, span.unwrap_or(self.dependency.span));
        let help = if names.is_empty() {
            format!("none of its {} lines has a name: look at `schedule.select`", rows.len())
        } else {
            format!("its lines bear {}", findings::listed(names.iter().take(10)))
        };
        findings::help(it, help)
    }

    fn named(&self) -> impl Iterator<Item = (&VersionLine, &str)> {
        let lines = self.dependency.lines.iter();
        lines.filter_map(|line| Some((line, line.name.as_ref()?.value.as_str())))
    }

    fn finding(&self, severity: Severity, code: Code, message: String) -> Finding {
        findings::finding(severity, code, &self.dependency.id, message)
    }

    fn at(&self, finding: Finding) -> Finding {
        let schedule = self.dependency.schedule.as_ref();
        findings::at(finding, schedule.map_or(self.dependency.span, |schedule| schedule.span))
    }
}

impl Timing {
    fn refuse(&mut self, finding: Finding) {
        self.hold = Some(Hold::Unclear);
        self.findings.push(finding);
    }

    /// Lets the names stand for what they stood for, because of the new lines nothing is to be had.
    pub(super) fn stay(&self) -> LockedLines {
        let mut lines = self.lines.clone();
        for row in &mut lines.rows {
            row.names.retain(|name| !self.moved.iter().any(|(moved, ..)| moved == name));
            let stood = self.moved.iter().filter(|(_, before, _)| *before == row.line);
            row.names.extend(stood.map(|(name, ..)| name.clone()));
            row.names.sort();
        }
        lines
    }
}

/// Newest first.
fn sorted(mut rows: Vec<LockedLine>) -> Vec<LockedLine> {
    rows.sort_by_cached_key(|row| {
        std::cmp::Reverse((standing::numbers(&row.line), row.line.clone()))
    });
    rows
}

/// The first instant of a day, UTC; of one that is too far away, the last instant that there is.
pub(super) fn begin(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

//! Why a version is wanted or not: every name that a source lists, and the rule that decided.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Options,
    age::{self, Age},
    ask,
    files::Finder,
    findings,
    gaps::Gap,
    past::{self, Past},
    pick::{Picked, Picker},
    releases::{self, Release},
    rules, standing,
};
use crate::{
    model::{
        Dependency, DependencyId, Keep, Listing, Lock, Manifest, NotWanted, OrderKey, Snapshot,
        Version, VersionLine,
    },
    template::Engine,
};

/// What becomes of one name that a source lists, or of one version that was decided before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What upstream calls it.
    pub upstream: String,
    /// The version in the name; none: it is no release.
    pub version: Option<Version>,
    /// When it was released, where that is known.
    pub released: Option<Timestamp>,
    /// Whether an update wants it.
    pub wanted: bool,
    /// Whether deps.lock has it.
    pub locked: bool,
    /// Whether it is published.
    pub published: bool,
    /// The rule that decided, a word for programs: `line`, `no-release`, `no-line`, `pre-release`,
    /// `excluded`, `older`, `too-young`, `line-eol`, `yanked`, `later`, `waits`, `wrong`, `not-listed`.
    pub rule: &'static str,
    /// The same as a sentence's end.
    pub why: String,
}

/// See [`super::why`].
pub(super) fn why(
    manifest: &Manifest,
    lock: &Lock,
    published: Option<&Snapshot>,
    id: &DependencyId,
    listing: Option<&Listing>,
    options: &Options,
) -> Vec<Verdict> {
    let laid = standing::lay(manifest, |it| Some(&lock.dependencies.get(it)?.lines));
    let manifest = &*laid;
    let Some(first) = manifest.dependencies.get(id) else { return Vec::new() };
    let by = first.by_source(listing.map_or(0, |listing| listing.fallback));
    let dependency = &*by;
    let own = ask::own(manifest, published);
    let records = past::records(own);
    let mut past = Past::new(lock.dependencies.get(id), records.get(id));
    let retired = past::retired(own);
    past.remember(retired.get(id));
    let listed = listing.map(|listing| releases::read(dependency, listing));
    let engine = Engine::new();
    let picker = Picker {
        finder: Finder { engine: &engine, manifest, dependency },
        past: &past,
        listed: listed.as_deref(),
        options,
        changed: false,
    };
    let picked = picker.pick(listed.is_some());
    let judge = Judge { dependency, options, picked: &picked, waiting: waiting(&picked) };
    let locked: BTreeSet<&Version> = lock
        .dependencies
        .get(id)
        .into_iter()
        .flat_map(|it| &it.releases)
        .map(|it| &it.version)
        .collect();
    let there: BTreeSet<&Version> =
        records.get(id).into_iter().flat_map(|it| it.keys().copied()).collect();
    let mut verdicts: Vec<(Option<(OrderKey, Version)>, Verdict)> = Vec::new();
    for release in listed.iter().flatten() {
        let (wanted, rule, why) = judge.listed(release);
        let version = release.version.clone();
        let verdict = Verdict {
            upstream: release.upstream.to_owned(),
            released: release.released,
            wanted,
            locked: locked.contains(&version),
            published: there.contains(&version),
            rule,
            why,
            version: Some(version.clone()),
        };
        verdicts.push((Some((release.order.clone(), version)), verdict));
    }
    let seen: BTreeSet<Version> =
        listed.iter().flatten().map(|release| release.version.clone()).collect();
    let before = past.kept.iter().chain(&past.published).filter(|(it, _)| !seen.contains(**it));
    for (version, before) in before {
        let order = dependency.scheme.order(version);
        let (wanted, rule, why) = judge.decided(version, listed.is_some());
        let verdict = Verdict {
            upstream: before.upstream.to_owned(),
            version: Some((*version).clone()),
            released: before.released,
            wanted,
            locked: locked.contains(*version),
            published: there.contains(*version),
            rule,
            why,
        };
        verdicts.push((Some((order, (*version).clone())), verdict));
    }
    for name in listing.into_iter().flat_map(|it| no_releases(dependency, it)) {
        verdicts.push((None, name));
    }
    verdicts.sort_by(|a, b| b.0.cmp(&a.0));
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

/// What lacks a file, and which.
fn waiting(picked: &Picked) -> BTreeMap<Version, String> {
    let mut waiting = BTreeMap::new();
    for gap in &picked.gaps {
        if let Gap::File(address, why) = gap {
            waiting.entry(address.version.clone()).or_insert_with(|| why.clone());
        }
    }
    for finding in &picked.findings {
        if let Some(address) = &finding.address {
            waiting.entry(address.version.clone()).or_insert_with(|| finding.message.clone());
        }
    }
    waiting
}

/// Names that are no release of the product.
fn no_releases(dependency: &Dependency, listing: &Listing) -> Vec<Verdict> {
    let names: BTreeSet<&str> = listing.rows.iter().map(|row| row.upstream.as_str()).collect();
    let why = if dependency.source.extract.is_empty() {
        format!("the scheme `{}` finds no version in the name", dependency.scheme.name())
    } else {
        "no `extract` finds a version in the name".to_owned()
    };
    names
        .into_iter()
        .filter(|name| releases::version_of(dependency, name).is_none())
        .map(|name| Verdict {
            upstream: name.to_owned(),
            version: None,
            released: None,
            wanted: false,
            locked: false,
            published: false,
            rule: "no-release",
            why: why.clone(),
        })
        .collect()
}

type Ruling = (bool, &'static str, String);

struct Judge<'a> {
    dependency: &'a Dependency,
    options: &'a Options,
    picked: &'a Picked,
    waiting: BTreeMap<Version, String>,
}

impl Judge<'_> {
    fn listed(&self, release: &Release<'_>) -> Ruling {
        if let Some(line) = self.line(&release.version) {
            return (true, "line", format!("line `{line}` keeps it"));
        }
        let no = |rule: &'static str, why: String| (false, rule, why);
        if let Some(wrong) = &release.wrong {
            return no("wrong", wrong.message.clone());
        }
        if release.yanked {
            return no("yanked", "upstream took it back".to_owned());
        }
        if let Some(day) = release.released.filter(|day| *day > self.options.as_of) {
            return no(
                "later",
                format!("it was released on {}, after the day of this look", date(day)),
            );
        }
        let (wanted, rule, why) =
            self.refused(&release.version, &release.order, release.upstream, release.prerelease);
        let wanting = rules::wanting(self.dependency, &release.order);
        let alone = std::slice::from_ref(release);
        let as_of = self.options.as_of;
        match age::judge(self.dependency, release, alone, &wanting, as_of) {
            Age::Young(finding) if rule == "older" => no("too-young", finding.message),
            Age::Young(_) | Age::Enough => (wanted, rule, why),
        }
    }

    /// A version that the source does not list, or was not asked for.
    fn decided(&self, version: &Version, asked: bool) -> Ruling {
        if let Some(line) = self.line(version) {
            let gone = if asked { "; the source does not list it any more" } else { "" };
            return (true, "line", format!("line `{line}` keeps it{gone}"));
        }
        let order = self.dependency.scheme.order(version);
        let (_, rule, why) = self.refused(version, &order, version.as_str(), order.is_prerelease());
        (false, rule, why)
    }

    fn line(&self, version: &Version) -> Option<&str> {
        let chosen = self.picked.releases.iter().find(|it| it.version == *version)?;
        Some(&chosen.line)
    }

    fn refused(
        &self,
        version: &Version,
        order: &OrderKey,
        upstream: &str,
        prerelease: bool,
    ) -> Ruling {
        let no = |rule: &'static str, why: String| (false, rule, why);
        let lines: Vec<&VersionLine> = self
            .dependency
            .lines
            .iter()
            .filter(|line| rules::fits(line, order, upstream, prerelease))
            .collect();
        let Some(line) = lines.first() else {
            let would = |line: &&VersionLine| rules::fits(line, order, upstream, false);
            return match self.dependency.lines.iter().find(would) {
                Some(line) if prerelease => no(
                    "pre-release",
                    format!("a pre-release, and line `{}` takes none", line.label()),
                ),
                _ => match rules::past_its_end(self.dependency, order, upstream) {
                    Some(NotWanted::LineEol { line, day: Some(day) }) => {
                        no("line-eol", format!("line `{line}` ended on {day}"))
                    }
                    Some(NotWanted::LineEol { line, day: None }) => {
                        no("line-eol", format!("line `{line}` is past its end"))
                    }
                    Some(_) | None => no("no-line", self.no_line()),
                },
            };
        };
        let targets = &self.dependency.targets;
        let out: Vec<_> = targets
            .iter()
            .filter_map(|it| Some((it, rules::leaves_out(self.dependency, order, it)?)))
            .collect();
        if out.len() == targets.len() && !out.is_empty() {
            let mut reasons: Vec<String> = out
                .iter()
                .map(|(_, rule)| {
                    let reason = rule.reason.as_deref().unwrap_or("no reason given");
                    format!("`{}` ({reason})", rule.constraint)
                })
                .collect();
            reasons.dedup();
            return no("excluded", format!("left out by {}", reasons.join(", ")));
        }
        if let Some(why) = self.waiting.get(version) {
            return no("waits", format!("it is not whole: {why}"));
        }
        let keep = match line.keep {
            Keep::Newest(keep) => keep.to_string(),
            Keep::All => "all".to_owned(),
        };
        no("older", format!("line `{}` keeps {keep}, and newer ones fill it", line.label()))
    }

    fn no_line(&self) -> String {
        let lines = self.dependency.lines.iter().map(VersionLine::label);
        format!("no line takes it ({})", findings::listed(lines))
    }
}

fn date(day: Timestamp) -> String {
    day.strftime("%Y-%m-%d").to_string()
}

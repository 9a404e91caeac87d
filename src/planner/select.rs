//! Which versions are wanted: what was decided is kept, the rest comes from the listings.

use std::collections::BTreeMap;

use super::{
    Chosen, ChosenFile, Hold, Options, Question, Selection, ask, eol,
    files::Finder,
    findings,
    gaps::{self, Gap},
    guard,
    past::{self, Past, Records, Retired},
    pick::{Picked, Picker},
    question, releases, rules,
    schedule::{self, Schedules, Timing},
    standing,
};
use crate::{
    model::{
        Blind, Code, Dependency, DependencyId, Finding, Listing, Lock, LockedLines, Manifest,
        Observed, Severity, Sha256, Snapshot, VersionLine, Why,
    },
    template::Engine,
};

/// An answer that is missing: nobody asked, though somebody should have.
const UNASKED: Observed<Listing> = Observed::Unknown(Why::NotAsked);

/// What sources and schedules answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answers<'a> {
    pub(super) listings: &'a BTreeMap<DependencyId, Observed<Listing>>,
    pub(super) schedules: &'a Schedules,
}

/// See [`super::select`].
pub(super) fn select(
    manifest: &Manifest,
    lock: &Lock,
    published: Option<&Snapshot>,
    answers: &Answers<'_>,
    options: &Options,
) -> Selection {
    let published = ask::own(manifest, published);
    let records = past::records(published);
    let timings = schedule::decide(manifest, lock, &records, answers.schedules, options);
    let standing = standing::lay(manifest, |id| Some(&timings.get(id)?.lines));
    let world = World {
        lock,
        listings: answers.listings,
        retired: past::retired(published),
        records,
        options,
        engine: &Engine::new(),
    };
    let untimed = Timing::default();
    let mut selection = Selection::default();
    for (id, dependency) in &manifest.dependencies {
        let timing = timings.get(id).unwrap_or(&untimed);
        let mut now = Selection::default();
        let mut chosen = world.one(&standing, id, timing, &timing.lines, &mut now);
        let standing = standing.dependencies.get(id);
        if let Some(first) = chosen.take_if(|it| stuck(timing, standing, it)) {
            let lines = timing.stay();
            let standing = standing::lay(manifest, |it| (it == id).then_some(&lines));
            let mut then = Selection::default();
            chosen = world.one(&standing, id, timing, &lines, &mut then);
            if first.hold.is_none() {
                then.findings.extend(timing.moved.iter().map(|it| stays(dependency, it)));
                now = then;
            }
        }
        selection.findings.append(&mut now.findings);
        selection.blind.append(&mut now.blind);
        if let Some(chosen) = chosen {
            selection.dependencies.insert(id.clone(), chosen);
        }
    }
    accepts(options, &mut selection);
    selection.findings.sort();
    selection.findings.dedup();
    selection
}

/// All that a dependency is decided by, beside itself.
struct World<'a> {
    lock: &'a Lock,
    listings: &'a BTreeMap<DependencyId, Observed<Listing>>,
    records: Records<'a>,
    retired: Retired<'a>,
    options: &'a Options,
    engine: &'a Engine,
}

impl World<'_> {
    /// Decides one dependency, its lines standing as they do in `manifest`.
    fn one(
        &self,
        manifest: &Manifest,
        id: &DependencyId,
        timing: &Timing,
        lines: &LockedLines,
        into: &mut Selection,
    ) -> Option<Chosen> {
        let dependency = manifest.dependencies.get(id)?;
        let locked = self.lock.dependencies.get(id);
        let asked = question::asked(manifest, id);
        let mut past = Past::new(locked, self.records.get(id));
        let lost = ask::answers(locked, asked) && past.recall(dependency);
        past.remember(self.retired.get(id));
        let finder = Finder { engine: self.engine, manifest, dependency };
        let changed = locked.is_some_and(|it| it.asked.is_some_and(|it| it != asked));
        let picker = Picker { finder, past: &past, listed: None, options: self.options, changed };
        let listing = self.listings.get(id).or_else(|| {
            let moved = !timing.moved.is_empty();
            let asks = ask::whether(&picker, locked, asked, lost, moved) != Question::Settled;
            asks.then_some(&UNASKED)
        });
        into.findings.extend(timing.findings.iter().cloned());
        into.blind.extend(timing.blind.iter().cloned());
        let mut chosen = if timing.hold.is_some() {
            // What names stand for is not known, so nothing is known to be missing either.
            chosen(&picker, picker.pick(false), None, timing.hold)
        } else {
            decide(&picker, listing, asked, into)
        };
        if timing.unsettled {
            chosen.asked = None;
        }
        let before = locked.map(|locked| &locked.lines);
        chosen.lines = match (before, chosen.hold) {
            (Some(before), Some(_)) => before.clone(),
            (None, Some(_)) => LockedLines::default(),
            (_, None) if !timing.anew => lines.clone(),
            (_, None) => eol::matters(dependency, &past, before, &chosen.releases, lines.clone()),
        };
        into.findings.extend(eol::warnings(dependency, &chosen.releases, self.options.as_of));
        Some(chosen)
    }
}

/// Tells whether a name stands for a line now of which nothing is to be had.
fn stuck(timing: &Timing, dependency: Option<&Dependency>, chosen: &Chosen) -> bool {
    let lines = dependency.into_iter().flat_map(|dependency| &dependency.lines);
    let moved = |line: &&VersionLine| {
        let name = line.name.as_ref().map(|name| &name.value);
        timing.moved.iter().any(|(moved, ..)| Some(moved) == name)
    };
    let lacks = |line: &VersionLine| {
        !chosen.releases.iter().any(|release| {
            let order = chosen.scheme.order(&release.version);
            rules::fits(line, &order, &release.upstream, order.is_prerelease())
        })
    };
    lines.filter(moved).any(lacks)
}

/// Warns that a name goes on standing for the line that it stood for.
fn stays(dependency: &Dependency, (name, before, now): &(String, String, String)) -> Finding {
    let message = format!(
        "`{name}` of `{}` now stands for line `{now}`, of which nothing is to be had: it stays `{before}`",
        dependency.id
    );
    let line = dependency.lines.iter().find(|line| line.label() == name);
    let it = findings::finding(Severity::Warning, Code::INCOMPLETE, &dependency.id, message);
    findings::at(it, line.map_or(dependency.span, |line| line.span))
}

/// Says which addresses can't be accepted because nobody wants them.
fn accepts(options: &Options, selection: &mut Selection) {
    for address in &options.accept {
        let chosen = selection.dependencies.get(&address.dependency);
        let mut releases = chosen.into_iter().flat_map(|chosen| &chosen.releases);
        let wanted = releases
            .any(|it| it.version == address.version && it.files.contains_key(&address.target));
        // Where nothing could be decided, that is what has to be read.
        if !wanted && chosen.is_none_or(|chosen| chosen.hold.is_none()) {
            let message = format!("nothing to accept: `{address}` is not wanted");
            let code = Code::BAD_FILTER;
            let it = findings::about(Severity::Error, code, address, message);
            selection.findings.push(findings::help(
                it,
                "give the address of a wanted artifact: `id@version/target`",
            ));
        }
    }
}

fn decide(
    picker: &Picker<'_>,
    listing: Option<&Observed<Listing>>,
    asked: Sha256,
    into: &mut Selection,
) -> Chosen {
    let dependency = picker.finder.dependency;
    let listing = match listing {
        None => {
            let mut picked = picker.pick(false);
            tell(picker, &mut picked, into);
            let settled = !picked.failed();
            return chosen(picker, picked, settled.then_some(asked), None);
        }
        Some(Observed::Unknown(why)) => return unseen(picker, why, into),
        Some(Observed::Known(listing)) => listing,
    };
    // What stands in for a source has addresses and words of its own.
    let dependency = &*dependency.by_source(listing.fallback);
    let picker = &Picker { finder: Finder { dependency, ..picker.finder }, ..*picker };
    into.findings.extend(stands_in(dependency, listing));
    let chosen = |picked, asked, hold| Chosen {
        fallback: Some(listing.fallback),
        ..chosen(picker, picked, asked, hold)
    };
    let listed = releases::read(dependency, listing);
    if let Some(finding) = guard::index_shrank(dependency, picker.past, &listed) {
        into.findings.push(finding);
        let mut picked = picker.pick(false);
        tell(picker, &mut picked, into);
        return chosen(picked, None, Some(Hold::Shrank));
    }
    if listed.is_empty() {
        into.findings.push(lists_nothing(picker, listing));
        return chosen(Picked::default(), None, None);
    }
    let informed = Picker { listed: Some(&listed), ..*picker };
    let mut picked = informed.pick(picker.options.update.names(&dependency.id));
    if picked.failed() {
        // What can't be decided changes nothing: the lock holds until it is mended.
        into.findings.append(&mut picked.findings);
        return chosen(picker.pick(false), None, Some(Hold::Unclear));
    }
    let refused = picked.findings.iter().any(|it| it.severity == Severity::Refused);
    tell(&informed, &mut picked, into);
    chosen(picked, (!refused).then_some(asked), None)
}

/// The listing is not known: what was decided is kept, and it is an error if anything is missing.
fn unseen(picker: &Picker<'_>, why: &Why, into: &mut Selection) -> Chosen {
    let dependency = picker.finder.dependency;
    let id = &dependency.id;
    let unasked = *why == Why::NotAsked;
    let (code, why) = match why {
        Why::NotAsked => (Code::SOURCE_FAILED, "its source was not asked".to_owned()),
        Why::Failed(failure) => (failure.code, failure.message.clone()),
    };
    into.blind.push(Blind { dependency: Some(id.clone()), why: why.clone() });
    let mut picked = picker.pick(false);
    into.findings.append(&mut picked.findings);
    let failed = |message: String| {
        let it = findings::finding(Severity::of(code), code, id, message);
        findings::at(it, dependency.source.driver.span)
    };
    // A line that `exclude` empties on a target says nothing about the source.
    let lacks = |gap: &&Gap| !matches!(gap, Gap::Target(..));
    let missing: Vec<String> =
        picked.gaps.iter().filter(lacks).map(|gap| gaps::name(&dependency.lines, gap)).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        into.findings.push(failed(format!("`{id}` lacks {missing}, and {why}")));
    } else if picker.changed && (unasked || picked.lacks) {
        into.findings.push(failed(format!(
            "deps.toml asks for something else of `{id}` than deps.lock answers, and {why}"
        )));
    } else if picker.options.update.names(id) || code.is_refusal() {
        into.findings.push(failed(format!("no newer version of `{id}` can be looked for: {why}")));
    }
    chosen(picker, picked, None, Some(Hold::Unclear))
}

/// Hands on what was found, gaps as warnings.
fn tell(picker: &Picker<'_>, picked: &mut Picked, into: &mut Selection) {
    into.findings.append(&mut picked.findings);
    into.findings.extend(picked.gaps.iter().map(|gap| gaps::warning(picker, gap)));
}

fn chosen(
    picker: &Picker<'_>,
    mut picked: Picked,
    asked: Option<Sha256>,
    hold: Option<Hold>,
) -> Chosen {
    if hold.is_some() {
        // The lock holds, with the sub-dependencies that it has.
        for file in picked.releases.iter_mut().flat_map(|release| release.files.values_mut()) {
            if let ChosenFile::Decided { extra, .. } = file {
                *extra = None;
            }
        }
    }
    let scheme = picker.finder.dependency.scheme.clone();
    let lines = LockedLines::default();
    Chosen { asked, releases: picked.releases, scheme, hold, fallback: None, lines }
}

/// Tells that an answer is not the first source's fresh one.
fn stands_in(dependency: &Dependency, listing: &Listing) -> Option<Finding> {
    let id = &dependency.id;
    let why = listing.why.as_deref()?;
    let (code, message) = match listing.kept_since {
        Some(since) => (
            Code::STALE_INDEX,
            format!("an old answer stands in for the source of `{id}`, right at {since}: {why}"),
        ),
        None => (
            Code::FALLBACK_USED,
            format!("fallback {} answers for the source of `{id}`: {why}", listing.fallback),
        ),
    };
    let it = findings::finding(Severity::Warning, code, id, message);
    Some(findings::at(it, dependency.source.driver.span))
}

fn lists_nothing(picker: &Picker<'_>, listing: &Listing) -> Finding {
    let dependency = picker.finder.dependency;
    let id = &dependency.id;
    let message = match listing.rows.first() {
        None => format!("the source of `{id}` lists nothing"),
        Some(row) => format!(
            "the source of `{id}` lists no release: none of its {} names is a version, such as `{}`",
            listing.rows.len(),
            row.upstream.chars().take(80).collect::<String>(),
        ),
    };
    let it = findings::finding(Severity::Error, Code::SOURCE_ANSWER, id, message);
    findings::at(it, dependency.source.driver.span)
}

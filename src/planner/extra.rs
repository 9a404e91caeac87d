//! Sub-dependencies: what is asked about those of a file, and what is known of them.

use std::collections::BTreeMap;

use super::{
    Candidate, ChecksumQuery, ChosenFile, ExtraQuery, LocatedFile,
    expand::{self, About, Scene},
    files::Finder,
    findings, names,
    past::Past,
    releases,
};
use crate::model::{
    Address, Artifact, ChecksumRule, Code, Digest, Evidence, ExtraFile, Finding, InputName,
    LockedArtifact, Reason, Record, Severity, Target, WantedExtra,
};

/// Sub-dependencies by id.
pub(super) type Files = BTreeMap<String, ExtraFile>;

/// All that was decided before of the sub-dependencies of one dependency: what one artifact has
/// locked, another gets without a request.
pub(super) type Decided<'a> = BTreeMap<(&'a str, &'a str, &'a str), &'a ExtraFile>;

/// Gathers what was decided before.
pub(super) fn decided<'a>(past: &'a Past<'a>) -> Decided<'a> {
    let mut all = Decided::new();
    for before in past.kept.values().chain(past.published.values()) {
        for (artifact, _) in before.files.values() {
            for (id, it) in &artifact.extra {
                all.entry((id.as_str(), it.version.as_str(), it.url.as_str())).or_insert(it);
            }
        }
    }
    all
}

/// How much of what was decided before counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before<'a> {
    /// What this very artifact has.
    pub(super) own: Option<&'a LockedArtifact>,
    /// What any artifact has.
    pub(super) all: &'a Decided<'a>,
    /// deps.toml asks another question than the lock answers: it may have begun to say where digests
    /// are found.
    pub(super) changed: bool,
    /// Other bytes are accepted, so nothing counts.
    pub(super) accept: bool,
}

/// Asks about the sub-dependencies that an address wants.
///
/// # Errors
/// A finding at its place in deps.toml.
pub(super) fn queries(
    finder: &Finder<'_>,
    address: &Address,
    upstream: &str,
    before: Before<'_>,
) -> Result<BTreeMap<String, ExtraQuery>, Box<Finding>> {
    let dependency = finder.dependency;
    let wanted = dependency.extra_of(&address.version, &address.target);
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let any = Target::default();
    let target = expand::target(finder.manifest, &address.target, &any);
    let settings = dependency.settings_for(&address.version, &address.target);
    let groups = releases::groups(dependency, upstream);
    let scene = Scene {
        dependency,
        version: &address.version,
        upstream,
        numbers: expand::numbers(dependency, &address.version),
        matches: groups.as_ref(),
        target_name: &address.target,
        target,
        os: expand::word(&settings.replacements, target.os.as_ref()),
        arch: expand::word(&settings.replacements, target.arch.as_ref()),
        release: None,
    };
    let one = |(id, wanted): (&str, WantedExtra<'_>)| {
        Ok((id.to_owned(), query(finder, address, &scene, id, wanted, before)?))
    };
    wanted.into_iter().map(one).collect()
}

fn query(
    finder: &Finder<'_>,
    address: &Address,
    scene: &Scene<'_>,
    id: &str,
    wanted: WantedExtra<'_>,
    before: Before<'_>,
) -> Result<ExtraQuery, Box<Finding>> {
    let version = wanted.version.value.as_str();
    let Some(artifact) = wanted.artifact else {
        let message = format!("`{id}` of `{address}` has no address");
        let it = findings::about(Severity::Error, Code::MISSING_KEY, address, message);
        let it = findings::at(it, wanted.version.span);
        let help = "no block of `extra` that fits it gives `artifact`: write one here";
        return Err(Box::new(findings::help(it, help)));
    };
    let extra = (id, version);
    let url = scene.render_extra(finder.engine, artifact, About::default(), extra)?;
    let about = About { url: Some(&url), sha256: None };
    let checksum = match wanted.checksum {
        Some(rule) => checksum(finder, scene, rule, about, extra)?,
        None => None,
    };
    let expect = if before.accept {
        None
    } else {
        let own = before.own.and_then(|own| own.extra.get(id)).filter(|it| it.version == version);
        own.or_else(|| before.all.get(&(id, version, url.as_str())).copied())
    };
    let mut query = ExtraQuery {
        version: version.to_owned(),
        checksum,
        expect: expect.cloned(),
        name: names::file_name(&url),
        url,
    };
    let needless = query.expect.as_ref().is_some_and(|expect| says_nothing(&query, expect, before));
    if needless {
        query.checksum = None;
    }
    Ok(query)
}

/// Tells whether asking again could not change what was decided.
fn says_nothing(query: &ExtraQuery, decided: &ExtraFile, before: Before<'_>) -> bool {
    decided.url == query.url
        && match &query.checksum {
            None => true,
            Some(ChecksumQuery::Given(digest)) => {
                let same = digest.sha256().is_none_or(|it| Some(it) == decided.sha256);
                let told = digest.sha256().is_some() || !before.changed;
                same && told && decided.evidence == Evidence::Given
            }
            Some(ChecksumQuery::File { .. }) => {
                !before.changed && decided.evidence >= Evidence::ChecksumFile
            }
        }
}

fn checksum(
    finder: &Finder<'_>,
    scene: &Scene<'_>,
    rule: &ChecksumRule,
    about: About<'_>,
    extra: (&str, &str),
) -> Result<Option<ChecksumQuery>, Box<Finding>> {
    Ok(match rule {
        ChecksumRule::Given { algorithm, hex } => {
            let text = scene.render_extra(finder.engine, hex, about, extra)?;
            let digest = Digest::from_hex(*algorithm, text.trim()).map_err(|error| {
                let id = &scene.dependency.id;
                let message = format!("`{}` {} of `{id}`: {error}", extra.0, extra.1);
                let it = findings::finding(Severity::Error, Code::BAD_DIGEST, id, message);
                Box::new(findings::at(it, hex.span))
            })?;
            Some(ChecksumQuery::Given(digest))
        }
        ChecksumRule::Url { url, select } => Some(ChecksumQuery::File {
            url: scene.render_extra(finder.engine, url, about, extra)?,
            select: select.as_ref().map(|text| text.value.clone()),
            digest: None,
            algorithm: None,
        }),
        // Refused when deps.toml is read: there is no release to look in.
        ChecksumRule::Asset { .. } => None,
    })
}

/// Gives a chosen file the sub-dependencies that are wanted.
pub(super) fn given(file: ChosenFile, queries: BTreeMap<String, ExtraQuery>) -> ChosenFile {
    match file {
        ChosenFile::Candidate(candidate) => {
            ChosenFile::Candidate(Candidate { extra: queries, ..candidate })
        }
        ChosenFile::Decided { artifact, by, .. } => {
            let same = queries.len() == artifact.extra.len()
                && queries.iter().all(|(id, query)| {
                    query.is_settled() && artifact.extra.get(id) == query.expect.as_ref()
                });
            ChosenFile::Decided { artifact, by, extra: (!same).then_some(queries) }
        }
    }
}

/// What is known of the sub-dependencies of a chosen file.
#[derive(Debug, Default)]
pub(super) struct Laid<'a> {
    /// By id; where upstream has other bytes, as they were decided.
    pub(super) files: Files,
    /// Upstream has other bytes than the decided ones.
    pub(super) changed: Vec<(&'a str, &'a ExtraFile, ExtraFile)>,
    /// Whether upstream still has the decided bytes at another address is not known.
    pub(super) unchecked: Vec<&'a str>,
    /// Whoever should have looked found nothing out.
    pub(super) unknown: bool,
}

impl Laid<'_> {
    /// Tells whether every digest is known.
    pub(super) fn is_whole(&self) -> bool {
        !self.unknown && self.files.values().all(|file| file.sha256.is_some())
    }
}

/// Lays the sub-dependencies of a chosen file beside what was found out about them.
pub(super) fn lay<'a>(file: &'a ChosenFile, located: Option<&LocatedFile>) -> Laid<'a> {
    let queries = match file {
        ChosenFile::Candidate(candidate) => &candidate.extra,
        ChosenFile::Decided { extra: Some(queries), .. } => queries,
        ChosenFile::Decided { artifact, extra: None, .. } => {
            return Laid { files: artifact.extra.clone(), ..Laid::default() };
        }
    };
    let mut laid = Laid::default();
    for (id, query) in queries {
        let found = located.and_then(|located| located.extra.get(id)).cloned();
        if found.is_none() && !query.is_settled() {
            laid.unknown = true;
            continue;
        }
        let found = found.unwrap_or_else(|| query.as_known());
        let file = match (&query.expect, found.sha256) {
            (Some(decided), Some(sha256)) if decided.sha256 != Some(sha256) => {
                laid.changed.push((id, decided, found));
                decided.clone()
            }
            (Some(decided), None) => {
                laid.unchecked.push(id);
                decided.clone()
            }
            (_, _) => found,
        };
        laid.files.insert(id.clone(), file);
    }
    laid
}

/// Says what could not be checked.
pub(super) fn doubts(address: &Address, laid: &Laid<'_>) -> Vec<String> {
    let doubt = |id: &&str| {
        format!("upstream was not asked whether `{id}` of `{address}` still has the same bytes")
    };
    laid.unchecked.iter().map(doubt).collect()
}

/// Says why nothing can be done about an artifact; mostly nothing.
pub(super) fn refusals(address: &Address, laid: &Laid<'_>) -> Vec<Finding> {
    let changed = laid.changed.iter();
    let mut all: Vec<Finding> =
        changed.map(|(id, decided, found)| other_bytes(address, id, decided, found)).collect();
    if laid.unknown {
        let message = format!("nothing is known of the sub-dependencies of `{address}`");
        let code = Code::SOURCE_FAILED;
        all.push(findings::about(Severity::Error, code, address, message));
    }
    all
}

/// Refuses other bytes for a sub-dependency that was decided.
fn other_bytes(address: &Address, id: &str, decided: &ExtraFile, found: &ExtraFile) -> Finding {
    let digest = |file: &ExtraFile| {
        file.sha256.map_or_else(|| "none".to_owned(), |it| format!("sha256:{it}"))
    };
    let message = format!(
        "upstream has other bytes for `{id}` {} of `{address}`: decided `{}` from {}, now `{}` from {}",
        decided.version,
        digest(decided),
        findings::shown(&decided.url),
        digest(found),
        findings::shown(&found.url),
    );
    let it = findings::about(Severity::Refused, Code::UPSTREAM_CHANGED, address, message);
    let way = format!("find out why, then run `depstate lock --accept {address}`");
    findings::help(it, way)
}

/// Says which sub-dependencies of a build are others than those of its record, though not all of their
/// digests are known yet.
pub(super) fn differing(artifact: &Artifact, record: &Record) -> Option<Reason> {
    artifact.recipe.as_ref()?;
    let (wanted, there) = (&artifact.source.extra, &record.source.extra);
    let name = |id: &String| InputName(format!("extra.{id}"));
    let mut changed = Vec::new();
    for (id, wanted) in wanted {
        let Some(there) = there.get(id) else { continue };
        let digest = wanted.sha256.is_some_and(|it| Some(it) != there.sha256);
        if digest || wanted.version != there.version {
            changed.push(name(id));
        }
    }
    let added: Vec<InputName> =
        wanted.keys().filter(|id| !there.contains_key(*id)).map(name).collect();
    let removed: Vec<InputName> =
        there.keys().filter(|id| !wanted.contains_key(*id)).map(name).collect();
    let differs = !(changed.is_empty() && added.is_empty() && removed.is_empty());
    differs.then_some(Reason::InputChanged { changed, added, removed })
}

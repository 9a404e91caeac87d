//! Fills the lines of one dependency, from what was decided before and from what is listed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Candidate, ChecksumQuery, ChosenFile, ChosenRelease, DecidedBy, Options,
    age::{self, Age},
    entry::Entry,
    eol, expand, extra,
    files::{self, Finder, Trouble},
    gaps::Gap,
    guard,
    past::Past,
    releases::Release,
    rules,
};
use crate::model::{
    Address, Digest, Evidence, Finding, Keep, LockedArtifact, Severity, Target, TargetName,
    Version, VersionLine,
};

/// What was picked.
#[derive(Debug, Default)]
pub(super) struct Picked {
    /// The wanted releases, newest first.
    pub(super) releases: Vec<ChosenRelease>,
    /// What is wanted and not to be had.
    pub(super) gaps: Vec<Gap>,
    /// What must be read.
    pub(super) findings: Vec<Finding>,
    /// Whether a line has fewer versions than it keeps; always for one that keeps all.
    pub(super) short: bool,
    /// Whether a line has fewer versions than the number that it keeps.
    pub(super) lacks: bool,
}

impl Picked {
    /// Tells whether deps.toml or an index must be mended before anything is decided.
    pub(super) fn failed(&self) -> bool {
        self.findings.iter().any(|it| it.severity == Severity::Error)
    }
}

/// How the lines are to be filled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picker<'a> {
    pub(super) finder: Finder<'a>,
    pub(super) past: &'a Past<'a>,
    /// What is listed; none: nobody asked, or the answer is not to be used.
    pub(super) listed: Option<&'a [Release<'a>]>,
    pub(super) options: &'a Options,
    /// Whether deps.toml asks another question than the lock answers.
    pub(super) changed: bool,
}

/// The files of a version.
enum Files {
    Whole(BTreeMap<TargetName, ChosenFile>),
    Part(BTreeMap<TargetName, ChosenFile>, Vec<Gap>),
    Wrong,
}

struct Filling<'a> {
    picker: &'a Picker<'a>,
    extra: extra::Decided<'a>,
    files: BTreeMap<&'a Version, Files>,
    findings: Vec<Finding>,
}

impl<'a> Picker<'a> {
    /// Fills the lines: with `update` by the newest there are, else by what was decided before, and
    /// only what is missing by the newest listed.
    pub(super) fn pick(&self, update: bool) -> Picked {
        let entries = self.entries();
        let mut filling = Filling {
            picker: self,
            extra: extra::decided(self.past),
            files: BTreeMap::new(),
            findings: Vec::new(),
        };
        let mut picked = Picked::default();
        // The first line that keeps a version gives its label and end of life.
        let mut lines: BTreeMap<usize, &VersionLine> = BTreeMap::new();
        for (number, line) in self.finder.dependency.lines.iter().enumerate() {
            let kept = filling.line(line, &entries, update);
            // What was dropped lacks nothing.
            if kept.is_empty() && eol::is_emptied(self.finder.dependency, line) {
                continue;
            }
            picked.lacks |= match line.keep {
                Keep::Newest(keep) => kept.len() < keep as usize,
                Keep::All => false,
            };
            picked.short |= picked.lacks || line.keep == Keep::All;
            picked.gaps.extend(self.empty(number, &kept, &entries));
            for entry in kept {
                lines.entry(entry).or_insert(line);
            }
        }
        for (number, line) in lines {
            let entry = &entries[number];
            let files = match filling.files.remove(entry.version) {
                Some(Files::Whole(files)) => files,
                Some(Files::Part(files, gaps)) => {
                    picked.gaps.extend(gaps);
                    files
                }
                Some(Files::Wrong) | None => continue,
            };
            picked.releases.push(entry.chosen(line, files));
        }
        picked.findings = filling.findings;
        picked
    }

    /// All versions that a target could want, newest first.
    fn entries(&self) -> Vec<Entry<'a>> {
        let mut all: BTreeMap<&'a Version, Entry<'a>> = BTreeMap::new();
        let dependency = self.finder.dependency;
        for release in self.listed.into_iter().flatten() {
            let entry = Entry::new(&release.version, release.order.clone());
            all.entry(&release.version).or_insert(entry).listed = Some(release);
        }
        for (version, before) in &self.past.kept {
            let new = || Entry::new(version, dependency.scheme.order(version));
            all.entry(version).or_insert_with(new).kept = Some(before);
        }
        for (version, before) in &self.past.published {
            if let Some(entry) = all.get_mut(version) {
                entry.published = Some(before);
            }
        }
        for (version, before) in &self.past.retired {
            if let Some(entry) = all.get_mut(version) {
                entry.retired = Some(before);
            }
        }
        let mut all: Vec<Entry<'a>> = all.into_values().collect();
        for entry in &mut all {
            entry.wanting = rules::wanting(dependency, &entry.order);
        }
        all.retain(|entry| !entry.wanting.is_empty());
        all.sort_by(|a, b| (&b.order, b.version).cmp(&(&a.order, a.version)));
        all
    }

    /// Says whether a version that nobody decided for yet is old enough.
    fn age(&self, entry: &Entry<'_>) -> Age {
        match (entry.listed, entry.kept) {
            (Some(release), None) => {
                let listed = self.listed.unwrap_or_default();
                let dependency = self.finder.dependency;
                age::judge(dependency, release, listed, &entry.wanting, self.options.as_of)
            }
            (_, _) => Age::Enough,
        }
    }

    /// What is missing of a line: the whole of it, or all of a target.
    fn empty(&self, line: usize, kept: &[usize], entries: &[Entry<'_>]) -> Vec<Gap> {
        if kept.is_empty() {
            return vec![Gap::Line(line)];
        }
        let served: BTreeSet<&TargetName> =
            kept.iter().flat_map(|entry| entries[*entry].wanting.iter().copied()).collect();
        let all = self.finder.dependency.targets.iter();
        all.filter(|target| !served.contains(target))
            .map(|target| Gap::Target(line, target.clone()))
            .collect()
    }
}

impl<'a> Filling<'a> {
    /// Returns the entries that a line keeps.
    fn line(&mut self, line: &VersionLine, entries: &[Entry<'a>], update: bool) -> Vec<usize> {
        let room = match line.keep {
            Keep::Newest(keep) => keep as usize,
            Keep::All => usize::MAX,
        };
        let mut kept = Vec::new();
        if !update {
            let before = entries.iter().enumerate().filter(|(_, entry)| entry.stays(line));
            for (number, entry) in before.take(room) {
                self.files(entry);
                kept.push(number);
            }
        }
        for (number, entry) in entries.iter().enumerate() {
            if kept.len() >= room {
                break;
            }
            if !entry.may_enter(line, self.picker.options, update) {
                continue;
            }
            if let Age::Young(finding) = self.picker.age(entry) {
                self.findings.push(*finding);
                continue;
            }
            match self.files(entry) {
                Files::Whole(_) => kept.push(number),
                Files::Part(..) if entry.kept.is_some() => kept.push(number),
                Files::Part(..) => {}
                // Older ones must not come in for a release that only needs deps.toml mended.
                Files::Wrong => break,
            }
        }
        // What was taken back leaves for something in its place, not for nothing.
        let filled: BTreeSet<usize> = kept.iter().copied().collect();
        for (number, entry) in entries.iter().enumerate() {
            if kept.len() < room && entry.stays(line) && !filled.contains(&number) {
                self.files(entry);
                kept.push(number);
            }
        }
        kept
    }

    /// Finds the files of a version, once.
    fn files(&mut self, entry: &Entry<'a>) -> &Files {
        if !self.files.contains_key(entry.version) {
            let files = self.look(entry);
            self.files.insert(entry.version, files);
        }
        &self.files[entry.version]
    }

    fn look(&mut self, entry: &Entry<'a>) -> Files {
        if let Some(wrong) = entry.listed.and_then(|release| release.wrong.clone()) {
            self.findings.push(wrong);
            return Files::Wrong;
        }
        let mut files = BTreeMap::new();
        let mut gaps = Vec::new();
        for target in &entry.wanting {
            let address = Address {
                dependency: self.picker.finder.dependency.id.clone(),
                version: entry.version.clone(),
                target: (*target).clone(),
            };
            let found = match (entry.before(target), entry.listed) {
                (Some((artifact, by)), None) => {
                    if self.picker.listed.is_some() && self.picker.options.accept.contains(&address)
                    {
                        self.findings.push(guard::nothing_to_accept(&address));
                    }
                    Ok(ChosenFile::Decided {
                        artifact: artifact.as_ref().clone(),
                        by: *by,
                        extra: None,
                    })
                }
                (Some((artifact, by)), Some(release)) => {
                    self.look_again(&address, release, artifact, *by)
                }
                (None, Some(release)) => {
                    self.picker.finder.find(release, target).map(ChosenFile::Candidate)
                }
                (None, None) if self.picker.listed.is_some() => {
                    Err(Trouble::Absent("the source does not list it any more".to_owned()))
                }
                (None, None) => Err(Trouble::Absent("deps.lock has no file for it".to_owned())),
            };
            let own = entry.before(target).map(|(artifact, _)| artifact.as_ref());
            let found = found.and_then(|file| self.with_extra(entry, &address, own, file));
            match found {
                Ok(file) => {
                    files.insert((*target).clone(), file);
                }
                Err(Trouble::Absent(why)) => gaps.push(Gap::File(address, why)),
                Err(Trouble::Wrong(finding)) => {
                    self.findings.push(*finding);
                    return Files::Wrong;
                }
            }
        }
        if gaps.is_empty() {
            return Files::Whole(files);
        }
        if entry.kept.is_none() {
            let waiting = gaps.iter().filter_map(|gap| match gap {
                Gap::File(address, why) => Some(guard::incomplete(address, why)),
                Gap::Line(_) | Gap::Target(..) => None,
            });
            self.findings.extend(waiting);
        }
        Files::Part(files, gaps)
    }

    /// Gives a file its sub-dependencies.
    fn with_extra(
        &self,
        entry: &Entry<'_>,
        address: &Address,
        own: Option<&LockedArtifact>,
        file: ChosenFile,
    ) -> Result<ChosenFile, Trouble> {
        let before = extra::Before {
            own,
            all: &self.extra,
            changed: self.picker.changed,
            accept: self.picker.listed.is_some() && self.picker.options.accept.contains(address),
        };
        let queries = extra::queries(&self.picker.finder, address, entry.upstream(), before)?;
        Ok(extra::given(file, queries))
    }

    /// Lays what was decided beside what is listed now.
    fn look_again(
        &mut self,
        address: &Address,
        release: &Release<'_>,
        artifact: &LockedArtifact,
        by: DecidedBy,
    ) -> Result<ChosenFile, Trouble> {
        let decided = || ChosenFile::Decided { artifact: artifact.clone(), by, extra: None };
        let candidate = match self.picker.finder.find(release, &address.target) {
            Ok(candidate) => candidate,
            // What was decided stays decided when upstream prunes.
            Err(Trouble::Absent(why)) => {
                self.findings.push(self.no_row(address, &why));
                return Ok(decided());
            }
            Err(wrong) => return Err(wrong),
        };
        if self.picker.options.accept.contains(address) {
            return Ok(ChosenFile::Candidate(candidate));
        }
        if let Some(other) = promised(&candidate).iter().find(|it| other(it, artifact)) {
            let url = candidate.urls.first().map_or("", String::as_str);
            self.findings.push(guard::upstream_changed(address, artifact, &other.to_string(), url));
            return Ok(decided());
        }
        let moved = !candidate.urls.contains(&artifact.url);
        // A digest elsewhere is worth a request where deps.toml may have begun to name it.
        let elsewhere = matches!(candidate.checksum, Some(ChecksumQuery::File { .. }))
            || candidate.signature.is_some();
        if moved || (self.picker.changed && elsewhere) || vouching(&candidate) > artifact.evidence {
            let expect = Some(artifact.clone());
            return Ok(ChosenFile::Candidate(Candidate { expect, ..candidate }));
        }
        Ok(decided())
    }

    /// Warns of a decided file that deps.toml no longer finds in its release.
    fn no_row(&self, address: &Address, why: &str) -> Finding {
        let any = Target::default();
        let target = expand::target(self.picker.finder.manifest, &address.target, &any);
        let place = [target.os.as_deref(), target.arch.as_deref()];
        let place: Vec<&str> = place.into_iter().flatten().collect();
        let place = if place.is_empty() { "any".to_owned() } else { place.join("/") };
        guard::stays_decided(address, &format!("{why} for `{place}`"))
    }
}

/// The digests that are promised for a candidate without another request.
fn promised(candidate: &Candidate) -> Vec<Digest> {
    match &candidate.checksum {
        Some(ChecksumQuery::Given(digest)) => vec![digest.clone()],
        Some(ChecksumQuery::File { .. }) => Vec::new(),
        None => candidate.digests.clone(),
    }
}

/// Tells whether a promised digest is of other bytes than the decided ones.
fn other(digest: &Digest, artifact: &LockedArtifact) -> bool {
    let mut known = vec![Digest::from(artifact.sha256)];
    known.extend(artifact.upstream_digest.clone());
    files::contradicts(digest, &known)
}

/// What would vouch for a candidate.
fn vouching(candidate: &Candidate) -> Evidence {
    match &candidate.checksum {
        _ if candidate.signature.is_some() => Evidence::Signed,
        Some(ChecksumQuery::Given(_)) => Evidence::Given,
        Some(ChecksumQuery::File { .. }) => Evidence::ChecksumFile,
        None if candidate.digests.is_empty() => Evidence::Tofu,
        None if candidate.signer.is_some() => Evidence::Signed,
        None => Evidence::Index,
    }
}

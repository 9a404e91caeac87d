//! Rows to releases: which version a name is, which rows belong together, what contradicts itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{findings, names};
use crate::model::{
    Algorithm, Code, Dependency, Digest, Finding, Listing, OrderKey, Row, Scheme, Severity,
    Version, is_hidden,
};

/// A release as an index lists it: all rows of one version.
#[derive(Debug)]
pub(super) struct Release<'a> {
    pub(super) version: Version,
    /// What it orders by.
    pub(super) order: OrderKey,
    /// What upstream calls it; of two names the smaller (see `wrong`).
    pub(super) upstream: &'a str,
    /// The earliest date that a row gives.
    pub(super) released: Option<Timestamp>,
    /// By the scheme, or because upstream says so.
    pub(super) prerelease: bool,
    /// Whether every row was taken back.
    pub(super) yanked: bool,
    /// The groups of `extract`; none where there is no `extract`.
    pub(super) matches: Option<BTreeMap<String, String>>,
    /// Its rows, equal ones once, without those taken back unless all were.
    pub(super) files: Vec<File<'a>>,
    /// Why it can't be used, if anybody wants it.
    pub(super) wrong: Option<Finding>,
}

/// A row, with the digests of its equals.
#[derive(Debug)]
pub(super) struct File<'a> {
    pub(super) row: &'a Row,
    pub(super) digests: Vec<Digest>,
}

impl File<'_> {
    /// The file's name: the row's own, else the last segment of its address.
    pub(super) fn name(&self) -> Option<String> {
        name_of(self.row)
    }
}

/// Returns the groups of the first `extract` that matches; none if there is no `extract`, or none
/// of them matches.
pub(super) fn groups(dependency: &Dependency, upstream: &str) -> Option<BTreeMap<String, String>> {
    dependency.source.extract.iter().find_map(|pattern| pattern.groups(upstream))
}

/// Groups a listing into releases, in no order that the listing had.
pub(super) fn read<'a>(dependency: &Dependency, listing: &'a Listing) -> Vec<Release<'a>> {
    let mut names: BTreeMap<&'a str, Option<Version>> = BTreeMap::new();
    let mut grouped: BTreeMap<Version, Vec<&'a Row>> = BTreeMap::new();
    for row in &listing.rows {
        let version =
            names.entry(&row.upstream).or_insert_with(|| version_of(dependency, &row.upstream));
        if let Some(version) = version {
            grouped.entry(version.clone()).or_default().push(row);
        }
    }
    grouped.into_iter().map(|(version, rows)| release(dependency, version, rows)).collect()
}

/// Finds the version in an upstream name; none: not a release of this product.
pub(super) fn version_of(dependency: &Dependency, upstream: &str) -> Option<Version> {
    let whole = matches!(dependency.scheme, Scheme::Regex(_));
    if whole || dependency.source.extract.is_empty() {
        return dependency.scheme.read(upstream);
    }
    let groups = groups(dependency, upstream)?;
    let text = groups.get("version").cloned().unwrap_or_else(|| {
        ["major", "minor", "patch", "pre", "build"]
            .iter()
            .filter_map(|part| groups.get(*part))
            .filter(|part| !part.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(".")
    });
    Version::new(text).ok()
}

fn release<'a>(dependency: &Dependency, version: Version, mut rows: Vec<&'a Row>) -> Release<'a> {
    let names: BTreeSet<&'a str> = rows.iter().map(|row| row.upstream.as_str()).collect();
    let upstream = names.first().copied().unwrap_or_default();
    let order = dependency.scheme.order(&version);
    let prerelease = order.is_prerelease() || rows.iter().any(|row| row.prerelease);
    let released = rows.iter().filter_map(|row| row.released).min();
    let yanked = rows.iter().all(|row| row.yanked);
    if !yanked {
        rows.retain(|row| !row.yanked);
    }
    rows.sort_by_cached_key(|row| (place(row), row.size, format!("{:?}", row.more)));
    let wrong = hidden(dependency, &version, &rows)
        .or_else(|| (names.len() > 1).then(|| two_names(dependency, &version, &names)))
        .or_else(|| two_digests(dependency, &version, &rows));
    let mut files: Vec<File<'a>> = Vec::new();
    for row in rows {
        match files.last_mut().filter(|last| same(last.row, row)) {
            Some(last) => last.digests.extend(row.digests.iter().cloned()),
            None => files.push(File { row, digests: row.digests.clone() }),
        }
    }
    for file in &mut files {
        file.digests.sort();
        file.digests.dedup();
    }
    let matches = groups(dependency, upstream);
    Release { version, order, upstream, released, prerelease, yanked, matches, files, wrong }
}

type Place<'a> =
    (Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn place(row: &Row) -> Place<'_> {
    (
        row.target.as_deref(),
        row.os.as_deref(),
        row.arch.as_deref(),
        row.name.as_deref(),
        row.url.as_deref(),
    )
}

/// Equal but for their digests and dates.
fn same(a: &Row, b: &Row) -> bool {
    place(a) == place(b) && a.size == b.size && a.more == b.more
}

fn name_of(row: &Row) -> Option<String> {
    row.name.clone().or_else(|| row.url.as_deref().map(names::file_name))
}

/// A reviewer would read another name than depstate does.
fn hidden<'a>(dependency: &Dependency, version: &Version, rows: &[&'a Row]) -> Option<Finding> {
    let texts = |row: &&'a Row| {
        [Some(&row.upstream), row.name.as_ref(), row.url.as_ref()].into_iter().flatten()
    };
    let text = rows.iter().flat_map(texts).find(|text| text.contains(unseen))?;
    let id = &dependency.id;
    let message = format!(
        "the index of `{id}` has letters that can't be seen in a name of version `{version}`: `{}`",
        text.chars().flat_map(escaped).take(120).collect::<String>()
    );
    let it = findings::finding(Severity::Refused, Code::HIDDEN_LETTER, id, message);
    Some(findings::at(it, dependency.source.driver.span))
}

/// A line break is as bad as a letter that is not seen: it looks like another line.
fn unseen(c: char) -> bool {
    is_hidden(c) || c.is_control()
}

fn escaped(c: char) -> Vec<char> {
    if unseen(c) { c.escape_unicode().collect() } else { vec![c] }
}

fn two_names(dependency: &Dependency, version: &Version, names: &BTreeSet<&str>) -> Finding {
    let message =
        format!("{} of `{}` are all version `{version}`", findings::listed(names), dependency.id);
    let it = findings::finding(Severity::Error, Code::AMBIGUOUS_VERSION, &dependency.id, message);
    findings::help(
        findings::at(it, dependency.source.driver.span),
        "tell the names apart with `extract` in the source",
    )
}

/// The same file with two digests of one algorithm: the index contradicts itself.
fn two_digests(dependency: &Dependency, version: &Version, rows: &[&Row]) -> Option<Finding> {
    type Key<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<String>, Algorithm);
    let mut seen: BTreeMap<Key<'_>, &Digest> = BTreeMap::new();
    for row in rows {
        for digest in &row.digests {
            let (target, os, arch, ..) = place(row);
            let key = (target, os, arch, name_of(row), digest.algorithm());
            let first = *seen.entry(key).or_insert(digest);
            if first != digest {
                let file = name_of(row).unwrap_or_else(|| row.upstream.clone());
                let message = format!(
                    "the index of `{}` gives `{file}` of version `{version}` two digests: \
                     `{first}` and `{digest}`",
                    dependency.id
                );
                let code = Code::AMBIGUOUS_DIGEST;
                let it = findings::finding(Severity::Error, code, &dependency.id, message);
                return Some(findings::at(it, dependency.source.driver.span));
            }
        }
    }
    None
}

//! Small things to make worlds of, and short words for what came out.

use std::collections::{BTreeMap, BTreeSet};

use depstate::{
    model::{
        Code, Constraint, Coverage, Dependency, EolRule, ExtraRule, Finding, Head, HeadKind, Keep,
        Located, NotWanted, Plan, Reason, Revision, Row, Rule, Scheme, Settings, Snapshot,
        SourceRule, Standing, TargetName, Trouble, Version, VersionLine, Why,
    },
    planner::Selection,
};

use super::world::{PROJECT, id, located};

pub(super) fn empty_snapshot() -> Snapshot {
    Snapshot {
        head: Head {
            format: 1,
            lineage: "0f0f0f0f".to_owned(),
            project: PROJECT.to_owned(),
            serial: 0,
            nonce: "n".to_owned(),
            kind: HeadKind::Genesis,
            r#gen: None,
            prev_head_sha256: None,
            tx: None,
            single_writer: false,
            probe: None,
            tool: "depstate 0.1.0".to_owned(),
        },
        generation: None,
        revision: Revision("h0".to_owned()),
        live: BTreeMap::new(),
        condemned: BTreeMap::new(),
        replaced: BTreeMap::new(),
        doomed: BTreeSet::new(),
    }
}

/// A row that names no file of its own.
pub(super) fn row(version: &str) -> Row {
    Row { upstream: version.to_owned(), ..Row::default() }
}

pub(super) fn line(constraint: &str, keep: Keep) -> VersionLine {
    VersionLine {
        constraint: Some(Located::new(
            Constraint::new(constraint, &Scheme::Semver).unwrap(),
            10..20,
        )),
        name: None,
        pattern: None,
        keep,
        prereleases: false,
        eol: None,
        eol_link: None,
        eol_rule: EolRule::default(),
        standing: Standing::default(),
        span: (10, 10),
    }
}

pub(super) fn rule(constraint: &str, targets: Option<&[&str]>) -> Rule {
    let names = |all: &[&str]| all.iter().map(|it| TargetName::new(*it).unwrap()).collect();
    Rule {
        constraint: Constraint::new(constraint, &Scheme::Semver).unwrap(),
        targets: targets.map(names),
        reason: Some("because".to_owned()),
        span: (30, 5),
    }
}

/// A block with one sub-dependency.
pub(super) fn extra(id: &str, version: &str) -> ExtraRule {
    ExtraRule {
        when: None,
        targets: None,
        artifact: Some(located("https://extra.test/{{ extra.id }}-{{ extra.version }}.tgz")),
        versions: [(id.to_owned(), Some(located(version)))].into(),
        checksum: None,
        span: (40, 4),
    }
}

pub(super) fn dependency(name: &str, targets: &[&str], lines: &[(&str, u32)]) -> Dependency {
    let address = "https://example.test/{{ id }}/{{ upstream }}/{{ target.name }}.tgz";
    Dependency {
        extra: Vec::default(),
        id: id(name),
        targets: targets.iter().map(|it| TargetName::new(*it).unwrap()).collect(),
        scheme: Scheme::Semver,
        lines: lines.iter().map(|(text, keep)| line(text, Keep::Newest(*keep))).collect(),
        exclude: Vec::new(),
        only: Vec::new(),
        source: SourceRule {
            driver: located("static"),
            extract: Vec::new(),
            coverage: Coverage::All,
            fallback: Vec::new(),
            question: "{}".to_owned(),
        },
        schedule: None,
        settings: Settings { artifact: vec![located(address)], ..Settings::default() },
        overrides: Vec::new(),
        max_staleness: None,
        span: (0, 5),
    }
}

/// The steps, short: `create node@1.0.0/any new-release`.
pub(super) fn steps(plan: &Plan) -> Vec<String> {
    plan.steps
        .iter()
        .map(|step| format!("{} {} {}", step.action.name(), step.address, step.reason.code()))
        .collect()
}

/// The codes of the findings, with what they are about.
pub(super) fn codes(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|it| match (&it.address, &it.dependency) {
            (Some(address), _) => format!("{} {address}", it.code),
            (None, Some(id)) => format!("{} {id}", it.code),
            (None, None) => it.code.to_string(),
        })
        .collect()
}

/// The versions that a selection wants of a dependency.
pub(super) fn versions(selection: &Selection, name: &str) -> Vec<String> {
    let chosen = &selection.dependencies[&id(name)];
    chosen.releases.iter().map(|release| release.version.to_string()).collect()
}

pub(super) fn version(text: &str) -> Version {
    Version::new(text).unwrap()
}

pub(super) fn failed() -> Why {
    Why::Failed(Trouble::new(Code::SOURCE_FAILED, "the index answered 503"))
}

/// Tells whether a step is a retire for want of room in its line.
pub(super) fn is_pushed_out(reason: &Reason) -> bool {
    matches!(reason, Reason::NotWanted(NotWanted::LineKeeps { .. }))
}

//! Which other artifacts a build or test is given: found, put in order, and waited for.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Filter,
    desired::{Desired, Wanted},
    findings, inputs,
    order::Orders,
};
use crate::model::{
    Address, Change, Code, Dependency, DependencyId, Finding, InputDigest, Located, Manifest, Need,
    Severity, Snapshot, Step, TargetName,
};

/// One filter of `needs`.
struct Wish {
    text: Located<String>,
    build: bool,
}

/// What a wish leads to.
struct Edge {
    /// The place of the needed artifact among the wanted ones.
    to: usize,
    build: bool,
    span: (usize, usize),
}

/// Finds what builds and tests need among the wanted artifacts of other dependencies, newest first,
/// for the same target or `any`, and puts their digests in. What can't be had is a finding, and its
/// artifact then has none.
pub(super) fn resolve(manifest: &Manifest, desired: &mut Desired<'_>) {
    let mut orders = Orders::new(manifest);
    let mut edges: BTreeMap<usize, Vec<Edge>> = BTreeMap::new();
    for at in 0..desired.wanted.len() {
        let wanted = &desired.wanted[at];
        let (id, artifact) = (&wanted.address.dependency, wanted.artifact.as_ref());
        let dependency = manifest.dependencies.get(id).filter(|it| may_need(it));
        let Some(dependency) = dependency.filter(|_| artifact.is_some()) else { continue };
        match of(dependency, &wanted.address, &desired.wanted, &mut orders) {
            Ok(found) if found.is_empty() => {}
            Ok(found) => {
                edges.insert(at, found);
            }
            Err(finding) => {
                desired.findings.push(*finding);
                desired.wanted[at].artifact = None;
            }
        }
    }
    let mut walk = Walk { edges: &edges, state: BTreeMap::new(), path: Vec::new() };
    for at in edges.keys().copied() {
        walk.visit(at, desired);
    }
}

/// Tells whether anything of a dependency is given other artifacts.
fn may_need(dependency: &Dependency) -> bool {
    let settings = &dependency.settings;
    settings.build.as_ref().is_some_and(|it| !it.needs.is_empty())
        || settings.test.as_ref().is_some_and(|it| !it.needs.is_empty())
        || dependency.overrides.iter().any(|it| {
            matches!(&it.patch.build, Change::Set(build) if build.needs != Change::Keep)
                || matches!(&it.patch.test, Change::Set(test) if test.needs != Change::Keep)
        })
}

/// Tells whether builds of others are given artifacts of a dependency: then their digests are inputs.
pub(super) fn is_given(manifest: &Manifest, id: &DependencyId) -> bool {
    let takes = |texts: &[Located<String>]| {
        texts.iter().any(|it| Filter::new(&it.value).is_ok_and(|filter| filter.may_take(id)))
    };
    manifest.dependencies.values().filter(|it| it.id != *id).any(|it| {
        it.settings.build.as_ref().is_some_and(|build| takes(&build.needs))
            || it.overrides.iter().any(|it| match &it.patch.build {
                Change::Set(build) => {
                    matches!(&build.needs, Change::Set(texts) if takes(texts))
                }
                Change::Keep | Change::Clear => false,
            })
    })
}

/// Finds what one artifact needs.
fn of(
    dependency: &Dependency,
    address: &Address,
    wanted: &[Wanted<'_>],
    orders: &mut Orders<'_>,
) -> Result<Vec<Edge>, Box<Finding>> {
    let settings = dependency.settings_for(&address.version, &address.target);
    let build = settings.build.map(|it| it.needs).unwrap_or_default();
    let test = settings.test.map(|it| it.needs).unwrap_or_default();
    let build = build.into_iter().map(|text| Wish { text, build: true });
    let test = test.into_iter().map(|text| Wish { text, build: false });
    let mut all: Vec<Edge> = Vec::new();
    for wish in build.chain(test) {
        let id = &address.dependency;
        let filter = Filter::new(&wish.text.value).map_err(|error| {
            let message = error.to_string();
            let it = findings::finding(Severity::Error, Code::BAD_PATTERN, id, message);
            Box::new(findings::at(it, wish.text.span))
        })?;
        let found = fitting(&filter, address, wanted, orders);
        if found.is_empty() {
            return Err(missing(&wish.text, address, &filter, wanted));
        }
        for (needed, to) in found {
            let twice =
                |it: &&Edge| it.build == wish.build && wanted[it.to].address.dependency == *needed;
            match all.iter().find(twice) {
                Some(other) if other.to == to => {}
                Some(other) => {
                    let message = format!(
                        "`needs` of `{id}` takes both `{}` and `{}`, and a step is given one of each \
                         dependency",
                        wanted[other.to].address, wanted[to].address
                    );
                    let code = Code::BAD_VALUE;
                    let it = findings::about(Severity::Error, code, address, message);
                    return Err(Box::new(findings::at(it, wish.text.span)));
                }
                None => all.push(Edge { to, build: wish.build, span: wish.text.span }),
            }
        }
    }
    Ok(all)
}

/// Returns, of each other dependency, the newest that fits; what is for the very target comes before
/// what is for any.
fn fitting<'a>(
    filter: &Filter,
    address: &Address,
    wanted: &'a [Wanted<'_>],
    orders: &mut Orders<'_>,
) -> BTreeMap<&'a DependencyId, usize> {
    let any = TargetName::any();
    let mut best: BTreeMap<&DependencyId, usize> = BTreeMap::new();
    for (at, it) in wanted.iter().enumerate() {
        let it = &it.address;
        let near = it.target == address.target || it.target == any;
        if it.dependency == address.dependency || !near || !filter.matches(it) {
            continue;
        }
        let mut place = |at: usize| {
            let it = &wanted[at].address;
            (orders.key(it), it.version.clone(), it.target == address.target)
        };
        let newer = best.get(&it.dependency).is_none_or(|old| place(*old) < place(at));
        if newer {
            best.insert(&it.dependency, at);
        }
    }
    best
}

fn missing(
    text: &Located<String>,
    address: &Address,
    filter: &Filter,
    wanted: &[Wanted<'_>],
) -> Box<Finding> {
    let there = wanted.iter().map(|it| &it.address);
    let there: Vec<&Address> = there
        .filter(|it| it.dependency != address.dependency && filter.may_take(&it.dependency))
        .take(5)
        .collect();
    let message = if there.is_empty() {
        format!("needs `{}`, and no other dependency is called so", text.value)
    } else {
        format!(
            "needs `{}` for its own target or `any`; wanted are {}",
            text.value,
            findings::listed(there)
        )
    };
    let it = findings::about(Severity::Error, Code::NEED_MISSING, address, message);
    let help = "`needs` takes what deps.toml wants of other dependencies: `ruby@3.4.*`";
    Box::new(findings::help(findings::at(it, text.span), help))
}

/// Walks from each artifact to what it needs, so that digests come after those they are made of.
struct Walk<'a> {
    edges: &'a BTreeMap<usize, Vec<Edge>>,
    /// Whether it is done.
    state: BTreeMap<usize, bool>,
    path: Vec<usize>,
}

impl Walk<'_> {
    fn visit(&mut self, at: usize, desired: &mut Desired<'_>) {
        match self.state.get(&at) {
            Some(true) => return,
            Some(false) => return self.ring(at, desired),
            None => {}
        }
        let edges = self.edges;
        let Some(own) = edges.get(&at) else { return };
        self.state.insert(at, false);
        self.path.push(at);
        for edge in own {
            self.visit(edge.to, desired);
        }
        self.path.pop();
        self.state.insert(at, true);
        give(at, own, desired);
    }

    /// All of a ring fail together.
    fn ring(&self, at: usize, desired: &mut Desired<'_>) {
        let from = self.path.iter().position(|it| *it == at).unwrap_or(0);
        let ring = &self.path[from..];
        let names: Vec<String> = ring
            .iter()
            .chain([&at])
            .map(|it| format!("`{}`", desired.wanted[*it].address))
            .collect();
        let message = format!("{}: each needs the next", names.join(" -> "));
        let address = desired.wanted[at].address.clone();
        let it = findings::about(Severity::Error, Code::NEED_MISSING, &address, message);
        let span = self.edges.get(&at).and_then(|all| all.first()).map(|edge| edge.span);
        let it = span.map_or(it.clone(), |span| findings::at(it, span));
        desired.findings.push(findings::help(it, "take one of these `needs` away"));
        for it in ring {
            desired.wanted[*it].artifact = None;
        }
    }
}

/// Gives an artifact what it needs, now that that is known.
fn give(at: usize, edges: &[Edge], desired: &mut Desired<'_>) {
    let Some(mut artifact) = desired.wanted[at].artifact.take() else { return };
    for edge in edges {
        let needed = &desired.wanted[edge.to];
        let Some(other) = &needed.artifact else {
            let message = format!("needs `{}`, of which nothing can be planned", needed.address);
            let code = Code::NEED_MISSING;
            let it = findings::about(Severity::Error, code, &artifact.address, message);
            desired.findings.push(findings::at(it, edge.span));
            return;
        };
        let need =
            Need { address: other.address.clone(), input: other.input, file: other.file.clone() };
        let id = other.address.dependency.to_string();
        let of_build = artifact.recipe.as_mut().map(|it| &mut it.needs);
        let of_test = artifact.trial.as_mut().map(|it| &mut it.needs);
        if let Some(needs) = if edge.build { of_build } else { of_test } {
            needs.insert(id, need);
        }
    }
    inputs::seal(&mut artifact);
    desired.wanted[at].artifact = Some(artifact);
}

/// Returns all that a step's build and test are given.
fn given(step: &Step) -> impl Iterator<Item = &Need> {
    let artifact = step.artifact.as_ref().filter(|_| step.action.moves_bytes());
    let build = artifact.and_then(|it| it.recipe.as_ref()).into_iter();
    let test = artifact.and_then(|it| it.trial.as_ref()).into_iter();
    build.flat_map(|it| it.needs.values()).chain(test.flat_map(|it| it.needs.values()))
}

/// Lets each step wait for those that bring what it needs.
pub(super) fn wait(steps: &mut [Step]) {
    let moving: BTreeSet<Address> = steps
        .iter()
        .filter(|step| step.action.moves_bytes())
        .map(|step| step.address.clone())
        .collect();
    for step in steps.iter_mut() {
        let needs: BTreeSet<Address> = given(step)
            .map(|need| need.address.clone())
            .filter(|address| moving.contains(address))
            .collect();
        if !needs.is_empty() {
            step.needs = needs.into_iter().collect();
        }
    }
}

/// Returns the steps that need what is neither published nor planned, and what that is.
pub(super) fn lacking(steps: &[Step], published: Option<&Snapshot>) -> Vec<(Address, Address)> {
    let planned: BTreeSet<&Address> =
        steps.iter().filter(|step| step.after.is_some()).map(|step| &step.address).collect();
    let there = |need: &Need| {
        let live = published.and_then(|snapshot| snapshot.live.get(&need.address));
        let input: Option<InputDigest> = live.map(|record| record.input);
        planned.contains(&need.address) || (input.is_some() && input == need.input)
    };
    let mut all = Vec::new();
    for step in steps {
        if let Some(need) = given(step).find(|need| !there(need)) {
            all.push((step.address.clone(), need.address.clone()));
        }
    }
    all
}

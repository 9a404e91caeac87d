//! Lays who and what vouches for a new file beside what vouched for the version before.

use super::{
    Candidate, LocatedFile, Options, PlanInput, findings,
    past::{self, Past, Records},
    question, rules,
};
use crate::model::{
    Action, Address, Code, Evidence, Finding, Lock, LockedArtifact, Manifest, OrderKey, Over,
    Severity, Signer, Snapshot, Step, Version, VersionLine,
};

/// What was decided before, to compare with.
#[derive(Debug)]
pub struct Trust<'a> {
    manifest: &'a Manifest,
    lock: &'a Lock,
    records: Records<'a>,
    options: &'a Options,
}

/// What is compared.
struct Both<'a> {
    address: &'a Address,
    version: &'a Version,
    before: &'a LockedArtifact,
    now: &'a LocatedFile,
}

impl<'a> Trust<'a> {
    /// Takes what deps.lock says; where it has no word, what is published.
    pub fn new(
        manifest: &'a Manifest,
        lock: &'a Lock,
        published: Option<&'a Snapshot>,
        options: &'a Options,
    ) -> Self {
        Self { manifest, lock, records: past::records(published), options }
    }

    /// Compares a file that was looked at with the newest decided version of its line that is not
    /// newer than it. `may_sign` tells whether the keys of the rule as it is now hold a signer.
    ///
    /// Refused is what upstream changed: another signer who is all that the rule now names, an index
    /// that stops giving digests. What deps.toml itself changed is a warning of its own.
    pub fn judge(
        &self,
        address: &Address,
        candidate: &Candidate,
        now: &LocatedFile,
        may_sign: &dyn Fn(&Signer) -> bool,
    ) -> Option<Finding> {
        let unchecked = now.evidence == Evidence::Signed && now.signer.is_none();
        if unchecked || self.options.accept.contains(address) {
            return None;
        }
        let id = &address.dependency;
        let locked = self.lock.dependencies.get(id);
        let past = Past::new(locked, self.records.get(id));
        let (version, before) = self.before(address, &past)?;
        let both = Both { address, version, before: &before, now };
        match (&before.signer, &now.signer) {
            (Some(old), Some(new)) if old.who != new.who => {
                // An identity stands in the rule, exactly: another means another rule, or the
                // template in it said this version's.
                let rule = candidate.signature.as_ref().map(|it| &it.rule);
                let named = old.kind() != new.kind()
                    || rule.is_none_or(|rule| !rule.kind.has_keys())
                    || may_sign(old);
                let templated = rule
                    .and_then(|rule| rule.identity.as_ref())
                    .is_some_and(|identity| identity.value.contains("{{"));
                if templated && old.kind() == new.kind() {
                    return None;
                }
                Some(both.signer_changed(old, new, named))
            }
            _ if strength(now.evidence, now.signer.as_ref())
                < strength(before.evidence, before.signer.as_ref()) =>
            {
                let asked = locked.and_then(|it| it.asked);
                let same = asked == Some(question::asked(self.manifest, id));
                // What a rule asks for is there, or it is an error: if there is less now, then
                // because the rule asks for less. Only what the index gives is upstream's word.
                Some(both.weaker(before.evidence != Evidence::Index || !same))
            }
            _ => None,
        }
    }

    fn before<'p>(
        &self,
        address: &Address,
        past: &'p Past<'p>,
    ) -> Option<(&'p Version, LockedArtifact)> {
        let dependency = self.manifest.dependencies.get(&address.dependency)?;
        let order = |version: &Version| -> OrderKey { dependency.scheme.order(version) };
        let ours = order(&address.version);
        let mut older: Vec<_> = past
            .kept
            .iter()
            .chain(&past.published)
            .map(|(version, before)| (order(version), *version, before))
            .filter(|(order, ..)| *order <= ours)
            .collect();
        older.sort_by(|a, b| (&b.0, b.1).cmp(&(&a.0, a.1)));
        let line = dependency
            .lines
            .iter()
            .find(|line| line.constraint.as_ref().is_none_or(|it| it.value.matches_key(&ours)));
        let in_line = older.iter().find(|(order, _, before)| {
            line.is_some_and(|line| {
                rules::fits(line, order, before.upstream, order.is_prerelease())
            })
        });
        let (_, version, before) = in_line.or_else(|| older.first())?;
        // Upstreams may vouch for one platform and not for another: only like is compared.
        let (artifact, _) = before.files.get(&address.target)?;
        Some((*version, artifact.as_ref().clone()))
    }
}

impl Both<'_> {
    fn signer_changed(&self, old: &Signer, new: &Signer, named: bool) -> Finding {
        let severity = if named { Severity::Warning } else { Severity::Refused };
        let message = format!(
            "signer changed: `{}` is signed by `{}`, `{}` was signed by `{}` (file {}, {})",
            self.address,
            new.who,
            self.version,
            old.who,
            findings::shown(&self.now.url),
            if named {
                "deps.toml names both, or was changed"
            } else {
                "the old one is no longer among the keys that deps.toml names"
            },
        );
        let it = findings::about(severity, Code::SIGNER_CHANGED, self.address, message);
        self.way_on(it, named, "find out from upstream whether the key is really theirs")
    }

    fn weaker(&self, ruled: bool) -> Finding {
        let severity = if ruled { Severity::Warning } else { Severity::Refused };
        let message = format!(
            "evidence got weaker: `{}` has `{}`, `{}` had `{}` (file {}, {})",
            self.address,
            told(self.now.evidence, self.now.signer.as_ref()),
            self.version,
            told(self.before.evidence, self.before.signer.as_ref()),
            findings::shown(&self.now.url),
            if ruled {
                "deps.toml asks for less than it did"
            } else {
                "deps.toml did not change, the index did"
            },
        );
        let it = findings::about(severity, Code::EVIDENCE_WEAKER, self.address, message);
        self.way_on(it, ruled, "find out why upstream no longer gives a digest")
    }

    fn way_on(&self, it: Finding, warned: bool, what: &str) -> Finding {
        if warned {
            return it;
        }
        let address = self.address;
        findings::help(
            it,
            format!("{what}, then run `depstate lock --accept {address}`, or exclude it"),
        )
    }
}

/// Lays who vouches for what enters beside who vouches for what is published: whoever reviews a plan of
/// a lock that is decided hears of it, and does not see a new version alone. Always a warning: what has
/// to be refused was, when the lock was written.
pub(super) fn entering(input: &PlanInput<'_>, steps: &[Step]) -> Vec<Finding> {
    let published = input.published.known().and_then(Option::as_ref);
    let records = past::records(published);
    let mut told = Vec::new();
    for step in steps.iter().filter(|step| step.action == Action::Create) {
        let address = &step.address;
        let known = input.manifest.dependencies.get(&address.dependency);
        let (Some(after), Some(dependency), Some(versions)) =
            (&step.after, known, records.get(&address.dependency))
        else {
            continue;
        };
        let unchecked = after.evidence == Evidence::Signed && after.signer.is_none();
        if unchecked || input.options.accept.contains(address) {
            continue;
        }
        let ours = dependency.scheme.order(&address.version);
        let older = versions.iter().filter_map(|(version, records)| {
            let order = dependency.scheme.order(version);
            let record = records.iter().find(|it| it.address.target == address.target)?;
            (order <= ours).then_some((order, *version, *record))
        });
        // Lines may have signers of their own.
        let line = dependency
            .lines
            .iter()
            .find(|line| line.constraint.as_ref().is_none_or(|it| it.value.matches_key(&ours)));
        let before = older.max_by_key(|(order, version, record)| {
            let fits = |line: &VersionLine| {
                rules::could(line, order, &record.upstream, order.is_prerelease())
            };
            (line.is_some_and(fits), order.clone(), *version)
        });
        let Some((_, version, before)) = before else { continue };
        let settings = dependency.settings_for(&address.version, &address.target);
        let templated = settings
            .signature
            .and_then(|rule| rule.identity)
            .is_some_and(|identity| identity.value.contains("{{"));
        let (code, message) = match (&before.signer, &after.signer) {
            (Some(old), Some(new)) if old.who != new.who => {
                if templated && old.kind() == new.kind() {
                    continue;
                }
                let message = format!(
                    "signer changed: `{address}` is signed by `{}`, `{version}`, which is published, \
                     by `{}`",
                    new.who, old.who
                );
                (Code::SIGNER_CHANGED, message)
            }
            _ if strength(after.evidence, after.signer.as_ref())
                < strength(before.evidence, before.signer.as_ref()) =>
            {
                let message = format!(
                    "evidence got weaker: `{address}` has `{}`, `{version}`, which is published, \
                     has `{}`",
                    self::told(after.evidence, after.signer.as_ref()),
                    self::told(before.evidence, before.signer.as_ref()),
                );
                (Code::EVIDENCE_WEAKER, message)
            }
            _ => continue,
        };
        told.push(findings::about(Severity::Warning, code, address, message));
    }
    told
}

/// What vouches, as a number: more is stronger.
fn strength(evidence: Evidence, signer: Option<&Signer>) -> (Evidence, bool) {
    (evidence, signer.is_some_and(|signer| signer.over == Over::Artifact))
}

fn told(evidence: Evidence, signer: Option<&Signer>) -> String {
    match signer.map(|signer| signer.over) {
        Some(Over::Checksum) => format!("{} (over its checksums)", evidence.name()),
        Some(Over::Index) => format!("{} (over its index)", evidence.name()),
        Some(Over::Artifact) | None => evidence.name().to_owned(),
    }
}

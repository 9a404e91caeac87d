//! `[[dependencies.ID.extra]]`: sub-dependencies with versions and digests of their own.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    collect::{Collector, Extra as _, mistake, range},
    fields::{Table, Value, bad_value, line, list, missing, string, table},
    keys::{Keys, nearest, shorten},
    lines,
    targets::Targets,
    templates::is_template,
    verify,
};
use crate::{
    model::{Change, ChecksumRule, Code, ExtraFile, ExtraRule, Located, Scheme, Version},
    template::{self, Scope},
};

/// A block of `extra`.
pub(super) const EXTRA: Keys = Keys {
    table: "an `extra`",
    known: &["artifact", "versions", "when", "target", "verify"],
    later: &[],
    meant: &[
        ("targets", "target"),
        ("version", "versions"),
        ("constraint", "when"),
        ("url", "artifact"),
    ],
    elsewhere: &[
        ("checksum", "write `verify.checksum = …`, as in the dependency itself"),
        (
            "source",
            "it has no source: nothing looks for newer ones; write `artifact = \"https://…\"`",
        ),
        (
            "driver",
            "it has no source: nothing looks for newer ones; write `artifact = \"https://…\"`",
        ),
    ],
};

/// `verify` of a block of `extra`.
const VERIFY: Keys = Keys {
    table: "`verify` of an `extra`",
    known: &["checksum"],
    later: &[],
    meant: &[("checksums", "checksum")],
    elsewhere: &[
        ("signature", "signatures of sub-dependencies are not checked: give `checksum`"),
        ("sha256", "write `checksum = { sha256 = \"…\" }`"),
        ("sha512", "write `checksum = { sha512 = \"…\" }`"),
        ("url", "write `checksum = { url = \"…\" }`"),
    ],
};

/// Reads the blocks, in their order, and what they say together.
pub(super) fn read(
    all: &mut Collector<'_>,
    dependency: Table<'_, '_>,
    scheme: &Scheme,
    targets: &Targets,
) -> Vec<ExtraRule> {
    let Some(value) = dependency.get("extra") else { return Vec::new() };
    let help = "a sub-dependency wants double brackets: `[[dependencies.ID.extra]]`".to_owned();
    let read = list(all, "extra", value, "a list of tables", Some(help), |all, entry| {
        one(all, entry, scheme, targets)
    });
    let rules = read.unwrap_or_default();
    together(all, &rules);
    rules.into_iter().map(|(rule, _)| rule).collect()
}

/// Reads what an override says of it; the list is replaced whole.
pub(super) fn change(
    all: &mut Collector<'_>,
    fields: Table<'_, '_>,
    scheme: &Scheme,
    targets: &Targets,
) -> Change<Vec<ExtraRule>> {
    match fields.get("extra") {
        None => Change::Keep,
        Some(value) if value.get_ref().as_bool() == Some(false) => Change::Clear,
        Some(_) => Change::Set(read(all, fields, scheme, targets)),
    }
}

/// A block, and where each of its ids stands.
type Block = (ExtraRule, BTreeMap<String, std::ops::Range<usize>>);

fn one(
    all: &mut Collector<'_>,
    entry: &Value<'_>,
    scheme: &Scheme,
    targets: &Targets,
) -> Option<Block> {
    let fields = table(all, "extra", entry)?;
    EXTRA.check(all, fields.keys);
    let when = fields.get("when").map(|value| lines::located(all, "when", value, scheme));
    let chosen = fields.get("target").map(|value| targets.chosen(all, value));
    let artifact = fields.get("artifact").map(|value| artifact(all, value));
    let Some(value) = fields.get("versions") else {
        if fields.get("version").is_none() {
            missing(all, fields, EXTRA.table, "versions", "versions = { redis = \"6.3.0\" }");
        }
        return None;
    };
    let (versions, places) = versions(all, value)?;
    let checksum = fields.below(all, "verify").and_then(|fields| {
        VERIFY.check(all, fields.keys);
        checksum(all, fields.get("checksum")?, versions.len())
    });
    let rule = ExtraRule {
        when: lines::unless_broken(when)?.map(|when| when.value),
        targets: lines::unless_broken(chosen)?,
        artifact: lines::unless_broken(artifact)?,
        versions,
        checksum,
        span: (entry.span().start, entry.span().len()),
    };
    Some((rule, places))
}

fn artifact(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Located<String>> {
    let text = line(all, "artifact", value)?;
    all.template(&text, Scope::Extra);
    if !is_template(&text.value) || !template::mentions(&text.value, "extra") {
        all.add(
            mistake(
                Code::ARTIFACT_WITHOUT_TEMPLATE,
                range(&text),
                "`artifact` names the same file for every sub-dependency and version of it",
            )
            .label("no `extra.version` in here")
            .help("put it in: `https://…/{{ extra.id }}-{{ extra.version }}.tgz`"),
        );
    }
    Some(text)
}

/// What `versions` says, and where each id stands.
type Versions =
    (BTreeMap<String, Option<Located<String>>>, BTreeMap<String, std::ops::Range<usize>>);

fn versions(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Versions> {
    let fields = table(all, "versions", value)?;
    let (mut read, mut places) = (BTreeMap::new(), BTreeMap::new());
    for (key, value) in fields.keys {
        let id: &str = key.get_ref();
        if !ExtraFile::is_id(id) {
            let shown = shorten(id);
            all.add(
                mistake(
                    Code::BAD_NAME,
                    key.span(),
                    format!("`{shown}` is no id for a sub-dependency"),
                )
                .help("letters, digits and `.`, `_`, `-`, the first a letter or digit, at most 64"),
            );
            continue;
        }
        let version = match value.get_ref().as_bool() {
            Some(false) => None,
            Some(true) | None => match version(all, id, value) {
                Some(version) => Some(version),
                None => continue,
            },
        };
        places.insert(id.to_owned(), key.span());
        read.insert(id.to_owned(), version);
    }
    Some((read, places))
}

fn version(all: &mut Collector<'_>, id: &str, value: &Value<'_>) -> Option<Located<String>> {
    let text = string(all, id, value)?;
    if Version::new(text.value.as_str()).is_err() {
        let message = format!("`{}` is no version", shorten(&text.value));
        let help = "letters, digits and `.`, `+`, `_`, `~`, `:`, `-`, the first a letter or digit, at \
                    most 64; what else the address has stands in `artifact`";
        bad_value(all, range(&text), message, Some(help.to_owned()));
        return None;
    }
    Some(text)
}

fn checksum(all: &mut Collector<'_>, value: &Value<'_>, of: usize) -> Option<ChecksumRule> {
    let rule = verify::checksum_in(all, value, Scope::ExtraVerify)?;
    match &rule {
        ChecksumRule::Asset { asset, .. } => {
            let message = "a sub-dependency has no release in which a file could be found";
            let help =
                "give the checksum file's address: `checksum = { url = \"{{ url }}.sha256\" }`";
            bad_value(all, range(asset), message, Some(help.to_owned()));
            None
        }
        ChecksumRule::Given { hex, .. } if of > 1 && !is_template(&hex.value) => {
            let message = format!("one digest can't be that of {of} sub-dependencies");
            let help = "give each that has a digest a block of its own";
            bad_value(all, range(hex), message, Some(help.to_owned()));
            None
        }
        ChecksumRule::Given { .. } | ChecksumRule::Url { .. } => Some(rule),
    }
}

/// Checks that every id has an address, and that what is taken away was there.
fn together(all: &mut Collector<'_>, blocks: &[Block]) {
    let (mut known, mut addressed) = (BTreeSet::new(), BTreeSet::new());
    for (rule, places) in blocks {
        for (id, version) in &rule.versions {
            let place = places.get(id).cloned().unwrap_or_default();
            if version.is_some() {
                known.insert(id.as_str());
            } else if !known.contains(id.as_str()) {
                let message = format!("no block before this one has `{id}`");
                let near = nearest(id, known.iter().copied());
                let help = near.map_or_else(
                    || "take it out: `false` takes away what an earlier block gave".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                bad_value(all, place, message, Some(help));
                continue;
            }
            if rule.artifact.is_some() {
                addressed.insert(id.as_str());
            } else if version.is_some() && !addressed.contains(id.as_str()) {
                all.add(
                    mistake(
                        Code::MISSING_KEY,
                        place,
                        format!("`{id}` has no address: neither here nor before"),
                    )
                    .label("no `artifact` for it")
                    .help(
                        "write `artifact = \"https://…/{{ extra.id }}-{{ extra.version }}.tgz\"`",
                    ),
                );
            }
        }
    }
}

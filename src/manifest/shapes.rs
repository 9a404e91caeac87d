//! The shapes of deps.toml, for editors: what `schema` is generated from.
//!
//! Nothing is read into these types, because serde loses the places of values in merged tables; a
//! test compares their keys with those that the readers know.
#![expect(dead_code, reason = "only their schema is of use")]

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{
    shapes_build::{Build, Test},
    shapes_extra::Extra,
    shapes_target::Target,
    shapes_time::{DayOrTable, Eol, Schedule},
    shapes_verify::Verify,
    words::{
        Artifact, Duration, Fallbacks, IdKey, Keep, Licenses, Line, Maybe, OneOrMore, OrFalse,
        Place, Replacements, Size, SomeLines, TargetKey,
    },
};

/// What is published, from where, for which targets. See `depstate explain CODE` for each mistake.
#[derive(JsonSchema)]
#[schemars(rename = "deps.toml", deny_unknown_fields)]
pub(super) struct File {
    /// Whose prefix it is.
    pub(super) project: Project,
    /// Where artifacts are published.
    pub(super) storage: Storage,
    /// How long what left the index is kept.
    #[schemars(default)]
    retention: Maybe<Retention>,
    /// What artifacts are for, by a name of your own. A dependency without `targets` has the one
    /// target `any`, which needs no declaration.
    #[schemars(default)]
    targets: BTreeMap<TargetKey, Target>,
    /// Keys that every dependency has unless it says otherwise. A table here (`source`, `verify`,
    /// `metadata`) gives keys to such a table of a dependency, never the table itself.
    #[schemars(default)]
    defaults: Maybe<Defaults>,
    /// The products, by id.
    #[schemars(default)]
    dependencies: BTreeMap<IdKey, Dependency>,
}

/// Whose prefix it is.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Project {
    /// The owner of the prefix, written into the bucket: two projects never share one.
    name: Line,
}

/// Where artifacts are published. Which other keys there are is the driver's word.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(super) struct Storage {
    /// `s3` or `fs`; `depstate drivers` lists them.
    driver: Line,
    /// What readers put before a key to fetch it: `https://deps.example.com/ruby`.
    #[schemars(default)]
    public_url: Maybe<Place>,
    /// Nobody else ever writes to the prefix: a store that does not keep conditions may be used. It
    /// is recorded in the bucket and shown in every plan.
    #[schemars(default)]
    single_writer: Maybe<bool>,
}

/// How long what left the index is kept.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Retention {
    /// How long the object of a retired artifact is kept: `30d` if not given.
    #[schemars(default)]
    grace: Maybe<Duration>,
    /// How long old generations are kept for `history` and `rollback`: `90d` if not given.
    #[schemars(default)]
    history: Maybe<Duration>,
    /// How long outputs of builds are kept for other machines: `14d` if not given.
    #[schemars(default)]
    cache: Maybe<Duration>,
    /// What they may take in all: `10GiB` if not given.
    #[schemars(default, rename = "cache-size")]
    cache_size: Maybe<Size>,
}

/// One product: which versions of it are wanted, for which targets, from where.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Dependency {
    /// Begins as that dependency of this file, lines included.
    #[schemars(default)]
    extends: OrFalse<IdKey>,
    #[schemars(flatten)]
    keys: Defaults,
}

/// Keys of dependencies. `false` takes a key away.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Defaults {
    /// The product's name, for people.
    #[schemars(default)]
    name: OrFalse<Line>,
    /// SPDX expressions that all apply: `["MIT"]`; or `"detect"`, from the unpacked file.
    #[schemars(default)]
    licenses: OrFalse<Licenses>,
    /// CPE 2.3 names, templates.
    #[schemars(default)]
    cpe: OrFalse<OneOrMore>,
    /// Package URLs, templates: `pkg:generic/node@{{ version }}`.
    #[schemars(default)]
    purl: OrFalse<OneOrMore>,
    /// The published file's name, a template; if not given, the last segment of its address.
    #[schemars(default)]
    file: OrFalse<Line>,
    /// Names or globs of declared targets: `["linux-*"]`.
    #[schemars(default)]
    targets: OrFalse<SomeLines>,
    /// How versions are read and ordered: `semver` (lenient) if not given.
    #[schemars(default)]
    scheme: OrFalse<SchemeName>,
    /// Which versions are wanted.
    #[schemars(default)]
    lines: OrFalse<Lines>,
    /// Versions to leave out.
    #[schemars(default)]
    exclude: OrFalse<Vec<Rule>>,
    /// On the targets that an entry names, every version outside its constraint is left out.
    #[schemars(default)]
    only: OrFalse<Vec<Rule>>,
    /// Where releases are listed, and which file of one is wanted.
    #[schemars(default)]
    source: OrFalse<Source>,
    /// How the bytes are verified.
    #[schemars(default)]
    verify: OrFalse<Verify>,
    /// A free table that is carried into the record; its strings are templates.
    #[schemars(default)]
    metadata: OrFalse<BTreeMap<String, Value>>,
    /// How long it may go without being looked at before `status` calls it stale: `30d`.
    #[schemars(default, rename = "max-staleness")]
    max_staleness: OrFalse<Duration>,
    /// The document that says when lines end and which of them bears a name.
    #[schemars(default)]
    schedule: OrFalse<Schedule>,
    /// How old a release must be before it is taken: `3d`. `0d` is none.
    #[schemars(default, rename = "min-age")]
    min_age: OrFalse<Duration>,
    /// What is done about the end of a line's support.
    #[schemars(default)]
    eol: OrFalse<Eol>,
    /// How it is made; if not given, the upstream file is published as it is.
    #[schemars(default)]
    build: OrFalse<Build>,
    /// What is tried with it before it is published.
    #[schemars(default)]
    test: OrFalse<Test>,
    /// What differs for some versions or targets; later entries win.
    #[schemars(default, rename = "override")]
    overrides: OrFalse<Vec<Override>>,
    /// Sub-dependencies for the build script, with versions and digests of their own.
    #[schemars(default)]
    extra: OrFalse<Vec<Extra>>,
}

/// How versions are read and ordered.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum SchemeName {
    Semver,
    Pep440,
    Gem,
    Maven,
    Dotted,
    Date,
    Regex,
}

/// Which versions are wanted. Needs `constraint`, `line` or `match`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct VersionLine {
    /// `22.*`, `*`, `=1.2.3`, `!=`, `<`, `<=`, `>`, `>=` joined by commas, `^1.2`, `~1.2`.
    #[schemars(default)]
    constraint: Maybe<Line>,
    /// A name that the schedule gives to a line: `lts`. Beside or instead of `constraint`.
    #[schemars(default)]
    line: Maybe<Line>,
    /// A regex on the upstream name, beside or instead of `constraint`.
    #[schemars(default, rename = "match")]
    pattern: Maybe<Line>,
    /// How many of the newest to keep, or `"all"`: 1 if not given.
    #[schemars(default)]
    keep: Maybe<Keep>,
    /// Whether pre-releases count.
    #[schemars(default)]
    prereleases: bool,
    /// The last day of support: `2027-04-30`, or a table that says what is done about it.
    #[schemars(default)]
    eol: Maybe<DayOrTable>,
}

/// Versions to leave out, and where.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Rule {
    /// A constraint; pre-releases count.
    version: Line,
    /// A target, a glob of targets, or a list of them; all if not given.
    #[schemars(default)]
    target: Maybe<OneOrMore>,
    /// Why, in your words.
    #[schemars(default)]
    reason: Maybe<Line>,
}

/// Where releases are listed, and which file of one is wanted. Which other keys there are is the
/// driver's word.
#[derive(JsonSchema)]
pub(super) struct Source {
    /// How releases are listed; `depstate drivers` lists them.
    #[schemars(default)]
    driver: Maybe<Line>,
    /// The file's address, a template, in place of the index's; or a list, tried in turn.
    #[schemars(default)]
    artifact: OrFalse<Artifact>,
    /// A glob on the names of a release's files, a template.
    #[schemars(default)]
    asset: OrFalse<Line>,
    /// A regex, or a list of them, over the upstream name: a group `version`, or `major minor patch
    /// pre build`. A name that matches none is no release of this product.
    #[schemars(default)]
    extract: OrFalse<OneOrMore>,
    /// What upstream calls an os or arch: `{ amd64 = "x64" }`.
    #[schemars(default)]
    replacements: OrFalse<Replacements>,
    /// `recent`: the index shows only its newest; what it doesn't list says nothing.
    #[schemars(default)]
    coverage: OrFalse<CoverageWord>,
    /// Sources that are asked in turn where this one can't be read; each takes what it lacks from
    /// this one.
    #[schemars(default)]
    fallback: OrFalse<Fallbacks>,
}

/// What absence in an index means.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum CoverageWord {
    All,
    Recent,
}

/// What differs for some versions or targets. Needs `when` or `target`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Override {
    /// For which versions: a constraint.
    #[schemars(default)]
    when: Maybe<Line>,
    /// For which targets: a name, a glob, or a list of them.
    #[schemars(default)]
    target: Maybe<OneOrMore>,
    /// The product's name, for people.
    #[schemars(default)]
    name: OrFalse<Line>,
    /// SPDX expressions that all apply, or `"detect"`.
    #[schemars(default)]
    licenses: OrFalse<Licenses>,
    /// CPE 2.3 names, templates.
    #[schemars(default)]
    cpe: OrFalse<OneOrMore>,
    /// Package URLs, templates.
    #[schemars(default)]
    purl: OrFalse<OneOrMore>,
    /// The published file's name, a template.
    #[schemars(default)]
    file: OrFalse<Line>,
    /// What differs in `source`.
    #[schemars(default)]
    source: Maybe<OverrideSource>,
    /// What differs in `verify`.
    #[schemars(default)]
    verify: OrFalse<Verify>,
    /// How old a release must be before it is taken.
    #[schemars(default, rename = "min-age")]
    min_age: OrFalse<Duration>,
    /// What is done about the end of a line's support.
    #[schemars(default)]
    eol: OrFalse<Eol>,
    /// What differs in `build`; `false`: the upstream file is published as it is.
    #[schemars(default)]
    build: OrFalse<Build>,
    /// What differs in `test`; `false`: nothing is tried.
    #[schemars(default)]
    test: OrFalse<Test>,
    /// Other sub-dependencies, in place of all of the dependency's own.
    #[schemars(default)]
    extra: OrFalse<Vec<Extra>>,
    /// Keys of the free table to set, or to take away with `false`.
    #[schemars(default)]
    metadata: OrFalse<BTreeMap<String, Value>>,
}

/// What an override may change of `source`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct OverrideSource {
    /// The file's address, a template; or a list, tried in turn.
    #[schemars(default)]
    artifact: OrFalse<Artifact>,
    /// A glob on the names of a release's files, a template.
    #[schemars(default)]
    asset: OrFalse<Line>,
    /// What upstream calls an os or arch.
    #[schemars(default)]
    replacements: OrFalse<Replacements>,
}

/// Some lines.
pub(super) struct Lines;

impl JsonSchema for Lines {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Lines".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let line = generator.subschema_for::<VersionLine>();
        json_schema!({ "type": "array", "minItems": 1, "items": line })
    }
}

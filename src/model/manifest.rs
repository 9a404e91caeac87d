//! The checked meaning of deps.toml. (Its text is the `manifest` room's business.)

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use super::{
    BuildPatch, BuildRule, Constraint, DependencyId, EolRule, ExtraRule, Located, Pattern, Scheme,
    SignatureRule, Target, TargetName, TestPatch, TestRule, VersionLine,
};

/// What deps.toml asks for.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The owner of the prefix, written into HEAD.
    pub project: String,
    /// Where artifacts are published.
    pub storage: StorageRule,
    /// How long retired records keep their objects.
    pub retention: Retention,
    /// Every declared target, and `any`.
    pub targets: BTreeMap<TargetName, Target>,
    /// The dependencies by id.
    pub dependencies: BTreeMap<DependencyId, Dependency>,
}

/// `[storage]`: the driver's name; the driver reads the rest of the table itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageRule {
    /// `s3`, `fs`.
    pub driver: Located<String>,
    /// What readers put before a key to fetch it, without a trailing slash.
    pub public_url: Option<String>,
    /// Nobody else ever writes to the prefix: a store that does not keep conditions may be used.
    pub single_writer: bool,
}

/// `[retention]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long a retired record's object is kept. 30 days if not given.
    pub grace: Duration,
    /// How long old generations and index documents are kept, for `history` and `rollback`. 90 days
    /// if not given.
    pub history: Duration,
    /// How long the outputs of builds are kept in storage for other machines. 14 days if not given.
    pub cache: Duration,
    /// How many bytes they may take there in all; the oldest go first. 10 GiB if not given.
    pub cache_size: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            grace: Duration::from_hours(30 * 24),
            history: Duration::from_hours(90 * 24),
            cache: Duration::from_hours(14 * 24),
            cache_size: 10 << 30,
        }
    }
}

/// One dependency, after `[defaults]` and `extends` are merged in.
///
/// What an override may change is in [`Settings`]; ask [`Dependency::settings_for`].
#[derive(Debug, Clone)]
pub struct Dependency {
    /// Its id.
    pub id: DependencyId,
    /// The targets it is wanted for, globs expanded, sorted.
    pub targets: Vec<TargetName>,
    /// How its versions are read and ordered.
    pub scheme: Scheme,
    /// The lines, in the order of deps.toml; never empty.
    pub lines: Vec<VersionLine>,
    /// Versions to leave out.
    pub exclude: Vec<Rule>,
    /// Versions outside these are left out.
    pub only: Vec<Rule>,
    /// How its source is read.
    pub source: SourceRule,
    /// The document of its version lines, if it has one.
    pub schedule: Option<ScheduleRule>,
    /// What overrides may change.
    pub settings: Settings,
    /// Sub-dependencies of its builds, in the order of deps.toml.
    pub extra: Vec<ExtraRule>,
    /// The overrides, in the order of deps.toml.
    pub overrides: Vec<Override>,
    /// How long ago the dependency may have been looked after before `status` calls it stale; none:
    /// no limit.
    pub max_staleness: Option<Duration>,
    /// The table's header: byte offset and length.
    pub span: (usize, usize),
}

/// What belongs to the manifest of `[dependencies.ID.source]`; the driver reads the rest itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRule {
    /// The driver's name.
    pub driver: Located<String>,
    /// Regexes over the upstream name; the first that matches counts. Empty: the scheme decides.
    /// Groups: `version`, or `major minor patch pre build`, joined with `.`.
    pub extract: Vec<Pattern>,
    /// What absence in the index means.
    pub coverage: Coverage,
    /// A canonical text of the rest of the table, as the driver gets it; part of the question.
    pub question: String,
    /// Sources that are asked in turn where this one can't be read.
    pub fallback: Vec<Fallback>,
}

/// An entry of `fallback`: a source that stands in for the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// How it is read; it has no fallback of its own.
    pub rule: SourceRule,
    /// What it says of the files' addresses, where it says something else than the first.
    pub patch: Patch,
}

/// What belongs to the manifest of `[dependencies.ID.schedule]`; whoever asks it reads the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRule {
    /// A canonical text of the table; part of the question.
    pub question: String,
    /// Where the table stands in deps.toml: byte offset and length.
    pub span: (usize, usize),
}

/// What absence in an index means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coverage {
    /// The index lists all; what is absent is gone.
    #[default]
    All,
    /// The index lists only its newest; absence means nothing.
    Recent,
}

/// An entry of `exclude` or `only`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Which versions.
    pub constraint: Constraint,
    /// On which targets; none: all. Globs are expanded.
    pub targets: Option<Vec<TargetName>>,
    /// Why, in the maintainer's words.
    pub reason: Option<String>,
    /// The entry in deps.toml: byte offset and length.
    pub span: (usize, usize),
}

impl Rule {
    /// Tells whether the rule speaks of a target.
    pub fn covers(&self, target: &TargetName) -> bool {
        self.targets.as_ref().is_none_or(|targets| targets.contains(target))
    }
}

/// The keys of a dependency that an override may change. Texts are templates, already checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The product's name for people.
    pub name: Option<String>,
    /// SPDX expressions that all apply.
    pub licenses: Vec<String>,
    /// CPE 2.3 names, templates.
    pub cpe: Vec<Located<String>>,
    /// Package URLs, templates.
    pub purl: Vec<Located<String>>,
    /// The published file's name, a template; none: the last segment of the address.
    pub file: Option<Located<String>>,
    /// The file's address as templates, tried in turn; empty: a row's own `url`.
    pub artifact: Vec<Located<String>>,
    /// A glob on file names, a template.
    pub asset: Option<Located<String>>,
    /// What upstream calls an os or an arch.
    pub replacements: BTreeMap<String, String>,
    /// Where the digest is found.
    pub checksum: Option<ChecksumRule>,
    /// Which signature must vouch for it.
    pub signature: Option<SignatureRule>,
    /// A free table carried into the record; its strings are templates.
    pub metadata: BTreeMap<String, serde_json::Value>,
    /// How old a release must be before it is taken; zero is as good as none.
    pub min_age: Option<Located<Duration>>,
    /// What is done about the end of a line's support, where the line does not say.
    pub eol: EolRule,
    /// Whether the licences are found out from the unpacked file (`licenses = "detect"`).
    pub detect_licenses: bool,
    /// How it is made; none: the upstream file is published as it is.
    pub build: Option<BuildRule>,
    /// What is tried with it before it is published.
    pub test: Option<TestRule>,
}

/// `verify.checksum`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChecksumRule {
    /// `{ sha256 = … }` or `{ sha512 = … }`: the digest itself, a template over hex digits.
    Given {
        /// Which of the two keys was written.
        algorithm: super::Algorithm,
        /// The hex digits, a template.
        hex: Located<String>,
    },
    /// `{ url = … }`: a checksum file's address, a template.
    Url {
        /// The address.
        url: Located<String>,
        /// jq that yields the digest from a JSON document.
        select: Option<Located<String>>,
    },
    /// `{ asset = … }`: the name of a file of the same release, a glob and a template.
    Asset {
        /// The file's name.
        asset: Located<String>,
        /// jq that yields the digest from a JSON document.
        select: Option<Located<String>>,
    },
}

/// `[[dependencies.ID.override]]`.
#[derive(Debug, Clone)]
pub struct Override {
    /// For which versions; none: all.
    pub when: Option<Constraint>,
    /// For which targets; none: all. Globs are expanded.
    pub targets: Option<Vec<TargetName>>,
    /// What changes.
    pub patch: Patch,
}

/// What an override changes. `metadata` and `replacements` are replaced whole or, for `metadata`,
/// merged key by key, as GRAMMAR's merge rule says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// See [`Settings::name`].
    pub name: Change<String>,
    /// See [`Settings::licenses`].
    pub licenses: Change<Vec<String>>,
    /// See [`Settings::cpe`].
    pub cpe: Change<Vec<Located<String>>>,
    /// See [`Settings::purl`].
    pub purl: Change<Vec<Located<String>>>,
    /// See [`Settings::file`].
    pub file: Change<Located<String>>,
    /// See [`Settings::artifact`].
    pub artifact: Change<Vec<Located<String>>>,
    /// See [`Settings::asset`].
    pub asset: Change<Located<String>>,
    /// See [`Settings::replacements`].
    pub replacements: Change<BTreeMap<String, String>>,
    /// See [`Settings::checksum`].
    pub checksum: Change<ChecksumRule>,
    /// See [`Settings::signature`].
    pub signature: Change<SignatureRule>,
    /// Keys to set (`Some`) or to take away (`None`); see [`Settings::metadata`].
    pub metadata: Change<BTreeMap<String, Option<serde_json::Value>>>,
    /// See [`Settings::min_age`].
    pub min_age: Change<Located<Duration>>,
    /// See [`EolRule::warn`].
    pub eol_warn: Change<Duration>,
    /// See [`EolRule::drop_after`].
    pub eol_drop_after: Change<Duration>,
    /// See [`Settings::detect_licenses`].
    pub detect_licenses: Change<bool>,
    /// See [`Settings::build`]; `Set` is merged key by key.
    pub build: Change<BuildPatch>,
    /// See [`Settings::test`]; `Set` is merged key by key.
    pub test: Change<TestPatch>,
    /// See [`Dependency::extra`]; replaced whole.
    pub extra: Change<Vec<ExtraRule>>,
}

/// What happens to one key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// Nothing.
    #[default]
    Keep,
    /// It is set.
    Set(T),
    /// It is taken away (`false`).
    Clear,
}

impl<T: Clone> Change<T> {
    pub(super) fn apply(&self, to: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Set(value) => *to = Some(value.clone()),
            Self::Clear => *to = None,
        }
    }

    pub(super) fn apply_or_default(&self, to: &mut T)
    where
        T: Default,
    {
        match self {
            Self::Keep => {}
            Self::Set(value) => *to = value.clone(),
            Self::Clear => *to = T::default(),
        }
    }
}

impl Dependency {
    /// Returns the dependency as it is by its n-th fallback; 0 is its source itself.
    pub fn by_source(&self, n: usize) -> Cow<'_, Self> {
        let Some(fallback) = n.checked_sub(1).and_then(|n| self.source.fallback.get(n)) else {
            return Cow::Borrowed(self);
        };
        let mut other = self.clone();
        other.source = fallback.rule.clone();
        fallback.patch.apply(&mut other.settings);
        Cow::Owned(other)
    }

    /// Returns the settings for one version and target: the overrides that fit, applied in order.
    pub fn settings_for(&self, version: &super::Version, target: &TargetName) -> Settings {
        let mut settings = self.settings.clone();
        for o in &self.overrides {
            let wanted = o.when.as_ref().is_none_or(|when| when.matches(version))
                && o.targets.as_ref().is_none_or(|targets| targets.contains(target));
            if wanted {
                o.patch.apply(&mut settings);
            }
        }
        settings
    }
}

impl Patch {
    /// Lays it over settings.
    pub fn apply(&self, to: &mut Settings) {
        self.name.apply(&mut to.name);
        self.licenses.apply_or_default(&mut to.licenses);
        self.cpe.apply_or_default(&mut to.cpe);
        self.purl.apply_or_default(&mut to.purl);
        self.file.apply(&mut to.file);
        self.artifact.apply_or_default(&mut to.artifact);
        self.asset.apply(&mut to.asset);
        self.replacements.apply_or_default(&mut to.replacements);
        self.checksum.apply(&mut to.checksum);
        self.min_age.apply(&mut to.min_age);
        self.eol_warn.apply(&mut to.eol.warn);
        self.eol_drop_after.apply(&mut to.eol.drop_after);
        self.signature.apply(&mut to.signature);
        self.detect_licenses.apply_or_default(&mut to.detect_licenses);
        match &self.build {
            Change::Keep => {}
            Change::Set(patch) => patch.apply(to.build.get_or_insert_default()),
            Change::Clear => to.build = None,
        }
        match &self.test {
            Change::Keep => {}
            Change::Set(patch) => patch.apply(to.test.get_or_insert_default()),
            Change::Clear => to.test = None,
        }
        match &self.metadata {
            Change::Keep => {}
            Change::Clear => to.metadata.clear(),
            Change::Set(keys) => {
                for (key, value) in keys {
                    match value {
                        Some(value) => {
                            to.metadata.insert(key.clone(), value.clone());
                        }
                        None => {
                            to.metadata.remove(key);
                        }
                    }
                }
            }
        }
    }
}

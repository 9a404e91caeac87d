//! How an artifact is made and tried, as deps.toml says it. Texts are templates, already checked.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Change, Constraint, Located, TargetName};

/// `[dependencies.ID.build]`: absent, the upstream file is published as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuildRule {
    /// A file beside deps.toml that makes the output; a template. Else there is `repack`.
    pub script: Option<Located<String>>,
    /// Files that decide the bytes too: paths and globs, relative to deps.toml; templates.
    pub inputs: Vec<Located<String>>,
    /// What the script finds in its environment; templates.
    pub env: BTreeMap<String, Located<String>>,
    /// Where the script runs; none: in the sandbox.
    pub executor: Option<Executor>,
    /// The image for `container`, pinned by digest, a template; none: the target's.
    pub image: Option<Located<String>>,
    /// Other managed artifacts, as filters (`ruby@3.4.*`).
    pub needs: Vec<Located<String>>,
    /// What becomes of the output folder; none: `tar.gz`.
    pub archive: Option<ArchiveFormat>,
    /// Steps without a script.
    pub repack: Option<Repack>,
    /// Whether the script may use the network.
    pub network: Option<bool>,
    /// Whether it is built twice and compared.
    pub reproducible: Option<bool>,
    /// What it may take at most.
    pub limits: LimitsRule,
}

/// `[dependencies.ID.test]`: what is tried with the very file that will be published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TestRule {
    /// A file beside deps.toml that tries it; a template.
    pub script: Option<Located<String>>,
    /// Files that the script reads: paths and globs, relative to deps.toml; templates.
    pub inputs: Vec<Located<String>>,
    /// Paths and globs in the unpacked file that must be there; templates.
    pub files: Vec<Located<String>>,
    /// A command in the unpacked file, and its arguments; templates.
    pub run: Vec<Located<String>>,
    /// What its output must contain; a template.
    pub stdout: Option<Located<String>>,
    /// What it must answer while it runs.
    pub http: Option<HttpCheckRule>,
    /// Other managed artifacts, as filters.
    pub needs: Vec<Located<String>>,
    /// What it finds in its environment; templates.
    pub env: BTreeMap<String, Located<String>>,
    /// Where it runs; none: in the sandbox.
    pub executor: Option<Executor>,
    /// The image for `container`, pinned by digest, a template; none: the target's.
    pub image: Option<Located<String>>,
    /// Whether it may use the network.
    pub network: Option<bool>,
    /// What it may take at most.
    pub limits: LimitsRule,
}

/// `test.http`: `run` is a server that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpCheckRule {
    /// An address of this machine alone, `http://127.0.0.1:8080/`; a template.
    pub url: Located<String>,
    /// The status that it must answer with. 200 if not given.
    pub status: u16,
    /// What the answer must contain; a template.
    pub contains: Option<Located<String>>,
}

/// Where a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Executor {
    /// Shut in: no network, nothing writable but its own folder.
    #[default]
    Sandbox,
    /// In a container of a given image.
    Container,
    /// On this machine, as this user, unprotected.
    Host,
}

impl Executor {
    /// All of them, by the names of deps.toml.
    pub const NAMES: &[&str] = &["sandbox", "container", "host"];

    /// Returns the name in deps.toml.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Container => "container",
            Self::Host => "host",
        }
    }

    /// Returns the executor of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Sandbox, Self::Container, Self::Host].into_iter().find(|it| it.name() == name)
    }
}

/// What becomes of an output folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum ArchiveFormat {
    /// A tar archive, gzip.
    #[default]
    #[serde(rename = "tar.gz")]
    TarGz,
    /// A tar archive, xz.
    #[serde(rename = "tar.xz")]
    TarXz,
    /// A tar archive, Zstandard.
    #[serde(rename = "tar.zst")]
    TarZst,
    /// A zip archive.
    #[serde(rename = "zip")]
    Zip,
    /// The one file in the folder, as it is.
    #[serde(rename = "file")]
    File,
}

impl ArchiveFormat {
    /// All of them, by the names of deps.toml, which are the endings of file names (but `file`).
    pub const NAMES: &[&str] = &["tar.gz", "tar.xz", "tar.zst", "zip", "file"];

    /// Returns the name in deps.toml.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TarGz => "tar.gz",
            Self::TarXz => "tar.xz",
            Self::TarZst => "tar.zst",
            Self::Zip => "zip",
            Self::File => "file",
        }
    }

    /// Returns the format of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::TarGz, Self::TarXz, Self::TarZst, Self::Zip, Self::File]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// `build.repack`: how the members of the upstream archive become those of the output.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Repack {
    /// How many leading folders are taken off each path.
    pub strip_components: u32,
    /// Globs on what is left of the paths; empty: all.
    pub include: Vec<String>,
    /// Globs of what is left out; beats `include`.
    pub exclude: Vec<String>,
    /// Paths, or fronts of paths that end at a `/`, and what stands in their place.
    pub rename: BTreeMap<String, String>,
}

/// What a step may take at most, as written; none: the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LimitsRule {
    /// Wall time.
    pub time: Option<Duration>,
    /// Memory of all its processes together, in bytes.
    pub memory: Option<u64>,
    /// What it may write in all, in bytes.
    pub output: Option<u64>,
    /// Processes at once.
    pub processes: Option<u32>,
}

/// What a step may take at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall time.
    pub time: Duration,
    /// Memory of all its processes together, in bytes.
    pub memory: u64,
    /// What it may write in all, in bytes.
    pub output: u64,
    /// Processes at once.
    pub processes: u32,
    /// What it may say, in bytes; what comes after is dropped, and said to be.
    pub log: u64,
}

impl Limits {
    /// What a build may take if deps.toml says nothing: 2 hours, 8 GiB, 8 GiB, 4,096 processes.
    pub const BUILD: Self = Self {
        time: Duration::from_hours(2),
        memory: 8 << 30,
        output: 8 << 30,
        processes: 4096,
        log: 64 << 20,
    };
    /// What a test may take if deps.toml says nothing: 10 minutes, 4 GiB, 2 GiB, 1,024 processes.
    pub const TEST: Self = Self {
        time: Duration::from_mins(10),
        memory: 4 << 30,
        output: 2 << 30,
        processes: 1024,
        log: 16 << 20,
    };

    /// Lays what deps.toml says over these.
    #[must_use]
    pub fn with(self, rule: &LimitsRule) -> Self {
        Self {
            time: rule.time.unwrap_or(self.time),
            memory: rule.memory.unwrap_or(self.memory),
            output: rule.output.unwrap_or(self.output),
            processes: rule.processes.unwrap_or(self.processes),
            log: self.log,
        }
    }
}

/// What an override, or a merge, changes of `build`, key by key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuildPatch {
    /// See [`BuildRule::script`].
    pub script: Change<Located<String>>,
    /// See [`BuildRule::inputs`].
    pub inputs: Change<Vec<Located<String>>>,
    /// See [`BuildRule::env`].
    pub env: Change<BTreeMap<String, Located<String>>>,
    /// See [`BuildRule::executor`].
    pub executor: Change<Executor>,
    /// See [`BuildRule::image`].
    pub image: Change<Located<String>>,
    /// See [`BuildRule::needs`].
    pub needs: Change<Vec<Located<String>>>,
    /// See [`BuildRule::archive`].
    pub archive: Change<ArchiveFormat>,
    /// See [`BuildRule::repack`].
    pub repack: Change<Repack>,
    /// See [`BuildRule::network`].
    pub network: Change<bool>,
    /// See [`BuildRule::reproducible`].
    pub reproducible: Change<bool>,
    /// See [`BuildRule::limits`].
    pub limits: Change<LimitsRule>,
}

/// What an override, or a merge, changes of `test`, key by key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TestPatch {
    /// See [`TestRule::script`].
    pub script: Change<Located<String>>,
    /// See [`TestRule::inputs`].
    pub inputs: Change<Vec<Located<String>>>,
    /// See [`TestRule::files`].
    pub files: Change<Vec<Located<String>>>,
    /// See [`TestRule::run`].
    pub run: Change<Vec<Located<String>>>,
    /// See [`TestRule::stdout`].
    pub stdout: Change<Located<String>>,
    /// See [`TestRule::http`].
    pub http: Change<HttpCheckRule>,
    /// See [`TestRule::needs`].
    pub needs: Change<Vec<Located<String>>>,
    /// See [`TestRule::env`].
    pub env: Change<BTreeMap<String, Located<String>>>,
    /// See [`TestRule::executor`].
    pub executor: Change<Executor>,
    /// See [`TestRule::image`].
    pub image: Change<Located<String>>,
    /// See [`TestRule::network`].
    pub network: Change<bool>,
    /// See [`TestRule::limits`].
    pub limits: Change<LimitsRule>,
}

/// `[[dependencies.ID.extra]]`: sub-dependencies with versions and digests of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraRule {
    /// For which versions of the dependency; none: all.
    pub when: Option<Constraint>,
    /// For which targets; none: all. Globs are expanded.
    pub targets: Option<Vec<TargetName>>,
    /// The address, a template that knows `extra.id` and `extra.version` too; none: an id keeps the
    /// address that an earlier block gave it.
    pub artifact: Option<Located<String>>,
    /// Versions by id; none: this one is taken away.
    pub versions: BTreeMap<String, Option<Located<String>>>,
    /// Where the digest is found; templates that know `extra.*` too.
    pub checksum: Option<super::ChecksumRule>,
    /// The block in deps.toml: byte offset and length.
    pub span: (usize, usize),
}

impl BuildPatch {
    /// Lays it over a rule.
    pub(super) fn apply(&self, to: &mut BuildRule) {
        self.script.apply(&mut to.script);
        self.inputs.apply_or_default(&mut to.inputs);
        self.env.apply_or_default(&mut to.env);
        self.executor.apply(&mut to.executor);
        self.image.apply(&mut to.image);
        self.needs.apply_or_default(&mut to.needs);
        self.archive.apply(&mut to.archive);
        self.repack.apply(&mut to.repack);
        self.network.apply(&mut to.network);
        self.reproducible.apply(&mut to.reproducible);
        self.limits.apply_or_default(&mut to.limits);
    }
}

impl TestPatch {
    /// Lays it over a rule.
    pub(super) fn apply(&self, to: &mut TestRule) {
        self.script.apply(&mut to.script);
        self.inputs.apply_or_default(&mut to.inputs);
        self.files.apply_or_default(&mut to.files);
        self.run.apply_or_default(&mut to.run);
        self.stdout.apply(&mut to.stdout);
        self.http.apply(&mut to.http);
        self.needs.apply_or_default(&mut to.needs);
        self.env.apply_or_default(&mut to.env);
        self.executor.apply(&mut to.executor);
        self.image.apply(&mut to.image);
        self.network.apply(&mut to.network);
        self.limits.apply_or_default(&mut to.limits);
    }
}

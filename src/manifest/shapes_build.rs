//! The shapes of `build` and `test`, for editors. See [`super::shapes`].
#![expect(dead_code, reason = "only their schema is of use")]

use schemars::JsonSchema;

use super::words::{
    BelowPaths, CommandLine, Count, Duration, Environment, Image, Line, Loopback, Maybe, OrFalse,
    Renames, ScriptPath, Size, Status, Strip,
};

/// How an artifact is made of its source. Needs `script` or `repack`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Build {
    /// A file beside deps.toml that makes the output; a template.
    #[schemars(default)]
    script: OrFalse<ScriptPath>,
    /// Files that decide the bytes too: paths and globs, relative to deps.toml; templates.
    #[schemars(default)]
    inputs: OrFalse<BelowPaths>,
    /// What the script finds in its environment; values are templates.
    #[schemars(default)]
    env: OrFalse<Environment>,
    /// Where the script runs: `sandbox` if not given.
    #[schemars(default)]
    executor: OrFalse<ExecutorWord>,
    /// The image for `container`, pinned by digest, a template; if not given, the target's.
    #[schemars(default)]
    image: OrFalse<Image>,
    /// Other dependencies whose newest kept version is given, unpacked: `["ruby@3.4.*"]`.
    #[schemars(default)]
    needs: OrFalse<Vec<Line>>,
    /// What becomes of the output folder: `tar.gz` if not given. `file`: the one file in it.
    #[schemars(default)]
    archive: OrFalse<ArchiveWord>,
    /// Steps without a script: which members of the upstream archive are published, and as what.
    #[schemars(default)]
    repack: OrFalse<Repack>,
    /// Whether the script may use the network. Every plan shows it.
    #[schemars(default)]
    network: Maybe<bool>,
    /// Whether it is built twice and compared.
    #[schemars(default)]
    reproducible: Maybe<bool>,
    /// What it may take at most.
    #[schemars(default)]
    limits: OrFalse<Limits>,
}

/// What is tried with the very file that will be published. Needs `script`, `run` or `files`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Test {
    /// A file beside deps.toml that tries it; a template. Not beside `run`.
    #[schemars(default)]
    script: OrFalse<ScriptPath>,
    /// Files that the script reads: paths and globs, relative to deps.toml; templates.
    #[schemars(default)]
    inputs: OrFalse<BelowPaths>,
    /// Paths and globs in the unpacked file that must be there; templates.
    #[schemars(default)]
    files: OrFalse<BelowPaths>,
    /// A command in the unpacked file, and its arguments; templates: `["bin/node", "--version"]`.
    #[schemars(default)]
    run: OrFalse<CommandLine>,
    /// What the output must contain; a template.
    #[schemars(default)]
    stdout: OrFalse<Line>,
    /// What `run` must answer while it runs.
    #[schemars(default)]
    http: OrFalse<HttpCheck>,
    /// Other dependencies whose newest kept version is given, unpacked: `["php@8.4.*"]`.
    #[schemars(default)]
    needs: OrFalse<Vec<Line>>,
    /// What it finds in its environment; values are templates.
    #[schemars(default)]
    env: OrFalse<Environment>,
    /// Where it runs: `sandbox` if not given.
    #[schemars(default)]
    executor: OrFalse<ExecutorWord>,
    /// The image for `container`, pinned by digest, a template; if not given, the target's.
    #[schemars(default)]
    image: OrFalse<Image>,
    /// Whether it may use the network.
    #[schemars(default)]
    network: Maybe<bool>,
    /// What it may take at most.
    #[schemars(default)]
    limits: OrFalse<Limits>,
}

/// What a server under test must answer.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct HttpCheck {
    /// An address of this machine: `http://127.0.0.1:8080/`; a template.
    url: Loopback,
    /// The status: 200 if not given.
    #[schemars(default)]
    status: Maybe<Status>,
    /// What the answer must contain; a template.
    #[schemars(default)]
    contains: Maybe<Line>,
}

/// How members of the upstream archive become those of the output; none of it is a template.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Repack {
    /// How many leading folders are taken off each path.
    #[schemars(default)]
    strip_components: Maybe<Strip>,
    /// Globs on what is left of the paths; all if not given.
    #[schemars(default)]
    include: Maybe<BelowPaths>,
    /// Globs of what is left out; beats `include`.
    #[schemars(default)]
    exclude: Maybe<BelowPaths>,
    /// Files, or folders that end with `/`, and what they become: `{ "usr/bin/" = "bin/" }`.
    #[schemars(default)]
    rename: Maybe<Renames>,
}

/// What a step may take at most.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Limits {
    /// Wall time: `2h` for a build, `10m` for a test if not given.
    #[schemars(default)]
    time: Maybe<Duration>,
    /// Memory of all its processes together: `8GiB` for a build, `4GiB` for a test if not given.
    #[schemars(default)]
    memory: Maybe<Size>,
    /// What it may write in all: `8GiB` for a build, `2GiB` for a test if not given.
    #[schemars(default)]
    output: Maybe<Size>,
    /// Processes at once: 4,096 for a build, 1,024 for a test if not given.
    #[schemars(default)]
    processes: Maybe<Count>,
}

/// Where a step runs.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum ExecutorWord {
    /// Shut in: no network, nothing writable but its own folder.
    Sandbox,
    /// In a container of a given image.
    Container,
    /// On this machine, as this user, unprotected.
    Host,
}

/// What becomes of an output folder.
#[derive(JsonSchema)]
enum ArchiveWord {
    #[schemars(rename = "tar.gz")]
    TarGz,
    #[schemars(rename = "tar.xz")]
    TarXz,
    #[schemars(rename = "tar.zst")]
    TarZst,
    #[schemars(rename = "zip")]
    Zip,
    #[schemars(rename = "file")]
    File,
}

//! The shape of a target, for editors. See [`super::shapes`].
#![expect(dead_code, reason = "only their schema is of use")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::words::{Line, Maybe, PinnedImage};

/// An operating system, architecture and distribution.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Target {
    /// Go's word for the operating system; only `any` has none.
    #[schemars(default)]
    os: Maybe<Os>,
    /// Go's word for the architecture; only `any` has none.
    #[schemars(default)]
    arch: Maybe<Arch>,
    /// The distribution, where it matters.
    #[schemars(default)]
    distro: Maybe<Distro>,
    /// Buildpack stacks that the target serves.
    #[schemars(default)]
    stacks: Vec<Line>,
    /// Free names for templates: `vars = { libc = "glibc" }` is `{{ target.vars.libc }}`.
    #[schemars(default)]
    vars: BTreeMap<String, String>,
    /// The container image of builds and tests for it: `NAME@sha256:` and 64 hex digits.
    #[schemars(default)]
    image: Maybe<PinnedImage>,
}

/// Go's word for an operating system.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Os {
    Linux,
    Darwin,
    Windows,
}

/// Go's word for an architecture.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Arch {
    Amd64,
    Arm64,
    Ppc64le,
    S390x,
    #[schemars(rename = "386")]
    I386,
    Arm,
}

/// A Linux distribution.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Distro {
    /// Its name: `ubuntu`.
    name: Line,
    /// Its version, in quotes: `"22.04"`.
    #[schemars(default)]
    version: Maybe<Line>,
}

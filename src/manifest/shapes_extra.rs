//! The shape of `extra`, for editors. See [`super::shapes`].
#![expect(dead_code, reason = "only their schema is of use")]

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    shapes_verify::Checksum,
    words::{Line, Maybe, OneOrMore, OrFalse},
};

/// Sub-dependencies for the build script: pinned versions with digests of their own in deps.lock.
/// Later blocks win id by id.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Extra {
    /// The address, a template: `https://example.com/{{ extra.id }}-{{ extra.version }}.tgz`. Without
    /// it an id keeps the address that an earlier block gave it.
    #[schemars(default)]
    artifact: Maybe<ExtraArtifact>,
    /// Versions by id: `{ redis = "6.3.0", phalcon = false }`; `false` takes one away.
    versions: BTreeMap<ExtraKey, OrFalse<ExtraVersion>>,
    /// For which versions of the dependency: a constraint.
    #[schemars(default)]
    when: Maybe<Line>,
    /// For which targets: a name, a glob, or a list of them.
    #[schemars(default)]
    target: Maybe<OneOrMore>,
    /// How the bytes are verified.
    #[schemars(default)]
    verify: Maybe<ExtraVerify>,
}

/// How a sub-dependency is verified.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ExtraVerify {
    /// Where the digest is found; without it the first bytes are trusted.
    #[schemars(default)]
    checksum: Maybe<Checksum>,
}

macro_rules! patterns {
    ($( $(#[$doc:meta])* $name:ident $pattern:literal )*) => { $(
        $(#[$doc])*
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    )* };
}

patterns! {
    /// An id.
    ExtraKey r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
    /// A version.
    ExtraVersion r"^[0-9A-Za-z][0-9A-Za-z.+_~:-]{0,63}$"
    /// An address.
    ExtraArtifact r"\{[{%]"
}

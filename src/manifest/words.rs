//! The schemas of single values of deps.toml.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A value that may be absent. (`Option` would let a schema's readers write `null`.)
pub(super) struct Maybe<T>(Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: JsonSchema> JsonSchema for Maybe<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A value, or `false`, which takes the key away.
pub(super) struct OrFalse<T>(Option<T>);

impl<T> Default for OrFalse<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: JsonSchema> JsonSchema for OrFalse<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{} or false", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<T>(), { "const": false }] })
    }
}

macro_rules! texts {
    ($( $(#[$doc:meta])* $name:ident $schema:tt )*) => { $(
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
                json_schema!($schema)
            }
        }
    )* };
}

texts! {
    /// A text that is not empty.
    Line { "type": "string", "pattern": r"\S" }
    /// An id.
    IdKey { "type": "string", "pattern": r"^[a-z0-9][a-z0-9._-]{0,63}$" }
    /// A target's name.
    TargetKey { "type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" }
    /// A number and a unit.
    Duration { "type": "string", "pattern": r"^[0-9]+[smhdw]$" }
    /// Bytes, as a number or with a unit.
    Size {
        "anyOf": [
            { "type": "integer", "minimum": 1 },
            { "type": "string", "pattern": r"^[0-9]+ ?([kKMGT]i?)?B$" }
        ]
    }
    /// A file beside deps.toml.
    ScriptPath { "type": "string", "pattern": r"^[^/~]*[^/~\s]" }
    /// Paths and globs that begin in a folder.
    BelowPaths { "type": "array", "items": { "type": "string", "pattern": r"^[^/~]*[^/~\s]" } }
    /// A command and its arguments.
    CommandLine { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": r"\S" } }
    /// Names and values.
    Environment {
        "type": "object",
        "propertyNames": {
            "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
            "not": { "pattern": "^(DEPSTATE_.*|SOURCE_DATE_EPOCH|TZ|LC_ALL|HOME|TMPDIR)$" }
        },
        "additionalProperties": { "type": "string" }
    }
    /// An image with its digest, or a template of one.
    Image { "type": "string", "pattern": r"@sha256:[0-9a-f]{64}$|\{[{%]" }
    /// An image with its digest.
    PinnedImage { "type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._:/-]*@sha256:[0-9a-f]{64}$" }
    /// An address of this machine.
    Loopback { "type": "string", "pattern": r"^http://(localhost|127\.|\[::1\])" }
    /// A status of HTTP.
    Status { "type": "integer", "minimum": 100, "maximum": 599 }
    /// How many at once.
    Count { "type": "integer", "minimum": 1, "maximum": 4_194_304 }
    /// How many folders.
    Strip { "type": "integer", "minimum": 0, "maximum": 64 }
    /// What is called otherwise.
    Renames { "type": "object", "additionalProperties": { "type": "string" } }
    /// SPDX expressions, or the word for finding them out.
    Licenses {
        "anyOf": [
            { "type": "array", "items": { "type": "string", "pattern": r"\S" } },
            { "const": "detect" }
        ]
    }
    /// A day. (TOML's own dates are strings for a schema.)
    Day { "type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }
    /// How many to keep.
    Keep { "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 4_294_967_295_u32 }, { "const": "all" }] }
    /// A text or some.
    OneOrMore {
        "anyOf": [
            { "type": "string", "pattern": r"\S" },
            { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": r"\S" } }
        ]
    }
    /// Sources that stand in for one.
    Fallbacks { "type": "array", "items": { "type": "object" } }
    /// Some texts.
    SomeLines { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": r"\S" } }
    /// An address as a template, or some.
    Artifact {
        "anyOf": [
            { "type": "string", "pattern": r"\{[{%]" },
            { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": r"\{[{%]" } }
        ]
    }
    /// An address, or the variable that holds it.
    Place {
        "anyOf": [
            { "type": "string", "pattern": r"\S" },
            {
                "type": "object",
                "properties": { "env": { "type": "string", "pattern": "^DEPSTATE_" } },
                "required": ["env"],
                "additionalProperties": false
            }
        ]
    }
    /// Upstream's words by Go's.
    Replacements {
        "type": "object",
        "propertyNames": {
            "enum": [
                "linux", "darwin", "windows",
                "amd64", "arm64", "ppc64le", "s390x", "386", "arm"
            ]
        },
        "additionalProperties": { "type": "string", "pattern": r"\S" }
    }
}

//! The shapes of what deps.toml says of time, for editors.
#![expect(dead_code, reason = "only their schema is of use")]

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::words::{Day, Duration, Line, Maybe, OneOrMore, OrFalse};

/// A document of version lines, which `lock` and `update` ask.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Schedule {
    /// The document's address, or several, united: JSON, YAML or TOML.
    #[schemars(default)]
    url: OrFalse<OneOrMore>,
    /// jq that yields rows `{line, eol, names}`: `line` the front of a version, `eol` a day or a
    /// boolean, `names` since when it bears a name.
    #[schemars(default)]
    select: OrFalse<Line>,
    /// Whether plain http may be asked.
    #[schemars(default)]
    insecure: OrFalse<bool>,
}

/// What is done about the end of a line's support.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Eol {
    /// How long before the end a warning begins: `60d`.
    #[schemars(default)]
    warn: OrFalse<Duration>,
    /// How long after the end `lock` and `update` drop the versions: `30d`. Never if not given.
    #[schemars(default)]
    drop_after: OrFalse<Duration>,
}

/// When a line's support ends, and what is done about it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct LineEol {
    /// The last day: `2027-04-30`. Not needed where a schedule gives it.
    #[schemars(default)]
    date: Maybe<Day>,
    /// Where upstream says so.
    #[schemars(default)]
    link: Maybe<Line>,
    /// How long before the end a warning begins: `60d`.
    #[schemars(default)]
    warn: Maybe<Duration>,
    /// How long after the end `lock` and `update` drop the versions: `30d`.
    #[schemars(default)]
    drop_after: Maybe<Duration>,
}

/// A day, or a table of it.
pub(super) struct DayOrTable;

impl JsonSchema for DayOrTable {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "DayOrTable".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [generator.subschema_for::<Day>(), generator.subschema_for::<LineEol>()]
        })
    }
}

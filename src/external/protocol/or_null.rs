//! A value that must be there and may be null.

use std::{borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// The schema of such a value. (`Option` would let a driver forget it.)
pub(super) struct OrNull<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for OrNull<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{} or null", T::schema_name()).into()
    }

    fn json_schema(all: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [all.subschema_for::<T>(), { "type": "null" }] })
    }
}

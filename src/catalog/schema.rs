//! The schema of an entry's file.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Entry;

/// Returns the JSON schema (draft-07) of an entry's file. What may stand below `dependency` is what
/// the schema of deps.toml says of a dependency.
pub fn schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<Entry>().to_value()
}

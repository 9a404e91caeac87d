//! The JSON schema of deps.toml, for editors.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::shapes::File;

/// Returns the schema: draft-07, which TOML editors understand; the same at every call.
///
/// It is weaker than [`super::read`]: it knows no driver's keys, no constraint, no template, and
/// not what `extends` and `[defaults]` bring in.
pub fn schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<File>().to_value()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{
        keys::{self, Keys},
        keys_build, keys_time,
    };
    use super::schema;

    fn known(keys: &Keys) -> BTreeSet<String> {
        keys.known.iter().map(|key| (*key).to_owned()).collect()
    }

    fn keys_of(shape: &serde_json::Value) -> BTreeSet<String> {
        shape["properties"].as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema = schema();
        let of = |name: &str| keys_of(&schema["definitions"][name]);
        assert_eq!(keys_of(&schema), known(&keys::TOP));
        for (shape, keys) in [
            ("Project", &keys::PROJECT),
            ("Retention", &keys::RETENTION),
            ("Target", &keys::TARGET),
            ("Distro", &keys::DISTRO),
            ("Dependency", &keys::DEPENDENCY),
            ("VersionLine", &keys::LINE),
            ("Rule", &keys::EXCLUDE),
            ("Verify", &keys::VERIFY),
            ("Checksum", &keys::CHECKSUM),
            ("Schedule", &keys_time::SCHEDULE),
            ("Eol", &keys_time::EOL),
            ("LineEol", &keys_time::LINE_EOL),
            ("Signature", &keys::SIGNATURE),
            ("Build", &keys_build::BUILD),
            ("Test", &keys_build::TEST),
            ("HttpCheck", &keys_build::HTTP),
            ("Repack", &keys_build::REPACK),
            ("Limits", &keys_build::LIMITS),
            ("Override", &keys::OVERRIDE),
            ("OverrideSource", &keys::OVERRIDE_SOURCE),
            ("Extra", &super::super::extra::EXTRA),
        ] {
            assert_eq!(of(shape), known(keys), "{shape}");
        }
        let source: BTreeSet<String> = keys::SOURCE.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(of("Source"), source);
        let mut defaults = known(&keys::DEPENDENCY);
        defaults.remove("extends");
        assert_eq!(of("Defaults"), defaults);
    }

    #[test]
    fn every_key_is_described() {
        fn look(value: &serde_json::Value, path: &str) {
            let Some(object) = value.as_object() else { return };
            if let Some(properties) = object.get("properties").and_then(|p| p.as_object())
                && !path.ends_with("/env")
            {
                for (key, shape) in properties {
                    let env = key == "env";
                    assert!(env || shape["description"].is_string(), "{path}/{key}");
                }
            }
            for (key, value) in object {
                look(value, &format!("{path}/{key}"));
            }
        }
        look(&schema(), "");
    }
}

//! The schema of deps.toml, as an editor would use it.

use depstate::manifest::{read, schema};
use serde_json::{Value, json};

use super::{
    HEAD, KNOWN,
    golden::{broken_file, good_files},
};

/// Turns TOML into what an editor checks against the schema: dates are strings.
fn json(text: &str) -> Value {
    fn turn(value: toml::Value) -> Value {
        match value {
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(n) => n.into(),
            toml::Value::Float(n) => json!(n),
            toml::Value::Boolean(b) => b.into(),
            toml::Value::Datetime(when) => when.to_string().into(),
            toml::Value::Array(list) => list.into_iter().map(turn).collect(),
            toml::Value::Table(table) => {
                table.into_iter().map(|(key, value)| (key, turn(value))).collect()
            }
        }
    }
    turn(toml::Value::Table(text.parse().unwrap()))
}

fn validator() -> jsonschema::Validator {
    jsonschema::draft7::new(&schema()).unwrap()
}

#[test]
fn the_schema_is_one_of_draft_7() {
    let schema = schema();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert_eq!(schema["title"], "deps.toml");
    jsonschema::draft7::meta::validate(&schema).unwrap();
}

#[test]
fn the_schema_offers_no_null() {
    assert!(!schema().to_string().contains("\"null\""), "TOML has none");
}

#[test]
fn the_schema_is_the_same_every_time() {
    assert_eq!(schema().to_string(), schema().to_string());
}

#[test]
fn the_schema_takes_every_good_manifest() {
    let validator = validator();
    for path in good_files() {
        let json = json(&fs_err::read_to_string(&path).unwrap());
        let wrong: Vec<String> =
            validator.iter_errors(&json).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", path.display());
    }
}

/// Values of each key, good ones and bad ones.
const BUILDS: &[(&str, &[&str])] = &[
    ("build.script", &["'a.sh'", "'/a'", "'a{{ id }}/b'", "'{{ id }}'", "' '", "'a b.sh'", "1"]),
    (
        "build.inputs",
        &["[]", "['a', '*', '**/b', '{a,b}/c']", "['']", "'a'", "['../a']", "['.a/b']"],
    ),
    (
        "build.env",
        &["{}", "{ A = '', _b = '{{ url }}' }", "{ 1A = '' }", "{ TZ = '' }", "{ A = 1 }"],
    ),
    ("build.executor", &["'host'", "'sandbox'", "'container'", "'Host'", "''"]),
    ("build.image", &["'a'", "'{{ target.name }}'", "'{% if os %}a{% endif %}'"]),
    ("build.needs", &["[]", "['b']", "['b@1.*']", "['c']"]),
    ("build.archive", &["'tar.gz'", "'tar.xz'", "'tar.zst'", "'zip'", "'file'", "'tgz'"]),
    ("build.network", &["true", "'true'"]),
    ("build.reproducible", &["true", "false", "0"]),
    (
        "build.limits",
        &[
            "{}",
            "{ time = '2h' }",
            "{ memory = '8 GiB', output = 1 }",
            "{ memory = '1kiB' }",
            "{ memory = '7KB' }",
            "{ memory = '9' }",
            "{ processes = 4194304 }",
            "{ processes = 4194305 }",
        ],
    ),
    ("test.run", &["['a', '-b']", "[]", "['a b']", "[\"a\\nb\"]", "['{{ id }} x']"]),
    ("test.files", &["['a']", "[]", "['/a']", "['a/{{ id }}']", "['~a']"]),
    ("test.stdout", &["'a'", "''", "'{{ version }}'"]),
    (
        "test.http",
        &[
            "{ url = 'http://127.9.9.9/' }",
            "{ url = 'http://localhost', status = 599 }",
            "{ url = 'http://[::1]:1' }",
            "{ url = 'http://[::1]:1/', contains = 'a' }",
            "{ status = 1 }",
        ],
    ),
    (
        "build.repack",
        &[
            "{}",
            "{ strip-components = 64, include = ['a'], exclude = ['b/**'] }",
            "{ rename = { a = 'b', 'c/' = '' } }",
            "{ rename = { a = '' } }",
            "{ strip-components = 65 }",
        ],
    ),
    (
        "licenses",
        &["'detect'", "[]", "['MIT']", "'MIT'", "['MIT or ISC', 'LicenseRef-a']", "['a']"],
    ),
];

#[test]
fn the_schema_takes_whatever_is_read_of_builds_and_tests() {
    let validator = validator();
    let mut taken = 0;
    for (key, values) in BUILDS {
        for value in values.iter().chain(&["false"]) {
            for base in ["", "build.script = 'x.sh'\n", "test.run = ['x']\n", "build.repack = {}\n"]
            {
                // The key itself must not stand there twice.
                if base.starts_with(&format!("{key} ")) {
                    continue;
                }
                let rest =
                    "lines = [{ constraint = '1.*' }]\nsource = { driver = 'dir', path = 'a' }\n";
                let text = format!(
                    "{HEAD}[dependencies.a]\n{rest}{base}{key} = {value}\n[dependencies.b]\n{rest}\
                     [[dependencies.b.override]]\nwhen = '<1'\n{base}{key} = {value}\n"
                );
                if read(text.as_bytes(), &KNOWN).manifest.is_none() {
                    continue;
                }
                taken += 1;
                let wrong: Vec<String> = validator
                    .iter_errors(&json(&text))
                    .map(|e| format!("{}: {e}", e.instance_path()))
                    .collect();
                assert!(wrong.is_empty(), "{base}{key} = {value}: {wrong:#?}");
            }
        }
    }
    assert!(taken > 80, "only {taken} of them were read");
}

#[test]
fn the_schema_refuses_what_it_can_see() {
    let validator = validator();
    for name in [
        "artifact_without_template.toml",
        "bad_date.toml",
        "bad_duration.toml",
        "bad_name_dependency.toml",
        "bad_name_target.toml",
        "bad_value_coverage.toml",
        "bad_value_empty.toml",
        "bad_value_keep.toml",
        "missing_everything.toml",
        "missing_project_name_and_driver.toml",
        "no_lines.toml",
        "build_keys.toml",
        "build_paths.toml",
        "build_repack.toml",
        "build_words.toml",
        "image_not_pinned.toml",
        "retention.toml",
        "test_http.toml",
        "unknown_arch.toml",
        "unknown_arch_replacements.toml",
        "unknown_key_in_checksum.toml",
        "unknown_key_in_line.toml",
        "unknown_key_in_override.toml",
        "unknown_key_in_rule.toml",
        "unknown_key_in_target.toml",
        "unknown_key_later.toml",
        "unknown_key_nearest.toml",
        "unknown_key_top.toml",
        "unknown_scheme.toml",
        "wrong_type_checksum.toml",
        "wrong_type_dependency.toml",
        "wrong_type_lines.toml",
        "wrong_type_scalars.toml",
        "wrong_type_tables.toml",
        "wrong_type_top.toml",
    ] {
        assert!(!validator.is_valid(&json(&broken_file(name))), "{name} was taken");
    }
}

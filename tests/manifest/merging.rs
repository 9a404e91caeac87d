//! The one merge rule: `[defaults]`, then `extends`, then the dependency, then its overrides.

use depstate::{
    manifest::read,
    model::{ChecksumRule, DependencyId, Keep, TargetName},
};
use serde_json::json;

use super::{HEAD, KNOWN, after_head, codes, dependency, settings};

const TOOL: &str = r#"
[dependencies.tool]
source = { driver = "dir", path = "upstream" }
lines = [{ constraint = "1.*" }]
"#;

/// Returns the source table that the driver gets, as text.
fn driver_table(text: &str, id: &str) -> String {
    let text = format!("{HEAD}{text}");
    let found = read(text.as_bytes(), &KNOWN);
    let (_, table) = &found.sources[&DependencyId::new(id).unwrap()];
    let keys = table.get_ref().iter();
    let shown: Vec<String> =
        keys.map(|(key, value)| format!("{}={}", key.get_ref(), &text[value.span()])).collect();
    shown.join(" ")
}

#[test]
fn a_key_of_defaults_holds_unless_the_dependency_has_it() {
    let manifest = after_head(&format!(
        "[defaults]\nname = \"Any\"\nlicenses = [\"MIT\", \"ISC\"]\ntargets = [\"linux-*\"]\n{TOOL}\
         licenses = [\"BSD-2-Clause\"]\n"
    ));
    let tool = dependency(&manifest, "tool");
    assert_eq!(tool.settings.name.as_deref(), Some("Any"));
    assert_eq!(tool.settings.licenses, ["BSD-2-Clause"], "a list is replaced whole");
    let targets: Vec<&str> = tool.targets.iter().map(TargetName::as_str).collect();
    assert_eq!(targets, ["linux-amd64", "linux-arm64"]);
}

#[test]
fn a_table_of_defaults_gives_keys_and_never_itself() {
    let manifest = after_head(&format!(
        "[defaults]\nmetadata = {{ team = \"a\", x = 1 }}\nverify.checksum = {{ asset = \"SUMS\" }}\n\
         {TOOL}metadata = {{ x = 2 }}\n"
    ));
    let tool = dependency(&manifest, "tool");
    assert_eq!(tool.settings.metadata["team"], json!("a"));
    assert_eq!(tool.settings.metadata["x"], json!(2));
    assert_eq!(tool.settings.checksum, None, "no `verify`, so no key of it");
    let manifest = after_head(&format!(
        "[defaults]\nverify.checksum = {{ asset = \"SUMS\" }}\n{TOOL}verify = {{}}\n"
    ));
    let tool = dependency(&manifest, "tool");
    assert!(matches!(tool.settings.checksum, Some(ChecksumRule::Asset { .. })));
}

#[test]
fn source_is_merged_key_by_key_and_what_lies_deeper_is_replaced() {
    let text = "[defaults]\nsource = { driver = \"http-json\", select = \".a\", replacements = { amd64 = \
                \"x64\", linux = \"Linux\" }, headers = { a = 1, b = 2 } }\n\
                lines = [{ constraint = \"*\" }]\n[dependencies.tool]\nsource = { url = \"https://example.com\", \
                replacements = { amd64 = \"x86_64\" }, headers = { b = 3 } }\n";
    let manifest = after_head(text);
    let tool = dependency(&manifest, "tool");
    assert_eq!(tool.source.driver.value, "http-json");
    assert_eq!(tool.settings.replacements.len(), 1, "replaced whole");
    assert_eq!(tool.settings.replacements["amd64"], "x86_64");
    assert_eq!(
        driver_table(text, "tool"),
        "headers={ b = 3 } select=\".a\" url=\"https://example.com\""
    );
}

#[test]
fn checksum_lies_deeper_and_is_replaced_whole() {
    let manifest = after_head(&format!(
        "[defaults]\nverify.checksum = {{ url = \"a\", select = \".x\" }}\n{TOOL}\
         verify.checksum = {{ url = \"b\" }}\n"
    ));
    let Some(ChecksumRule::Url { url, select }) = &dependency(&manifest, "tool").settings.checksum
    else {
        panic!("no address")
    };
    assert_eq!((url.value.as_str(), select.is_none()), ("b", true));
}

#[test]
fn false_takes_a_key_or_a_table_away() {
    let manifest = after_head(
        "[defaults]\nname = \"Any\"\npurl = \"pkg:generic/a\"\nmetadata = { a = 1, b = 2 }\n\
         [dependencies.base]\nverify.checksum = { asset = \"SUMS\" }\nfile = \"{{ id }}\"\n\
         source = { driver = \"dir\", asset = \"*.zip\", coverage = \"recent\" }\n\
         lines = [{ constraint = \"*\" }]\nmetadata.c = 3\n\
         [dependencies.tool]\nextends = \"base\"\nname = false\npurl = false\nverify = false\n\
         file = false\nsource.asset = false\nmetadata = { a = false, c = false, d = 4 }\n\
         [dependencies.bare]\nextends = \"base\"\nmetadata = false\nlicenses = false\n",
    );
    let tool = &dependency(&manifest, "tool").settings;
    assert_eq!((&tool.name, &tool.file, &tool.asset, &tool.checksum), (&None, &None, &None, &None));
    assert!(tool.purl.is_empty());
    let left: Vec<String> = tool.metadata.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(left, ["b=2", "d=4"]);
    let bare = &dependency(&manifest, "bare").settings;
    assert!(bare.metadata.is_empty(), "the keys of [defaults] go with the table");
    assert!(bare.asset.is_some() && bare.checksum.is_some());
}

#[test]
fn a_table_given_after_false_begins_anew() {
    let manifest = after_head(&format!(
        "{TOOL}metadata.a = 1\n[dependencies.b]\nextends = \"tool\"\nmetadata = false\n\
         [dependencies.c]\nextends = \"b\"\nmetadata.z = 26\n"
    ));
    assert_eq!(dependency(&manifest, "c").settings.metadata.len(), 1);
    assert_eq!(dependency(&manifest, "c").settings.metadata["z"], json!(26));
}

#[test]
fn what_is_taken_away_may_be_missed() {
    assert_eq!(
        codes(&format!("{TOOL}[dependencies.b]\nextends = \"tool\"\nsource = false\n")),
        ["missing-key"]
    );
    assert_eq!(
        codes(&format!("{TOOL}[dependencies.b]\nextends = \"tool\"\nlines = false\n")),
        ["no-lines"]
    );
    assert_eq!(
        codes(
            "[defaults]\nsource = { driver = \"dir\" }\n[dependencies.b]\nlines = [{ constraint = \"*\" }]\n"
        ),
        ["missing-key"],
        "[defaults] gives no table"
    );
}

#[test]
fn extends_begins_as_another_lines_and_overrides_included() {
    let manifest = after_head(&format!(
        "[defaults]\nname = \"Any\"\n{TOOL}name = \"Tool\"\ntargets = [\"linux-amd64\"]\n\
         override = [{{ when = \"<1.2\", file = \"old-{{{{ version }}}}\" }}]\n\
         [dependencies.second]\nextends = \"tool\"\nsource.asset = \"*.zip\"\n\
         [dependencies.third]\nextends = \"second\"\nlines = [{{ constraint = \"2.*\", keep = \"all\" }}]\n\
         override = []\n"
    ));
    let second = dependency(&manifest, "second");
    assert_eq!(second.settings.name.as_deref(), Some("Tool"), "[defaults] come before `extends`");
    assert_eq!(second.lines.len(), 1);
    assert_eq!(second.overrides.len(), 1);
    assert_eq!(second.id.as_str(), "second");
    let third = dependency(&manifest, "third");
    assert_eq!(third.lines[0].keep, Keep::All);
    assert_eq!(third.lines.len(), 1, "a list is replaced whole");
    assert!(third.overrides.is_empty());
    assert_eq!(third.settings.asset.as_ref().unwrap().value, "*.zip");
    assert_eq!(third.targets.len(), 1);
    assert_eq!(dependency(&manifest, "tool").settings.asset, None);
}

#[test]
fn overrides_apply_in_order_and_only_where_they_speak() {
    let manifest = after_head(
        "[dependencies.tool]\nlines = [{ constraint = \"1.*\" }]\ntargets = [\"*\"]\nname = \"Tool\"\n\
         metadata = { a = 1, b = 1 }\nverify.checksum = { asset = \"SUMS\" }\nsource.driver = \"dir\"\n\
         source.asset = \"all-*\"\nsource.replacements = { amd64 = \"x64\", arm64 = \"aarch64\" }\n\
         [[dependencies.tool.override]]\nwhen = \"<1.2\"\nname = \"Old\"\nmetadata = { a = false, c = 3 }\n\
         source.replacements = { amd64 = \"64\" }\n\
         [[dependencies.tool.override]]\ntarget = \"linux-*\"\nname = \"Linux\"\nverify.checksum = false\n\
         [[dependencies.tool.override]]\nwhen = \">=1.1\"\ntarget = [\"linux-arm64\", \"darwin-*\"]\n\
         source.asset = false\nsource.artifact = \"https://example.com/{{ version }}\"\nmetadata = false\n",
    );
    let tool = dependency(&manifest, "tool");
    let plain = settings(tool, "1.5.0", "linux-amd64");
    assert_eq!(plain.name.as_deref(), Some("Linux"));
    assert_eq!(plain.checksum, None);
    assert_eq!(plain.replacements.len(), 2);
    let old = settings(tool, "1.0.0", "darwin-arm64");
    assert_eq!(old.name.as_deref(), Some("Old"));
    assert!(old.checksum.is_some());
    assert_eq!(old.replacements.len(), 1, "replaced whole");
    assert_eq!(old.metadata.keys().collect::<Vec<_>>(), ["b", "c"]);
    let both = settings(tool, "1.1.0", "linux-arm64");
    assert_eq!(both.name.as_deref(), Some("Linux"), "the later one wins");
    assert_eq!((both.asset, both.artifact.len(), both.metadata.len()), (None, 1, 0));
}

#[test]
fn a_mistake_that_defaults_bring_everywhere_is_told_once() {
    let text = format!(
        "[defaults]\ntargets = [\"solaris\"]\n{TOOL}{}{}",
        TOOL.replace("tool", "second"),
        TOOL.replace("tool", "third")
    );
    assert_eq!(codes(&text), ["unknown-target"]);
}

#[test]
fn a_misspelt_key_is_told_even_if_it_is_false() {
    assert_eq!(
        codes(&format!("{TOOL}licences = false\nverify = {{ checksums = false }}\n")),
        ["unknown-key", "unknown-key"]
    );
    assert_eq!(
        codes(&format!("{TOOL}build = {{ script = \"a.sh\", scripts = false }}\n")),
        ["unknown-key"]
    );
    assert!(codes(&format!("{TOOL}build = false\n")).is_empty());
}

#[test]
fn one_mistake_below_extends_is_no_more_than_one() {
    let text = format!(
        "{TOOL}purl = [1]\n[dependencies.b]\nextends = \"tool\"\n[dependencies.c]\nextends = \"b\"\n"
    );
    assert_eq!(codes(&text), ["wrong-type"]);
    assert_eq!(
        codes("[dependencies.b]\nextends = \"gone\"\nname = \"only a name\"\n"),
        ["extends"]
    );
}

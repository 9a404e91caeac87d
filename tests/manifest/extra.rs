//! `[[dependencies.ID.extra]]`: sub-dependencies.

use std::collections::BTreeMap;

use depstate::model::{ChecksumRule, Dependency, TargetName, Version};

use super::{after_head, codes, dependency};

const TOOL: &str = r#"
[dependencies.tool]
targets = ["linux-*"]
source = { driver = "dir", path = "upstream" }
lines = [{ constraint = "*" }]
"#;

/// Blocks in the manner of a PHP buildpack: addresses once, versions by line, two that are gone.
const BLOCKS: &str = r#"
[[dependencies.tool.extra]]
artifact = "https://example.com/get/{{ extra.id }}-{{ extra.version }}.tgz"
versions = { redis = "6.0.2", LZF = "1.7.0", phalcon = "5.6.2" }
[[dependencies.tool.extra]]
artifact = "https://example.com/loaders_{{ target.arch }}_{{ extra.version }}.tar.gz"
versions = { ioncube = "13.0.2" }
verify.checksum = { url = "{{ url }}.sha256" }
[[dependencies.tool.extra]]
when = ">=8.3"
versions = { ioncube = "14.0.0" }
[[dependencies.tool.extra]]
when = ">=8.4"
target = "linux-arm64"
versions = { redis = "6.1.0", phalcon = false }
"#;

/// What a version and target wants: `id version address checksum`.
fn wanted(tool: &Dependency, version: &str, target: &str) -> BTreeMap<String, String> {
    let (version, target) = (Version::new(version).unwrap(), TargetName::new(target).unwrap());
    tool.extra_of(&version, &target)
        .into_iter()
        .map(|(id, it)| {
            let checksum = match it.checksum {
                None => "",
                Some(ChecksumRule::Url { url, .. }) => &url.value,
                Some(ChecksumRule::Given { hex, .. }) => &hex.value[..4],
                Some(ChecksumRule::Asset { .. }) => unreachable!("refused"),
            };
            let artifact = &it.artifact.unwrap().value;
            let file = artifact.rsplit('/').next().unwrap();
            (id.to_owned(), format!("{} {file} {checksum}", it.version.value))
        })
        .collect()
}

#[test]
fn later_blocks_win_id_by_id() {
    let manifest = after_head(&format!("{TOOL}{BLOCKS}"));
    let tool = dependency(&manifest, "tool");
    let loaders = "loaders_{{ target.arch }}_{{ extra.version }}.tar.gz {{ url }}.sha256";
    let get = "{{ extra.id }}-{{ extra.version }}.tgz ";
    let old = wanted(tool, "8.2.0", "linux-amd64");
    assert_eq!(old.keys().collect::<Vec<_>>(), ["LZF", "ioncube", "phalcon", "redis"]);
    assert_eq!(old["ioncube"], format!("13.0.2 {loaders}"));
    let newer = wanted(tool, "8.3.0", "linux-arm64");
    assert_eq!(newer["ioncube"], format!("14.0.0 {loaders}"), "the address stays, and the way");
    assert_eq!(newer["redis"], format!("6.0.2 {get}"));
    let newest = wanted(tool, "8.4.1", "linux-arm64");
    assert_eq!(newest["redis"], format!("6.1.0 {get}"));
    assert_eq!(newest.keys().collect::<Vec<_>>(), ["LZF", "ioncube", "redis"]);
    let other = wanted(tool, "8.4.1", "linux-amd64");
    assert_eq!(other["redis"], format!("6.0.2 {get}"), "only one target has another");
    assert!(other.contains_key("phalcon"));
}

#[test]
fn a_digest_that_is_written_down_holds_for_its_version_alone() {
    let manifest = after_head(&format!(
        "{TOOL}
[[dependencies.tool.extra]]
artifact = \"https://example.com/a-{{{{ extra.version }}}}.tgz\"
versions = {{ a = \"1\" }}
verify = {{ checksum = {{ sha256 = \"{0}\" }} }}
[[dependencies.tool.extra]]
when = \">=2\"
versions = {{ a = \"1\" }}
[[dependencies.tool.extra]]
when = \">=3\"
versions = {{ a = \"2\" }}
[[dependencies.tool.extra]]
when = \">=4\"
artifact = \"https://example.com/b-{{{{ extra.version }}}}.tgz\"
versions = {{ a = \"1\" }}
",
        "ab".repeat(32)
    ));
    let tool = dependency(&manifest, "tool");
    let a = |version: &str| wanted(tool, version, "linux-amd64")["a"].clone();
    assert_eq!(a("1.0.0"), "1 a-{{ extra.version }}.tgz abab");
    assert_eq!(a("2.0.0"), "1 a-{{ extra.version }}.tgz abab");
    assert_eq!(a("3.0.0"), "2 a-{{ extra.version }}.tgz ");
    assert_eq!(a("4.0.0"), "1 b-{{ extra.version }}.tgz ", "another address, another way");
}

#[test]
fn the_list_is_replaced_whole_and_false_takes_it_away() {
    let block = |id: &str| {
        format!(
            "{{ artifact = \"https://example.com/{{{{ extra.id }}}}-{{{{ extra.version }}}}\", versions \
             = {{ {id} = \"1\" }} }}"
        )
    };
    let ids = |text: &str, id: &str, version: &str| -> Vec<String> {
        let manifest = after_head(text);
        wanted(dependency(&manifest, id), version, "linux-amd64").into_keys().collect()
    };
    let (a, b, c) = (block("a"), block("b"), block("c"));
    let defaults = format!("[defaults]\nextra = [{a}]\n{TOOL}");
    assert_eq!(ids(&defaults, "tool", "1.0.0"), ["a"]);
    assert_eq!(ids(&format!("{defaults}extra = [{b}]\n"), "tool", "1.0.0"), ["b"]);
    assert!(ids(&format!("{defaults}extra = false\n"), "tool", "1.0.0").is_empty());
    let child = "[dependencies.child]\nextends = \"tool\"\n";
    assert_eq!(ids(&format!("{TOOL}extra = [{b}]\n{child}"), "child", "1.0.0"), ["b"]);
    assert_eq!(
        ids(&format!("{TOOL}extra = [{b}]\n{child}extra = [{a}, {c}]\n"), "child", "1.0.0"),
        ["a", "c"]
    );
    let overrides = format!(
        "{TOOL}extra = [{a}]\noverride = [{{ when = \">=2\", extra = [{b}, {c}] }}, {{ when = \">=3\", \
         extra = false }}]\n"
    );
    assert_eq!(ids(&overrides, "tool", "1.0.0"), ["a"]);
    assert_eq!(ids(&overrides, "tool", "2.0.0"), ["b", "c"]);
    assert!(ids(&overrides, "tool", "3.0.0").is_empty());
}

#[test]
fn an_override_must_give_addresses_of_its_own() {
    let text = format!(
        "{TOOL}{BLOCKS}[[dependencies.tool.override]]\nwhen = \">=9\"\nextra = [{{ versions = {{ redis = \
         \"7\" }} }}]\n"
    );
    assert_eq!(codes(&text), ["missing-key"]);
}

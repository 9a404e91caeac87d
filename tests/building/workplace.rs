//! A project that builds a tool of text files.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::sandbox::{Ran, Sandbox};

/// Two targets.
pub(super) const TWO: &[&str] = &["linux-amd64", "linux-arm64"];

/// What the tool is built by: its version, its source, and its patch, if it has one.
pub(super) const SCRIPT: &str = r##"set -eu
mkdir -p "$DEPSTATE_OUTPUT/bin"
tool="$DEPSTATE_OUTPUT/bin/tool"
echo "#!/bin/sh" > "$tool"
echo "echo tool $DEPSTATE_VERSION for $DEPSTATE_TARGET of $(cat "$DEPSTATE_SOURCE")" >> "$tool"
patch="$DEPSTATE_TREE/patches/$DEPSTATE_VERSION-$DEPSTATE_TARGET.patch"
if [ -e "$patch" ]; then
    echo "patching with $(cat "$patch")"
    if grep -q broken "$patch"; then
        echo "a last word" >&2
        exit 7
    fi
    cat "$patch" >> "$tool"
fi
chmod 755 "$tool"
echo "the script says $DEPSTATE_TARGET"
"##;

/// The `[build]` of the tool.
pub(super) const BUILD: &str = r#"
[dependencies.tool.build]
script = "build.sh"
inputs = ["patches/{{ version }}-{{ target.name }}.patch*"]
"#;

/// deps.toml up to the tool's own tables.
pub(super) fn front(targets: &[&str], storage: &str) -> String {
    let mut declared = String::new();
    for target in targets {
        let (os, arch) = target.split_once('-').unwrap();
        for part in ["[targets.", target, "]\nos = \"", os, "\"\narch = \"", arch, "\"\n"] {
            declared.push_str(part);
        }
    }
    format!(
        "[project]\nname = \"made\"\n[storage]\ndriver = \"fs\"\npath = \"{storage}\"\n{declared}\
         [dependencies.tool]\ntargets = [\"*\"]\nsource = {{ driver = \"dir\", path = \"upstream\" }}\n\
         lines = [{{ constraint = \"*\", keep = \"all\" }}]\n"
    )
}

/// A project with these versions of the tool for these targets.
pub(super) fn workplace(versions: &[&str], targets: &[&str], tables: &str) -> Sandbox {
    let sandbox = Sandbox::with(&(front(targets, "mirror") + tables));
    fill(&sandbox, versions, targets);
    sandbox
}

/// Writes the sources and the script.
pub(super) fn fill(sandbox: &Sandbox, versions: &[&str], targets: &[&str]) {
    for version in versions {
        for target in targets {
            let file = format!("upstream/tool-{version}-{target}.tar.gz");
            sandbox.write(&file, format!("source {version} {target}"));
        }
    }
    sandbox.write("build.sh", SCRIPT);
}

/// What stderr says of builds: how many ran, and how many outputs came from this checkout's cache and
/// the storage's.
pub(super) fn counted(ran: &Ran) -> (usize, usize, usize) {
    let lines = |begin: &str, end: &str| {
        ran.stderr.lines().filter(|line| line.starts_with(begin) && line.ends_with(end)).count()
    };
    let built = lines("built ", "");
    (built, lines("", "before: from the cache"), lines("", "from the storage's cache"))
}

/// The published records by address.
pub(super) fn records(sandbox: &Sandbox) -> BTreeMap<String, serde_json::Value> {
    let shown = sandbox.json(&["show"]);
    let records = shown["records"].as_array().unwrap().iter();
    records.map(|it| (it["address"].as_str().unwrap().to_owned(), it.clone())).collect()
}

/// The published addresses.
pub(super) fn published(sandbox: &Sandbox) -> BTreeSet<String> {
    records(sandbox).into_keys().collect()
}

/// The published bytes of an address.
pub(super) fn bytes(sandbox: &Sandbox, address: &str) -> Vec<u8> {
    let key = records(sandbox)[address]["key"].as_str().unwrap().to_owned();
    std::fs::read(sandbox.path("mirror").join(key)).unwrap()
}

/// The steps of a plan: address and action.
pub(super) fn steps(sandbox: &Sandbox, arguments: &[&str]) -> BTreeMap<String, String> {
    let arguments: Vec<&str> = ["plan"].iter().chain(arguments).copied().collect();
    let plan = sandbox.json(&arguments);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let steps = plan["actions"].as_array().unwrap().iter();
    steps.map(|step| (text(&step["address"]), text(&step["action"]))).collect()
}

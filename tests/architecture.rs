//! The house rules, checked: floors, crate fences, purity, file length, codes, forgotten files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Which rooms each room may name, beside itself. A room that is not here may not exist.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("template", &["model"]),
    ("manifest", &["model", "template"]),
    ("config", &["model"]),
    ("lock", &["model", "template"]),
    ("wire", &["model", "template"]),
    // Data, and the reading of it.
    ("catalog", &["model", "template", "manifest"]),
    ("planner", &["model", "template"]),
    ("commit", &["model", "template"]),
    ("render", &["model", "template", "wire"]),
    ("net", &["model"]),
    ("disk", &["model"]),
    ("signature", &["model"]),
    ("storage", &["model", "net", "disk"]),
    ("source", &["model", "net", "disk", "signature", "storage"]),
    ("verify", &["model", "net", "disk", "signature"]),
    // Programs of the user's: drivers like any other, in a room of their own.
    ("external", &["model", "config", "net", "disk", "source", "storage"]),
    // Scripts and archives; only what `apply`, `build` and `test` reach may name it.
    ("workshop", &["model", "disk"]),
    ("state", &["model", "wire", "commit", "net", "storage"]),
    (
        "ops",
        &[
            "model",
            "template",
            "config",
            "manifest",
            "lock",
            "wire",
            "catalog",
            "planner",
            "commit",
            "net",
            "disk",
            "signature",
            "source",
            "storage",
            "verify",
            "external",
            "workshop",
            "state",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "template",
            "config",
            "manifest",
            "lock",
            "wire",
            "catalog",
            "planner",
            "commit",
            "render",
            "net",
            "disk",
            "signature",
            "source",
            "storage",
            "verify",
            "external",
            "workshop",
            "state",
            "ops",
        ],
    ),
];

/// Rooms that do no I/O and read no clock, environment or chance.
const PURE: &[&str] =
    &["model", "template", "config", "manifest", "lock", "wire", "catalog", "planner", "commit"];
const IMPURE_WORDS: &[&str] = &[
    "tokio::",
    "reqwest::",
    "aws_sdk",
    "std::fs",
    "fs_err",
    "std::env",
    "std::net",
    "std::process",
    "::now()",
    "async fn",
    "println!",
    "Uuid::new_v4",
    "Ulid::new",
    "rand::",
    "std::thread",
    "HashMap",
    "HashSet",
];

/// Crates and the only places that may name them.
const FENCES: &[(&str, &[&str])] = &[
    ("clap", &["cli/"]),
    ("reqwest", &["net/"]),
    ("aws_sdk_s3", &["storage/s3"]),
    ("aws_config", &["storage/s3"]),
    ("aws_smithy", &["storage/s3"]),
    ("indicatif", &["render/bars.rs"]),
    ("similar", &["render/diff.rs"]),
    ("minijinja", &["template/"]),
    ("jaq_core", &["source/jq"]),
    ("jaq_std", &["source/jq"]),
    ("jaq_json", &["source/jq"]),
    ("scraper", &["source/http_html.rs", "source/http_xml", "source/pypi/html.rs"]),
    ("html5ever", &["source/http_xml"]),
    ("pgp", &["signature/openpgp"]),
    ("minisign_verify", &["signature/minisign"]),
    ("sigstore_", &["signature/sigstore"]),
    ("gix", &["source/git_tags", "disk/"]),
    ("gix_packetline", &["source/git_tags"]),
    ("pep440_rs", &["model/", "source/pypi/name.rs"]),
    ("deb822_fast", &["source/debian/"]),
    ("liblzma", &["source/debian/", "workshop/"]),
    ("flate2", &["source/debian/", "workshop/"]),
    ("tar", &["workshop/"]),
    ("zip", &["workshop/"]),
    ("zstd", &["workshop/"]),
    ("unicode_normalization", &["workshop/"]),
    ("landlock", &["workshop/"]),
    ("seccompiler", &["workshop/"]),
    ("rustix", &["workshop/"]),
    ("libc", &["workshop/sandbox/"]),
    ("close_fds", &["workshop/"]),
    ("spdx", &["model/", "manifest/", "workshop/licenses"]),
    ("packageurl", &["model/", "manifest/", "planner/"]),
    ("cyclonedx_bom", &["wire/"]),
    ("quick_xml", &["source/", "wire/feed.rs"]),
    ("csv", &["source/http_csv.rs"]),
    ("saphyr_parser", &["source/"]),
    ("governor", &["net/"]),
    ("http_auth", &["source/oci_tags.rs"]),
    ("hyper", &["workshop/http"]),
    ("http_body_util", &["workshop/http"]),
    ("hyper_util", &["net/", "workshop/http"]),
    ("bzip2", &["workshop/"]),
    ("netrc", &["net/"]),
    ("toml_edit", &["manifest/", "catalog/"]),
    ("process_wrap", &["external/", "workshop/"]),
    ("globset", &["model/"]),
    ("regex", &["model/"]),
    ("toml", &["catalog/", "config/", "manifest/", "lock/", "source/", "storage/"]),
    ("serde_json_canonicalizer", &["wire/", "planner/", "manifest/"]),
    ("tracing_subscriber", &["cli/"]),
];

/// Longest a source file may be, in lines.
const MAX_LINES: usize = 400;

/// What starts other programs. Only rooms of their own may. `plan` reaches one of them, `external`,
/// and only by way of `ops/outside.rs`, which holds a program to the user's own configuration.
const RUNS_PROGRAMS: &[&str] =
    &["process::Command", "Command::new", "CommandWrap", "libc::exec", "execve"];
const WORKSHOP: &str = "workshop";
const EXTERNAL: &str = "external";
/// The one file that starts a driver, and the ones that make something that can be started.
const STARTS_A_DRIVER: &str = "external/process.rs";
const TAKES_A_PROGRAM: &[&str] = &["external/program.rs", "ops/outside.rs"];
const MAY_NAME_EXTERNAL: &[&str] =
    &["ops/outside.rs", "ops/drivers.rs", "cli/drivers", "cli/schema.rs"];
const MAY_NAME_WORKSHOP: &[&str] = &[
    "ops/apply",
    "ops/build",
    "ops/test",
    "ops/doctor/tiers",
    "cli/apply",
    "cli/build",
    "cli/test",
    "cli/helper",
];

#[test]
fn rooms_name_only_lower_floors() {
    let table: BTreeMap<&str, &[&str]> = MAY_NAME.iter().copied().collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = room_of(&path);
        // Every room has steps at which a test may kill the program.
        if ["lib", "main", "failpoint"].contains(&room.as_str()) {
            continue;
        }
        let Some(may) = table.get(room.as_str()) else {
            wrong.push(format!("{path}: room `{room}` has no floor: add it to MAY_NAME"));
            continue;
        };
        for named in rooms_named(&text) {
            if named != room && table.contains_key(named.as_str()) && !may.contains(&named.as_str())
            {
                wrong.push(format!("{path}: `{room}` names `{named}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that go up or sideways:\n{}", wrong.join("\n"));
}

#[test]
fn nothing_that_plan_reaches_runs_a_program() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if room_of(&path) == WORKSHOP || path == STARTS_A_DRIVER {
            continue;
        }
        let inside = room_of(&path) == EXTERNAL;
        for (n, line) in code_lines(&text) {
            let outside = line.contains("external::") || line.trim_start().starts_with("external,");
            if outside && !inside && !MAY_NAME_EXTERNAL.iter().any(|p| path.starts_with(p)) {
                wrong.push(format!("{path}:{n}: names the room that runs drivers"));
            }
            if line.contains("Program::take") && !TAKES_A_PROGRAM.contains(&path.as_str()) {
                wrong.push(format!("{path}:{n}: takes a program past the user's configuration"));
            }
            if RUNS_PROGRAMS.iter().any(|word| line.contains(word)) {
                wrong.push(format!("{path}:{n}: runs a program"));
            }
            let named = line.contains("crate::workshop") || line.contains("workshop::");
            if named && !MAY_NAME_WORKSHOP.iter().any(|place| path.starts_with(place)) {
                wrong.push(format!("{path}:{n}: names the room that runs scripts"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_driver_runs_only_if_the_users_configuration_has_it() {
    let all: BTreeMap<String, String> = sources().into_iter().collect();
    // What is started is a `Program`, and there is one way to a `Program`: by names and digests, of
    // which the configuration's are the only ones that are ever given.
    assert!(all[STARTS_A_DRIVER].contains("setup.program.run()"));
    assert!(all["external/program.rs"].contains("allowed: &BTreeMap<String, Sha256>"));
    assert!(!all["external/program.rs"].contains("derive(Clone"));
    assert_eq!(all["ops/outside.rs"].matches("Program::take(").count(), 1);
    assert!(all["ops/outside.rs"].contains("Program::take(&found, &config.drivers, "));
}

#[test]
fn plan_gets_no_way_to_write() {
    let all: BTreeMap<String, String> = sources().into_iter().collect();
    for file in ["ops/plan.rs", "ops/observe.rs", "ops/locate.rs", "ops/lock.rs"] {
        let text = &all[file];
        for (n, line) in code_lines(text) {
            assert!(!line.contains("StorageWriter"), "{file}:{n} can write to the storage");
        }
    }
    assert!(all["ops/plan.rs"].contains("storage: &dyn StorageReader"));
}

#[test]
fn crates_stay_behind_their_fences() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (n, line) in code_lines(&text) {
            for (name, places) in FENCES {
                if names_crate(line, name) && !places.iter().any(|place| path.starts_with(place)) {
                    wrong.push(format!("{path}:{n}: names `{name}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_say_nothing_impure() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if !PURE.contains(&room_of(&path).as_str()) || path.ends_with("tests.rs") {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (n, line) in code_lines(code) {
            for word in IMPURE_WORDS {
                if line.contains(word) {
                    wrong.push(format!("{path}:{n}: {word}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_small() {
    let long: Vec<String> = sources()
        .into_iter()
        .map(|(path, text)| (text.lines().count(), path))
        .filter(|(lines, path)| *lines > MAX_LINES && !path.ends_with("tests.rs"))
        // One list, and nothing else: splitting it would make two lists.
        .filter(|(_, path)| path != "model/code.rs")
        .map(|(lines, path)| format!("{path}: {lines}"))
        .collect();
    assert!(long.is_empty(), "files over {MAX_LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn every_code_is_used_and_every_used_code_has_a_page() {
    let all: String = sources()
        .into_iter()
        .filter(|(path, _)| path != "model/code.rs")
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join("\n");
    let pages: BTreeSet<&str> =
        depstate::model::PAGES.iter().map(|page| page.code.as_str()).collect();
    assert_eq!(pages.len(), depstate::model::PAGES.len(), "a code stands twice in the list");
    let mut unused = Vec::new();
    for code in &pages {
        let kebab = code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        assert!(kebab, "`{code}` is not one kebab-case group");
        let name = code.to_uppercase().replace('-', "_");
        if !all.contains(&format!("Code::{name}")) && !all.contains(&format!("\"{code}\"")) {
            unused.push(*code);
        }
    }
    assert!(unused.is_empty(), "codes that nothing uses: {unused:?}");
    // `code("…")` of a miette derive.
    for (at, _) in all.match_indices("code(\"") {
        let before = all[..at].chars().next_back().unwrap_or(' ');
        if !before.is_alphanumeric() && before != '_' {
            let code = all[at + 6..].split('"').next().unwrap();
            assert!(pages.contains(code), "`{code}` has no page");
        }
    }
}

#[test]
fn no_test_file_is_forgotten() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = Vec::new();
    walk(&root, &mut files);
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "rs")) {
        // The roots of the two test binaries.
        if file.ends_with("main.rs") {
            continue;
        }
        let (parent, name) = if file.ends_with("mod.rs") {
            let folder = file.parent().unwrap();
            (folder.parent().unwrap(), folder.file_name().unwrap().to_str().unwrap())
        } else {
            (file.parent().unwrap(), file.file_stem().unwrap().to_str().unwrap())
        };
        let beside = parent.with_extension("rs");
        let declaring = match parent == root {
            true => root.join("main.rs"),
            false if beside.exists() => beside,
            false if parent.join("main.rs").exists() => parent.join("main.rs"),
            false => parent.join("mod.rs"),
        };
        let text = fs::read_to_string(&declaring).unwrap();
        assert!(text.contains(&format!("mod {name};")), "{} is declared nowhere", file.display());
    }
}

/// `name::`, as a whole word.
fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
    }) || line.trim_start().starts_with(&format!("use {name};"))
}

/// `crate::a::b`, and the first names inside `use crate::{a::…, b::…}`.
fn rooms_named(text: &str) -> BTreeSet<String> {
    let code: String = code_lines(text).map(|(_, line)| line).collect::<Vec<_>>().join("\n");
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = code[at + "crate::".len()..].trim_start();
        let Some(group) = rest.strip_prefix('{') else {
            rooms.insert(head(rest));
            continue;
        };
        let (mut depth, mut item) = (1, String::new());
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if c == ',' && depth == 1 {
                rooms.insert(head(&item));
                item.clear();
            } else {
                item.push(c);
            }
        }
        rooms.insert(head(&item));
    }
    rooms
}

fn head(path: &str) -> String {
    path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn room_of(path: &str) -> String {
    path.split('/').next().unwrap().trim_end_matches(".rs").to_owned()
}

/// Every source file, by its path below `src/`.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let mut found: Vec<(String, String)> = files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|e| e == "rs"))
        .map(|file| {
            let name = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            (name, fs::read_to_string(&file).unwrap())
        })
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, into);
        } else {
            into.push(path);
        }
    }
}

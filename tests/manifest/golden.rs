//! Every broken manifest, beside what is shown of it.

use std::path::{Path, PathBuf};

use depstate::manifest::read;

use super::{KNOWN, show};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifest").join(folder);
    let mut files: Vec<PathBuf> = fs_err::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    files
}

#[test]
fn broken_manifests_are_shown_with_all_their_mistakes() {
    let update = std::env::var_os("UPDATE").is_some();
    let all = files("broken");
    assert!(all.len() >= 45, "only {} broken manifests", all.len());
    let mut wrong = Vec::new();
    for path in all {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs_err::read(&path).unwrap();
        let found = read(&text, &KNOWN);
        assert!(found.manifest.is_none(), "{name} was read");
        assert!(!found.mistakes.is_empty(), "{name} has no mistake");
        let shown = show("deps.toml", &text, found);
        let golden = path.with_extension("txt");
        if update {
            fs_err::write(&golden, &shown).unwrap();
        }
        let expected = fs_err::read_to_string(&golden).unwrap_or_default();
        if expected != shown {
            wrong.push(format!("{name}\n--- expected\n{expected}\n--- shown\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "(`UPDATE=1` writes them anew)\n{}", wrong.join("\n"));
}

#[test]
fn no_golden_file_is_left_over() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifest/broken");
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.with_extension("toml").exists(), "{}", path.display());
    }
}

#[test]
fn every_code_of_a_mistake_in_the_text_is_shown_once_at_least() {
    // What only a driver or the command line can find.
    let elsewhere = [
        "bad-jq",
        "bad-selector",
        "bad-url",
        "env-name",
        "env-unset",
        "no-manifest",
        "bad-filter",
        "no-registry",
        "bad-key",
        "driver-not-allowed",
        "config-tracked",
        "not-in-catalog",
        "key-missing",
    ];
    let mut found = std::collections::BTreeSet::new();
    for path in files("broken") {
        let text = fs_err::read(path).unwrap();
        found.extend(read(&text, &KNOWN).mistakes.into_iter().map(|m| m.code.as_str()));
    }
    for page in depstate::model::PAGES {
        let of_the_text = page.kind == depstate::model::Kind::Mistake;
        let code = page.code.as_str();
        if of_the_text && !elsewhere.contains(&code) {
            assert!(found.contains(code), "no broken manifest has `{code}`");
        }
    }
}

#[test]
fn good_manifests_are_read_without_a_word() {
    for path in files("good") {
        let text = fs_err::read(&path).unwrap();
        let found = read(&text, &KNOWN);
        assert!(
            found.manifest.is_some(),
            "{}\n{}",
            path.display(),
            show("deps.toml", &text, found)
        );
    }
}

pub(super) fn good_files() -> Vec<PathBuf> {
    files("good")
}

pub(super) fn broken_file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifest/broken");
    fs_err::read_to_string(folder.join(name)).unwrap()
}

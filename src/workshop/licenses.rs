//! Finding out the licences of an unpacked tree.

use std::{
    collections::BTreeSet,
    io::Read as _,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use spdx::detection::{Store, TextData, scan::Scanner};

/// Texts of all licences that are known: read when the first tree is looked at, for it takes a while.
static KNOWN: LazyLock<Option<Store>> = LazyLock::new(|| Store::load_inline().ok());

const PIXAR: &str = "Pixar";
/// How like a text must be, of 1.
const CONFIDENCE: f32 = 0.85;
/// Folders below each other: `package-1.0/licenses/third-party`.
const DEPTH: usize = 3;
/// Files that are read.
const FILES: usize = 200;
/// Bytes of one that are.
const BYTES: u64 = 256 << 10;
/// Bytes up to which a text is searched for several licences, which takes a while.
const SEARCHED: usize = 48 << 10;
/// Names that are looked at.
const NAMES: usize = 20_000;

/// What names of such files have in them.
const WORDS: &[&str] = &["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];
/// Endings of what is text; other endings are a part of the name, as in `COPYING.LESSER`.
const NO_TEXT: &[&str] = &[
    "RS", "C", "H", "CC", "CPP", "GO", "JS", "TS", "MJS", "PY", "PYC", "RB", "PHP", "JAVA",
    "CLASS", "SH", "HTML", "HTM", "XML", "JSON", "TOML", "YML", "YAML", "PNG", "SVG", "GIF", "PDF",
    "GZ",
];

/// Returns the SPDX ids of the licence texts in a tree, sorted; empty: none was recognised. Looked at
/// are files with names such as `LICENSE`, `COPYING` and `NOTICE`, up to three folders deep; links
/// are not followed.
pub fn detect(tree: &Path) -> Vec<String> {
    let files = license_files(tree);
    if files.is_empty() {
        return Vec::new();
    }
    let Some(store) = KNOWN.as_ref() else {
        return Vec::new();
    };
    let mut found = BTreeSet::new();
    for file in files {
        if let Some(text) = read(&file) {
            recognise(store, &text, &mut found);
        }
    }
    found.into_iter().collect()
}

fn recognise(store: &Store, text: &str, found: &mut BTreeSet<String>) {
    let search = text.len() <= SEARCHED;
    let scanner = Scanner::new(store)
        .confidence_threshold(CONFIDENCE)
        .shallow_limit(0.98)
        .optimize(search)
        .max_passes(8);
    let data = TextData::new(text);
    let scanned = scanner.scan(&data);
    let whole = scanned.license.iter().map(|license| license.name);
    let within = scanned.containing.iter().map(|inside| inside.license.name);
    for name in whole.chain(within) {
        let name = if name == PIXAR && !is_pixar(text) { "Apache-2.0" } else { name };
        // Exceptions have texts of their own, and are no licences.
        if let Some(id) = spdx::license_id(name) {
            found.insert(id.name.to_owned());
        }
    }
}

/// Tells the one sentence in which this licence differs from that of Apache, which is often given
/// without its appendix and is then nearer to this one.
fn is_pixar(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_ascii_lowercase().contains("comply with section 4(c)")
}

fn read(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    fs_err::File::open(path).ok()?.take(BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Files that by their names have licences in them, in the order of their paths.
fn license_files(tree: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut names = 0;
    let mut folders = vec![(tree.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = fs_err::read_dir(&folder).into_iter().flatten().flatten();
        let mut entries: Vec<_> = entries.take(NAMES).collect();
        entries.sort_by_key(fs_err::DirEntry::file_name);
        let mut below = Vec::new();
        for entry in entries {
            names += 1;
            if names > NAMES || files.len() >= FILES {
                return files;
            }
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && depth < DEPTH {
                below.push((entry.path(), depth + 1));
            } else if kind.is_file() && is_license(&entry.file_name().to_string_lossy()) {
                files.push(entry.path());
            }
        }
        folders.extend(below.into_iter().rev());
    }
    files
}

fn is_license(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    !NO_TEXT.contains(&ending) && WORDS.iter().any(|word| name.contains(word))
}

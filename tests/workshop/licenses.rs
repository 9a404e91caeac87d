//! Licences read off their texts.

use std::{fs, path::Path};

use depstate::workshop::detect;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn license(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
}

#[test]
fn licences_are_known_by_their_texts() {
    let tree = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = tree.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    assert_eq!(detect(tree.path()), [""; 0]);
    put("tool-1.2/README", "MIT");
    put("tool-1.2/src/license.rs", &license("LICENSE-MIT"));
    put("tool-1.2/LICENSE", "All rights are ours, and this is no licence that anybody knows.");
    put("a/b/c/d/LICENSE", &license("LICENSE-MIT"));
    assert_eq!(detect(tree.path()), [""; 0]);
    put("tool-1.2/COPYING.MIT", &license("LICENSE-MIT"));
    assert_eq!(detect(tree.path()), ["MIT"]);
    put("tool-1.2/licenses/LICENSE.txt", &license("LICENSE-APACHE"));
    assert_eq!(detect(tree.path()), ["Apache-2.0", "MIT"]);
}

#[test]
fn links_are_not_followed() {
    let (tree, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(other.path().join("LICENSE"), license("LICENSE-MIT")).unwrap();
    std::os::unix::fs::symlink(other.path(), tree.path().join("folder")).unwrap();
    std::os::unix::fs::symlink(other.path().join("LICENSE"), tree.path().join("LICENSE")).unwrap();
    assert_eq!(detect(tree.path()), [""; 0]);
}

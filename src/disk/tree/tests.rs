use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }
    folder
}

fn look(folder: &TempDir, patterns: &[&str]) -> Result<Vec<String>, String> {
    let patterns = patterns.iter().map(|it| (*it).to_owned()).collect();
    match read(folder.path(), &patterns) {
        Ok(tree) => Ok(tree.into_keys().collect()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn what_fits_is_read_and_nothing_else() {
    let folder = folder(&[
        ("deps.toml", ""),
        ("deps.lock", ""),
        (".git/config", ""),
        (".depstate/cache/x", ""),
        ("build/ruby.sh", "make"),
        ("build/patches/3.4/a.patch", "a"),
        ("build/patches/3.4/sub/b.patch", "b"),
        ("build/patches/readme", ""),
        ("other/a.patch", ""),
        ("deep/.git/a.patch", ""),
    ]);
    let all = look(&folder, &["build/ruby.sh", "build/patches/*.patch", "not/there", "no/*"]);
    assert_eq!(
        all.unwrap(),
        ["build/patches/3.4/a.patch", "build/patches/3.4/sub/b.patch", "build/ruby.sh"]
    );
    let all =
        look(&folder, &["*", "deps.toml", "deps.lock", ".git/config", ".depstate/*"]).unwrap();
    assert_eq!(
        all,
        [
            "build/patches/3.4/a.patch",
            "build/patches/3.4/sub/b.patch",
            "build/patches/readme",
            "build/ruby.sh",
            "other/a.patch"
        ]
    );
    // Below a file there is nothing; that is no failure.
    assert!(look(&folder, &["build/ruby.sh/x", "build/ruby.sh/*"]).unwrap().is_empty());
}

#[test]
fn contents_and_the_one_bit_count() {
    let folder = folder(&[("a", "one")]);
    let at = folder.path().join("a");
    let mut seen = Vec::new();
    for mode in [0o644, 0o640, 0o755, 0o700] {
        fs_err::set_permissions(&at, std::fs::Permissions::from_mode(mode)).unwrap();
        let tree = read(folder.path(), &BTreeSet::from(["a".to_owned()])).unwrap();
        seen.push(tree["a"].executable);
        assert_eq!(tree["a"].sha256, Sha256::of(b"one"));
    }
    assert_eq!(seen, [false, false, true, true]);
}

#[test]
fn links_stay_within() {
    let outside = folder(&[("secret", "x")]);
    let inside = folder(&[("real/a.patch", "a"), (".git/config", "")]);
    let at = inside.path();
    symlink("../real/a.patch", at.join("real/../real/b.patch")).unwrap();
    let tree = read(at, &BTreeSet::from(["real/*".to_owned()])).unwrap();
    assert_eq!(tree["real/b.patch"].sha256, Sha256::of(b"a"));

    symlink(outside.path().join("secret"), at.join("real/c.patch")).unwrap();
    for pattern in ["real/*", "real/c.patch"] {
        let told = look(&inside, &[pattern]).unwrap_err();
        assert!(told.contains("real/c.patch") && told.contains("leaves the folder"), "{told}");
    }
    // What does not fit is not followed.
    assert!(look(&inside, &["real/a.*"]).is_ok());

    symlink(outside.path(), at.join("away")).unwrap();
    assert!(look(&inside, &["away/*"]).unwrap_err().contains("leaves the folder"));
    assert!(look(&inside, &["away/secret"]).unwrap_err().contains("leaves the folder"));
    symlink(".git", at.join("aside")).unwrap();
    assert!(look(&inside, &["aside/config"]).unwrap_err().contains("keep for themselves"));

    // A ring is not walked into.
    symlink(".", at.join("ring")).unwrap();
    symlink("nowhere", at.join("dangling")).unwrap();
    assert_eq!(look(&inside, &["*a.patch"]).unwrap(), ["real/a.patch"]);
    assert!(look(&inside, &["dangling"]).unwrap_err().contains("dangling"));
    assert!(look(&inside, &["ring"]).unwrap_err().contains("is no file"));
}

#[test]
fn paths_do_not_leave() {
    let folder = folder(&[("a", "")]);
    for pattern in ["../a", "/etc/passwd", "a/../../b", "../*", "/etc/*"] {
        let told = look(&folder, &[pattern]).unwrap_err();
        assert!(told.contains("leaves the folder"), "{pattern}: {told}");
    }
}

#[test]
fn odd_files_are_refused() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

    let folder = folder(&[("a/b", "")]);
    fs_err::write(folder.path().join("a").join(OsStr::from_bytes(b"x\xff")), "").unwrap();
    assert!(look(&folder, &["a/*"]).unwrap_err().contains("no UTF-8"));
    assert!(look(&folder, &["a/b"]).is_ok());
    assert!(look(&folder, &["a"]).unwrap_err().contains("is no file"));

    let large = fs_err::File::create(folder.path().join("large")).unwrap();
    large.set_len(LARGEST).unwrap();
    assert!(look(&folder, &["large"]).is_ok());
    large.set_len(LARGEST + 1).unwrap();
    assert!(look(&folder, &["large"]).unwrap_err().contains("larger than 64 MiB"));
}

#[test]
fn there_is_a_most() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..=MOST {
        fs_err::write(folder.path().join(n.to_string()), "").unwrap();
    }
    assert!(look(&folder, &["*"]).unwrap_err().contains("one too many"));
}

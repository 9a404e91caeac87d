//! A real package of the archive that apt is configured for, the signature of its Release file
//! checked with the keys of Debian's own keyring package.

use super::{follow, locked, not_live, printed};

const PACKAGE: &str = "hello";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// A key that signs no archive but that of the tests.
const ELSE: &str = include_str!("../../sources/debian/else.asc");

/// Asks apt for a suite: archive, suite, architecture.
fn archive() -> Result<[String; 3], String> {
    let format = "$(SITE) $(RELEASE) $(ARCHITECTURE) $(COMPONENT)";
    let targets =
        printed("apt-get", &["indextargets", "--format", format, "Created-By: Packages"])?;
    let wanted = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        // Not what is beside a release: updates, security.
        match words.as_slice() {
            [site, suite, arch, "main"] if !suite.contains(['-', '/']) => {
                Some([*site, *suite, *arch].map(str::to_owned))
            }
            _ => None,
        }
    };
    targets.lines().find_map(wanted).ok_or_else(|| "apt follows no archive".to_owned())
}

/// Upstream's name of the version and its digest, as apt read them.
fn of_apt() -> Option<(String, String)> {
    let shown = printed("apt-cache", &["show", PACKAGE]).ok()?;
    let field = |name: &str| {
        let line = shown.lines().find(|line| line.starts_with(name))?;
        Some(line[name.len()..].trim().to_owned())
    };
    Some((field("Version:")?, field("SHA256:")?))
}

#[test]
fn a_real_debian_package_is_locked_by_a_signed_digest() {
    let [registry, suite, architecture] = match archive() {
        Ok(archive) => archive,
        Err(why) => return not_live(&why),
    };
    let keyring = match std::fs::read(KEYRING) {
        Ok(keyring) => keyring,
        Err(error) => return not_live(&format!("Debian's keyring is not here: {error}")),
    };
    // A Debian revision is no part of a semantic version.
    let source = format!(
        "driver = \"debian\"\npackage = \"{PACKAGE}\"\nsuite = \"{suite}\"\n\
         architectures = [\"{architecture}\"]\nextract = '^(?P<version>[0-9.]+)-'\nkeys = \"keys/*\""
    );
    let sandbox = follow(PACKAGE, &registry, &source, "{ constraint = \"*\" }");
    // A key that is good, but not this archive's.
    sandbox.write("keys/archive.gpg", ELSE);
    let refused = sandbox.run(["lock"]);
    if refused.all().contains("could not reach") {
        return not_live("apt's archive does not answer");
    }
    assert!(refused.status != 0 && refused.all().contains("InRelease"), "{}", refused.all());
    assert!(!sandbox.exists("deps.lock") || !sandbox.read("deps.lock").contains(PACKAGE));

    sandbox.write("keys/archive.gpg", keyring);
    let lock = locked(&sandbox).expect("it answered a moment ago");
    assert!(lock.contains("url = \"registry:pool/"), "{lock}");
    assert!(lock.contains("sha256 = \""), "{lock}");
    let same = match of_apt() {
        Some((upstream, digest)) if lock.contains(&format!("upstream = \"{upstream}\"")) => {
            assert!(lock.contains(&digest), "apt has {digest}: {lock}");
            format!("{upstream}, sha256 {digest}, the same as apt's")
        }
        _ => "which apt has not read yet".to_owned(),
    };
    eprintln!("live: debian, {suite} signed by Debian's keys and by no other, {PACKAGE} {same}");
}

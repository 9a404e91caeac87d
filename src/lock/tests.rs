use std::collections::BTreeMap;

use miette::Diagnostic as _;
use proptest::{collection, option, prelude::*};

use super::{LockError, read, write};
use crate::model::{
    Algorithm, Code, DependencyId, Digest, End, Evidence, Lock, LockedArtifact, LockedDependency,
    LockedLine, LockedLines, LockedRelease, Sha256, TargetName, Version,
};

const EXAMPLE: &str = r#"# Written by depstate; commit it.
version = 1

[[dependency]]
id = "node"
asked = "sha256:5555555555555555555555555555555555555555555555555555555555555555"

[[dependency.release]]
version = "22.11.0"
upstream = "v22.11.0"
released = "2024-10-29T00:00:00Z"

[[dependency.release.artifact]]
target = "jammy-amd64"
url = "https://example.com/node-v22.11.0-linux-x64.tar.xz"
size = 28911964
sha256 = "1111111111111111111111111111111111111111111111111111111111111111"
evidence = "signed"
signer = "openpgp:ABCD"

[[dependency.release.artifact]]
target = "noble-amd64"
url = "registry:node/-/node.tgz"
sha256 = "1111111111111111111111111111111111111111111111111111111111111111"
evidence = "checksum-file"

[[dependency.release]]
version = "22.9.0"
upstream = "v22.9.0"

[[dependency]]
id = "ruby"
"#;

#[test]
fn the_format_is_exact() {
    let lock = read(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(write(&lock), EXAMPLE);
    let node = &lock.dependencies[&DependencyId::new("node").unwrap()];
    assert_eq!(node.releases[0].version.as_str(), "22.11.0");
    let address = "node@22.11.0/jammy-amd64".parse().unwrap();
    assert_eq!(lock.artifact(&address).unwrap().evidence, Evidence::Signed);
}

#[test]
fn an_empty_lock_is_its_format_alone() {
    let text = write(&Lock::default());
    assert_eq!(text, "# Written by depstate; commit it.\nversion = 1\n");
    assert_eq!(read(text.as_bytes()).unwrap(), Lock::default());
}

fn fails(text: &str) -> (LockError, String) {
    let error = read(text.as_bytes()).unwrap_err();
    let marked = error
        .labels()
        .and_then(|mut labels| labels.next())
        .map(|label| text[label.offset()..label.offset() + label.len()].to_owned());
    (error, marked.unwrap_or_default())
}

#[test]
fn a_conflict_is_called_one() {
    let broken = EXAMPLE
        .replace("id = \"ruby\"", "    let some = collection::vec(release(), 0..3);
    let dependency = (option::of(any::<[u8; 32]>()), 0..3_usize, lines(), some).prop_map(
        |(asked, fallback, lines, mut releases)| {
            let mut seen = Vec::new();
            releases.retain(|release| {
                let new = !seen.contains(&release.version);
                seen.push(release.version.clone());
                new
            });
            LockedDependency { asked: asked.map(Sha256), fallback, lines, releases }
        });
    collection::btree_map("[a-z0-9][a-z0-9._-]{0,8}", dependency, 0..3).prop_map(|map| {
        let dependencies: BTreeMap<_, _> =
            map.into_iter().map(|(id, d)| (DependencyId::new(id).unwrap(), d)).collect();
        Lock { dependencies }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(lock in locks()) {
        let text = write(&lock);
        prop_assert!(!text.contains('\r'));
        prop_assert_eq!(read(text.as_bytes()).unwrap(), lock);
    }

    #[test]
    fn junk_never_panics(any in any::<Vec<u8>>(), cut in 0..EXAMPLE.len(), to in any::<u8>()) {
        let mut near = EXAMPLE.as_bytes().to_vec();
        near[cut] = to;
        drop((read(&any), read(&near), read(&near[..cut])));
    }
}

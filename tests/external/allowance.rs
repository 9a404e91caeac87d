//! Who may run: what the user's own configuration has, and as it was then.

use std::collections::BTreeMap;

use depstate::{
    external::{DriverKind, ExternalError, ExternalSource, Found, Program, digest_of, find, scan},
    model::Environment,
};
use serde_json::json;

use super::{Bin, client};

fn found(bin: &Bin) -> Found {
    find(&bin.environment(), DriverKind::Source, "changelog").unwrap()
}

fn take(
    bin: &Bin,
    allowed: &BTreeMap<String, depstate::model::Sha256>,
) -> Result<Program, ExternalError> {
    Program::take(&found(bin), allowed, &bin.environment())
}

#[test]
fn drivers_are_found_on_path_and_nowhere_else() {
    let (one, two) = (Bin::example("depstate-source-changelog"), Bin::new());
    two.write("depstate-source-changelog", "#!/bin/sh\n");
    two.write("depstate-storage-x", "#!/bin/sh\n");
    two.write("depstate-other-x", "#!/bin/sh\n");
    fs_err::write(two.path("depstate-source-no-program"), "").unwrap();
    let path = format!("{}:.:{}", one.folder.path().display(), two.folder.path().display());
    let environment = Environment::new(BTreeMap::from([("PATH".to_owned(), path)]));
    let all = scan(&environment);
    let named: Vec<_> =
        all.iter().map(|f| (f.program.as_str(), f.path.parent().unwrap())).collect();
    assert_eq!(
        named,
        [
            ("depstate-source-changelog", one.folder.path()),
            ("depstate-storage-x", two.folder.path()),
        ]
    );
    assert!(find(&environment, DriverKind::Source, "../x").is_none());
    assert!(find(&environment, DriverKind::Source, "no-program").is_none());
}

#[test]
fn only_what_is_allowed_is_taken() {
    let bin = Bin::example("depstate-source-changelog");
    let digest = digest_of(&bin.path("depstate-source-changelog")).unwrap();
    let Err(ExternalError::NotAllowed { digest: told, .. }) = take(&bin, &BTreeMap::new()) else {
        panic!("it may run");
    };
    assert_eq!(told, digest);
    let name = "depstate-source-changelog".to_owned();
    let other = BTreeMap::from([("depstate-source-other".to_owned(), digest)]);
    assert!(matches!(take(&bin, &other), Err(ExternalError::NotAllowed { .. })));
    let allowed = BTreeMap::from([(name, digest)]);
    assert_eq!(take(&bin, &allowed).unwrap().digest(), digest);
    let text = fs_err::read_to_string(bin.path("depstate-source-changelog")).unwrap();
    bin.write("depstate-source-changelog", &format!("{text}\n"));
    assert!(
        matches!(take(&bin, &allowed), Err(ExternalError::Changed { allowed, .. }) if allowed == digest)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_is_what_was_hashed() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("CHANGELOG.md"), "## 1.2.0\n").unwrap();
    let bin = Bin::example("depstate-source-changelog");
    let config = json!({"changelog": "CHANGELOG.md", "files": ".", "name": "t-{version}.zip"});
    let (setup, _) = bin.setup("depstate-source-changelog", &config, folder.path());
    // Whoever may write to it writes another program, in place, after it was hashed.
    let marker = folder.path().join("harm");
    bin.write("depstate-source-changelog", &format!("#!/bin/sh\ntouch {}\n", marker.display()));
    let driver = ExternalSource::new(setup, client());
    assert_eq!(driver.greet().await.unwrap(), "changelog 1.0.0 (CHANGELOG.md)");
    assert!(!marker.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_no_open_file_goes_along() {
    let bin = Bin::new();
    bin.write(
        "depstate-source-env",
        "#!/bin/sh\n{ env | cut -d= -f1 | sort; ls -l /proc/$$/fd | grep -c ours; } >\"$HOME/seen\"\n",
    );
    let home = tempfile::tempdir().unwrap();
    let (mut setup, _) = bin.setup("depstate-source-env", &json!({}), home.path());
    let mut variables: BTreeMap<String, String> = [
        ("AWS_SECRET_ACCESS_KEY", "s3cret"),
        ("AWS_SESSION_TOKEN", "s3cret"),
        ("GITHUB_TOKEN", "s3cret"),
        ("DEPSTATE_TOKEN", "s3cret"),
        ("LD_PRELOAD", "/nowhere.so"),
        ("WANTED", "yes"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    variables.insert("PATH".to_owned(), "/usr/bin:/bin".to_owned());
    variables.insert("HOME".to_owned(), home.path().display().to_string());
    setup.environment = Environment::new(variables);
    setup.variables = vec!["WANTED".to_owned()];
    let _open = fs_err::File::create(home.path().join("ours")).unwrap();
    ExternalSource::new(setup, client()).greet().await.unwrap_err();
    let seen = fs_err::read_to_string(home.path().join("seen")).unwrap();
    let mut lines: Vec<&str> =
        seen.lines().filter(|l| !["_", "OLDPWD", "SHLVL"].contains(l)).collect();
    assert_eq!(lines.pop(), Some("0"), "a file of ours is open");
    assert_eq!(lines, ["HOME", "PATH", "PWD", "WANTED"]);
}

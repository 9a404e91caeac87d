//! A file that is tried.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use depstate::{
    model::{Address, Executor, Limits, Sha256, Target, Trial},
    workshop::{Machine, TestJob, Tested, WorkshopError, test},
};
use tokio_util::sync::CancellationToken;

use super::shop::{Said, machine, names};
use crate::archives::tarball::{Header, Tar, gz};

/// A file, and what is asked of it.
pub(super) struct Bench {
    place: tempfile::TempDir,
    pub(super) trial: Trial,
    pub(super) file: (PathBuf, String),
    pub(super) needs: BTreeMap<String, (PathBuf, String)>,
    pub(super) machine: Machine,
    pub(super) cancel: CancellationToken,
}

/// An archive with these programs and texts: a name that begins with `*` may be run.
pub(super) fn archive(members: &[(&str, &str)]) -> Vec<u8> {
    let tar = members.iter().fold(Tar::new(), |tar, (name, text)| {
        let (name, mode) = match name.strip_prefix('*') {
            Some(name) => (name, 0o755),
            None => (*name, 0o644),
        };
        tar.head(Header::new(b'0', name, text.len()).mode(mode)).data(text)
    });
    gz(&tar.end())
}

impl Bench {
    /// Nothing is asked yet; what runs runs on the host.
    pub(super) fn new(members: &[(&str, &str)]) -> Self {
        Self::of("tool-1.2.tgz", &archive(members))
    }

    pub(super) fn of(name: &str, bytes: &[u8]) -> Self {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("made");
        fs::write(&file, bytes).unwrap();
        Self {
            trial: Trial {
                script: None,
                inputs: BTreeSet::new(),
                files: Vec::new(),
                run: Vec::new(),
                stdout: None,
                http: None,
                env: BTreeMap::new(),
                executor: Executor::Host,
                image: None,
                needs: BTreeMap::new(),
                network: false,
                limits: Limits::TEST,
            },
            file: (file, name.to_owned()),
            needs: BTreeMap::new(),
            machine: machine(),
            cancel: CancellationToken::new(),
            place,
        }
    }

    pub(super) fn files(mut self, files: &[&str]) -> Self {
        self.trial.files = files.iter().map(|file| (*file).to_owned()).collect();
        self
    }

    pub(super) fn run(mut self, argv: &[&str]) -> Self {
        self.trial.run = argv.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    pub(super) fn stdout(mut self, text: &str) -> Self {
        self.trial.stdout = Some(text.to_owned());
        self
    }

    pub(super) fn within(mut self, executor: Executor) -> Self {
        self.trial.executor = executor;
        self
    }

    /// Sets a script beside deps.toml.
    pub(super) fn script(mut self, text: &str) -> Self {
        let path = self.root().join("tests/try.sh");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self.trial.script = Some("tests/try.sh".to_owned());
        self.trial.inputs.insert("tests/try.sh".to_owned());
        self
    }

    /// Gives the test another artifact.
    pub(super) fn need(mut self, id: &str, name: &str, bytes: &[u8]) -> Self {
        let path = self.place.path().join(format!("need-{id}"));
        fs::write(&path, bytes).unwrap();
        self.needs.insert(id.to_owned(), (path, name.to_owned()));
        self
    }

    pub(super) fn root(&self) -> PathBuf {
        self.place.path().join("root")
    }

    pub(super) fn below(&self) -> PathBuf {
        self.place.path().join("below")
    }

    /// Tries it, and says what was said; whatever came of it, no room is left.
    pub(super) async fn attempt(&self) -> (Result<Tested, WorkshopError>, String) {
        let address: Address = "tool@1.2.0/linux-amd64".parse().unwrap();
        let target = Target {
            os: Some("linux".to_owned()),
            arch: Some("amd64".to_owned()),
            ..Target::default()
        };
        let (path, name) = (self.file.0.as_path(), self.file.1.as_str());
        let job = TestJob {
            address: &address,
            upstream: "v1.2",
            target: &target,
            trial: &self.trial,
            file: (path, name),
            sha256: digest(path),
            needs: self.needs.clone(),
            root: &self.root(),
            below: &self.below(),
            jobs: 3,
        };
        let mut said = Said::default();
        let tested = test(&job, &self.machine, &mut said, &self.cancel).await;
        assert_eq!(names(&self.below()), [""; 0], "it left something");
        (tested, String::from_utf8_lossy(&said.0).into_owned())
    }

    /// Passes; returns what was said.
    pub(super) async fn passes(&self) -> String {
        match self.attempt().await {
            (Ok(_), said) => said,
            (Err(error), said) => {
                panic!("{error}; {:?}; {:?}\n{said}", error.help(), error.tail())
            }
        }
    }

    /// Fails with a message that has this in it; returns its code.
    pub(super) async fn fails(&self, why: &str) -> String {
        let (tested, said) = self.attempt().await;
        let error = tested.expect_err(&said);
        assert!(error.to_string().contains(why), "wanted `{why}`, got `{error}`\n{said}");
        error.code().as_str().to_owned()
    }
}

fn digest(path: &Path) -> Sha256 {
    Sha256::of(&fs::read(path).unwrap())
}

//! A folder with a deps.toml's files, in which something is built.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use depstate::{
    model::{
        Address, ArchiveFormat, Environment, Executor, InputDigest, Limits, Recipe, Sha256, Target,
        Tree, TreeFile,
    },
    workshop::{BuildJob, Built, Log, Machine, WorkshopError, build},
};
use tokio_util::sync::CancellationToken;

/// What is built, and of what.
pub(super) struct Shop {
    place: tempfile::TempDir,
    pub(super) recipe: Recipe,
    pub(super) tree: Tree,
    pub(super) target: Target,
    pub(super) source: (PathBuf, String),
    pub(super) extra: BTreeMap<String, (PathBuf, String)>,
    pub(super) needs: BTreeMap<String, (PathBuf, String)>,
    pub(super) machine: Machine,
    pub(super) cancel: CancellationToken,
}

/// Keeps what was said.
#[derive(Default)]
pub(super) struct Said(pub(super) Vec<u8>);

impl Log for Said {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// This machine, as it is.
pub(super) fn machine() -> Machine {
    Machine {
        environment: Environment::new(std::env::vars().collect()),
        program: env!("CARGO_BIN_EXE_depstate").into(),
    }
}

impl Shop {
    /// A script that runs on the host and leaves one file.
    pub(super) fn new(script: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        let source = place.path().join("fetched");
        fs::write(&source, "the source").unwrap();
        let recipe = Recipe {
            script: Some("build/make.sh".to_owned()),
            inputs: ["build/make.sh".to_owned()].into(),
            env: BTreeMap::new(),
            executor: Executor::Host,
            image: None,
            needs: BTreeMap::new(),
            archive: ArchiveFormat::File,
            repack: None,
            network: false,
            reproducible: false,
            limits: Limits::TEST,
        };
        let mut shop = Self {
            recipe,
            tree: Tree::new(),
            target: Target::default(),
            source: (source, "tool-1.2.tgz".to_owned()),
            extra: BTreeMap::new(),
            needs: BTreeMap::new(),
            machine: machine(),
            cancel: CancellationToken::new(),
            place,
        };
        shop.file("build/make.sh", script, false);
        shop
    }

    /// Puts a file beside deps.toml.
    pub(super) fn file(&mut self, path: &str, text: &str, executable: bool) {
        let at = self.root().join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(&at, text).unwrap();
        let mode = if executable { 0o755 } else { 0o644 };
        fs::set_permissions(&at, fs::Permissions::from_mode(mode)).unwrap();
        let file = TreeFile { sha256: Sha256::of(text.as_bytes()), executable };
        self.tree.insert(path.to_owned(), file);
    }

    /// Makes a file outside of the folder of deps.toml, as a download.
    pub(super) fn fetched(&self, name: &str, text: &str) -> (PathBuf, String) {
        let at = self.place.path().join(name);
        fs::write(&at, text).unwrap();
        (at, name.to_owned())
    }

    /// The folder of deps.toml.
    pub(super) fn root(&self) -> PathBuf {
        self.place.path().join("root")
    }

    /// Where rooms are made.
    pub(super) fn below(&self) -> PathBuf {
        self.place.path().join("below")
    }

    /// Builds; what was said besides.
    pub(super) async fn try_build(&self) -> (Result<Built, WorkshopError>, String) {
        let address: Address = "tool@1.2.0/linux-amd64".parse().unwrap();
        let (source, name) = (self.source.0.as_path(), self.source.1.as_str());
        let job = BuildJob {
            address: &address,
            upstream: "v1.2",
            target: &self.target,
            recipe: &self.recipe,
            input: InputDigest(Sha256::of(b"inputs")),
            epoch: 1_614_834_368,
            source: (source, name),
            extra: self.extra.clone(),
            needs: self.needs.clone(),
            root: &self.root(),
            tree: &self.tree,
            below: &self.below(),
            jobs: 3,
        };
        let mut said = Said::default();
        let built = build(&job, &self.machine, &mut said, &self.cancel).await;
        (built, String::from_utf8_lossy(&said.0).into_owned())
    }

    /// Builds what can be built.
    pub(super) async fn build(&self) -> (Built, String) {
        let (built, said) = self.try_build().await;
        match built {
            Ok(built) => {
                let bytes = fs::read(&built.path).unwrap();
                assert_eq!((built.size, built.sha256), (bytes.len() as u64, Sha256::of(&bytes)));
                (built, said)
            }
            Err(error) => panic!("{error} {:?}\n{said}", std::error::Error::source(&error)),
        }
    }

    /// Builds, and returns the text of the one file that came of it.
    pub(super) async fn text(&self) -> String {
        fs::read_to_string(self.build().await.0.path).unwrap()
    }

    /// Builds what can't be built.
    pub(super) async fn error(&self) -> WorkshopError {
        let error = self.try_build().await.0.unwrap_err();
        assert_eq!(names(&self.below()), [""; 0], "it left something");
        error
    }
}

/// What lies in a folder; nothing if there is none.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Members of a gzipped tar: path, mode in octal, and what is in it or where it points to.
pub(super) fn members(path: &Path) -> Vec<String> {
    use std::io::Read as _;
    let file = fs_err::File::open(path).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let each = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let mode = entry.header().mode().unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        if let Some(target) = entry.link_name().unwrap() {
            text = format!("-> {}", target.display());
        }
        format!("{path} {mode:o} {text}").trim_end().to_owned()
    });
    each.collect()
}

//! External drivers: the examples, by the promises of the drivers that are built in; the protocol, by
//! its schema; and drivers that lie, hang or die.

mod allowance;
mod dying;
mod examples;
mod lies;
mod project;
mod promises;
mod protocol;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use depstate::{
    external::{Asked, DriverKind, Found, Patience, Program, Setup, Voice, digest_of},
    model::Environment,
};
use serde_json::Value;

/// A folder with drivers in it, as one of PATH's.
pub(crate) struct Bin {
    pub(crate) folder: tempfile::TempDir,
}

impl Bin {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With a copy of an example.
    pub(crate) fn example(program: &str) -> Self {
        let bin = Self::new();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/drivers").join(program);
        bin.write(program, &fs_err::read_to_string(from).unwrap());
        bin
    }

    /// Writes a program.
    pub(crate) fn write(&self, program: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path(program);
        fs_err::write(&path, text).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.folder.path().join(program)
    }

    /// PATH with this folder first.
    pub(crate) fn search_path(&self) -> String {
        format!("{}:/usr/bin:/bin", self.folder.path().display())
    }

    pub(crate) fn environment(&self) -> Environment {
        Environment::new(BTreeMap::from([("PATH".to_owned(), self.search_path())]))
    }

    /// The lines of a configuration that allow all that lies here.
    pub(crate) fn allowing(&self) -> String {
        let mut text = "[drivers]\n".to_owned();
        for entry in fs_err::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let digest = digest_of(&path).unwrap();
            text = format!("{text}{name} = \"sha256:{digest}\"\n");
        }
        text
    }

    /// What a driver is started with, allowed as it is; what it says on stderr is noted.
    pub(crate) fn setup(&self, program: &str, config: &Value, root: &Path) -> (Setup, Said) {
        let (kind, name) = match program.strip_prefix("depstate-source-") {
            Some(name) => (DriverKind::Source, name),
            None => (DriverKind::Storage, program.strip_prefix("depstate-storage-").unwrap()),
        };
        let path = self.path(program);
        let allowed = BTreeMap::from([(program.to_owned(), digest_of(&path).unwrap())]);
        let found = Found { kind, name: name.to_owned(), program: program.to_owned(), path };
        let environment = self.environment();
        let said = Said::default();
        let setup = Setup {
            program: Arc::new(Program::take(&found, &allowed, &environment).unwrap()),
            kind,
            name: name.to_owned(),
            asked: Asked {
                config: config.as_object().unwrap().clone(),
                file: "deps.toml".to_owned(),
                lines: BTreeMap::new(),
            },
            root: root.to_owned(),
            environment,
            variables: Vec::new(),
            id: (kind == DriverKind::Source).then(|| "tool".to_owned()),
            offline: false,
            patience: Patience {
                // Where all tests run at once an interpreter is slow to start.
                handshake: Duration::from_secs(30),
                ..Patience::default()
            },
            voice: said.voice(),
        };
        (setup, said)
    }
}

/// What drivers have said on stderr.
#[derive(Clone, Default)]
pub(crate) struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    fn voice(&self) -> Voice {
        let all = Arc::clone(&self.0);
        Voice::new(move |line| all.lock().unwrap().push(line.to_owned()))
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A client that asks nobody.
pub(crate) fn client() -> depstate::net::Client {
    depstate::net::Client::new(depstate::net::ClientConfig {
        offline: true,
        ..depstate::net::ClientConfig::default()
    })
}

//! Drivers that are not built in: programs of the user's, made into drivers where the user's own
//! configuration allows them. deps.toml, which comes with pull requests, can only name them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::Value;

use super::{OpsError, Setting, error::chain};
use crate::{
    config::Config,
    external::{
        self, Asked, DriverKind, ExternalError, ExternalSource, ExternalStorage, Patience, Program,
    },
    manifest::{self, DriverTable},
    model::{Code, DependencyId, Located, Mistake},
    net::Client,
    source::SourceDriver,
    storage::StorageWriter,
};

/// The only variables that deps.toml may name, as for every driver.
const PREFIX: &str = "DEPSTATE_";

/// What external drivers are made from.
pub(super) struct Outside<'a> {
    pub(super) setting: &'a Setting,
    pub(super) root: &'a Path,
    /// deps.toml, for the lines of its keys.
    pub(super) text: &'a [u8],
    pub(super) config: &'a Config,
    programs: BTreeMap<String, Result<Arc<Program>, ExternalError>>,
}

/// Names of external drivers that deps.toml may name without being told that there are none: those
/// on PATH, and those that the configuration has.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) sources: Vec<String>,
    pub(super) storages: Vec<String>,
}

impl<'a> Outside<'a> {
    pub(super) fn new(
        setting: &'a Setting,
        root: &'a Path,
        text: &'a [u8],
        config: &'a Config,
    ) -> Self {
        Self { setting, root, text, config, programs: BTreeMap::new() }
    }

    /// Looks for drivers. Nothing is run.
    pub(super) fn names(&self) -> Names {
        let mut names = Names::default();
        for found in external::scan(&self.setting.environment) {
            match found.kind {
                DriverKind::Source => names.sources.push(found.name),
                DriverKind::Storage => names.storages.push(found.name),
            }
        }
        for program in self.config.drivers.keys() {
            if let Some(name) = program.strip_prefix("depstate-source-") {
                names.sources.push(name.to_owned());
            } else if let Some(name) = program.strip_prefix("depstate-storage-") {
                names.storages.push(name.to_owned());
            }
        }
        for list in [&mut names.sources, &mut names.storages] {
            list.sort();
            list.dedup();
        }
        names
    }

    /// Makes a source of a driver that is not built in; it is started when it is first asked.
    pub(super) fn source(
        &mut self,
        id: &DependencyId,
        name: &Located<String>,
        table: &DriverTable,
        client: &Client,
        mistakes: &mut Vec<Mistake>,
    ) -> Option<Box<dyn SourceDriver>> {
        let mut setup = self.ready(DriverKind::Source, name, table, mistakes)?;
        setup.id = Some(id.to_string());
        Some(Box::new(ExternalSource::new(setup, client.clone())))
    }

    /// Makes a store of a driver that is not built in. It is started at once, as every command needs
    /// it; but not where deps.toml has mistakes anyway.
    ///
    /// # Errors
    /// When it can't be started. That it may not is one of the mistakes.
    pub(super) async fn storage(
        &mut self,
        name: &Located<String>,
        table: &DriverTable,
        mistakes: &mut Vec<Mistake>,
    ) -> Result<Option<Arc<dyn StorageWriter>>, OpsError> {
        let ready = self.ready(DriverKind::Storage, name, table, mistakes);
        let Some(setup) = ready.filter(|_| mistakes.is_empty()) else { return Ok(None) };
        match ExternalStorage::start(setup).await {
            Ok(store) => Ok(Some(Arc::new(store))),
            Err(ExternalError::Config { program, mistakes: found }) => {
                let (_, places) = manifest::as_json(table);
                mistakes.extend(found.into_iter().map(|(_, found)| {
                    let at = found.key.as_ref().and_then(|key| places.get(key));
                    Mistake {
                        code: Code::BAD_VALUE,
                        message: format!("`{program}` does not take this: {}", found.message),
                        span: at.copied().unwrap_or(name.span),
                        label: None,
                        help: found.help,
                    }
                }));
                Ok(None)
            }
            Err(error) => Err(said(&error)),
        }
    }

    /// Makes ready what a driver is started with; none: it may not run, or its table has mistakes.
    pub(super) fn ready(
        &mut self,
        kind: DriverKind,
        name: &Located<String>,
        table: &DriverTable,
        mistakes: &mut Vec<Mistake>,
    ) -> Option<external::Setup> {
        let asked = self.asked(table, mistakes);
        let program = self.program(kind, name, mistakes)?;
        Some(self.setup(kind, &name.value, program, asked?))
    }

    fn setup(
        &self,
        kind: DriverKind,
        name: &str,
        program: Arc<Program>,
        asked: Asked,
    ) -> external::Setup {
        let variables = self.config.driver_variables.get(program.name()).cloned();
        external::Setup {
            kind,
            name: name.to_owned(),
            asked,
            root: absolute(self.root),
            environment: self.setting.environment.clone(),
            variables: variables.unwrap_or_default(),
            id: None,
            offline: self.setting.offline,
            patience: Patience::from_environment(&self.setting.environment),
            voice: external::Voice::default(),
            program,
        }
    }

    /// Returns the program, once hashed and copied for all that name it; a mistake at the driver's
    /// name where it may not run.
    fn program(
        &mut self,
        kind: DriverKind,
        name: &Located<String>,
        mistakes: &mut Vec<Mistake>,
    ) -> Option<Arc<Program>> {
        let (setting, config) = (self.setting, self.config);
        let taken = self.programs.entry(kind.program(&name.value)).or_insert_with(|| {
            let found = external::find(&setting.environment, kind, &name.value)
                .ok_or_else(|| ExternalError::NotFound { program: kind.program(&name.value) })?;
            Program::take(&found, &config.drivers, &setting.environment).map(Arc::new)
        });
        match taken {
            Ok(program) => Some(Arc::clone(program)),
            Err(error) => {
                let mistake = Mistake {
                    code: error.code(),
                    message: error.to_string(),
                    span: name.span,
                    label: None,
                    help: error.help(),
                };
                if !mistakes.contains(&mistake) {
                    mistakes.push(mistake);
                }
                None
            }
        }
    }

    /// Reads a driver's table: what it holds is the driver's to judge, but for the variables.
    fn asked(&self, table: &DriverTable, mistakes: &mut Vec<Mistake>) -> Option<Asked> {
        let (mut config, places) = manifest::as_json(table);
        let before = mistakes.len();
        for (key, value) in &mut config {
            let Some(variable) = variable(value) else { continue };
            let named = self.setting.environment.get(&variable);
            let (code, message, help) = match named {
                _ if !variable.starts_with(PREFIX) => (
                    Code::ENV_NAME,
                    format!("`{key}` names the variable `{variable}`"),
                    format!("name one that begins with `{PREFIX}`"),
                ),
                None => (
                    Code::ENV_UNSET,
                    format!("`{key}` is taken from `{variable}`, which is not set"),
                    format!("set `{variable}`"),
                ),
                Some(text) => {
                    *value = Value::String(text.to_owned());
                    continue;
                }
            };
            let span = places.get(key).copied().unwrap_or_default();
            let mistake = Mistake { code, message, span, label: None, help: Some(help) };
            if !mistakes.contains(&mistake) {
                mistakes.push(mistake);
            }
        }
        let line =
            |at: usize| self.text.get(..at).unwrap_or_default().split(|b| *b == b'\n').count();
        (mistakes.len() == before).then(|| Asked {
            config,
            file: self.setting.shown.clone(),
            lines: places.into_iter().map(|(key, (start, _))| (key, line(start))).collect(),
        })
    }
}

/// Returns the variable of `{ env = "…" }`.
fn variable(value: &Value) -> Option<String> {
    let table = value.as_object().filter(|table| table.len() == 1)?;
    Some(table.get("env")?.as_str()?.to_owned())
}

fn absolute(root: &Path) -> PathBuf {
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    fs_err::canonicalize(root).unwrap_or_else(|_| root.to_path_buf())
}

/// Makes an operation's error of a driver's.
pub(crate) fn said(error: &ExternalError) -> OpsError {
    let (code, help) = (error.code(), error.help());
    OpsError::Said { code, message: chain(error), help, source: None }
}
